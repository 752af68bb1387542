/*
 * What must always be true of frames, as far as this floor can know it, and what they are used for.
 *
 *      1  refs >= maps + (a name ? 1 : 0); free <=> refs == 0 <=> on the free list
 *      4  a nameless frame is neither dirty nor under writeback
 *      7  no frame is on two lists; a page table, kernel memory and reserved frames have no owners to spare
 *      8  the frames add up to all RAM
 *
 * (numbers as in the list of invariants in mm/README.md).  Which name a frame has is checked by the page
 * cache, which entries point to it by the page tables' owner, each on its own floor.
 *
 * Floor 3.
 */
#include "mm/phys/frame.h"

#include "kernel/lib/fmt.h"
#include "mm/phys/pool.h"

/* The course of one check: where lines go, and how many there were. */
struct checker {
	void   (*report)(const char *line);
	unsigned violations;
};

static void check_frame(struct checker *c, const struct frame *f);
static void check_free_list(struct checker *c, pfn_t free_frames);
static void violation(struct checker *c, pfn_t pfn, const char *what);

/* See frame.h.  Locks: takes the allocator's.  Sleeps: never; @report is called without locks. */
unsigned frame_check(void (*report)(const char *line))
{
	struct checker c = { .report = report };
	struct frame_totals t = frame_totals();

	for (pfn_t pfn = 0; pfn < nframes; pfn++) {
		check_frame(&c, pfn_frame(pfn));
	}
	check_free_list(&c, t.free);
	if (t.all != nframes || t.all - t.reserved != pool.all) {
		violation(&c, 0, "8: the frames do not add up to all RAM");
	}
	return c.violations;
}

/* One frame, one kind. */
static pfn_t *total_of(struct frame_totals *t, const struct frame *f)
{
	if (frame_is(f, FR_RESERVED)) {
		return &t->reserved;
	}
	if (atomic_read(&f->refs) == 0) {
		return &t->free;
	}
	if (frame_is(f, FR_KERNEL)) {
		return &t->kernel;
	}
	if (frame_is(f, FR_PAGETABLE)) {
		return &t->pagetable;
	}
	if (f->mapping) {
		return &t->named;
	}
	return atomic_read(&f->maps) > 0 ? &t->anon : &t->held;
}

/* See frame.h.  A picture of a moving thing: exact only while nothing moves. */
struct frame_totals frame_totals(void)
{
	struct frame_totals t = { 0 };

	for (pfn_t pfn = 0; pfn < nframes; pfn++) {
		++*total_of(&t, pfn_frame(pfn));
	}
	t.all = t.free + t.reserved + t.kernel + t.pagetable + t.named + t.anon + t.held;
	return t;
}

static void check_frame(struct checker *c, const struct frame *f)
{
	pfn_t pfn = frame_pfn(f);
	int32_t refs = atomic_read(&f->refs), maps = atomic_read(&f->maps);

	if (maps < 0 || refs < maps + (f->mapping ? 1 : 0)) {
		violation(c, pfn, "1: fewer references than owners");
	}
	if (refs == 0 && (f->flags || f->place || f->index)) {
		violation(c, pfn, "1: a free frame remembers its former life");
	}
	if (!f->mapping && frame_is(f, FR_DIRTY | FR_WRITEBACK)) {
		violation(c, pfn, "4: nameless, but dirty or under writeback");
	}
	if (frame_is(f, FR_KERNEL | FR_PAGETABLE) && (f->mapping || maps > 0)) {
		violation(c, pfn, "7: kernel memory with a name or in a page table");
	}
	if (frame_is(f, FR_RESERVED) && (f->mapping || refs < 1)) {
		violation(c, pfn, "7: a reserved frame was named or freed");
	}
}

/* The length of a chain of free frames; one that is not free in *@wrong.  A ring would be longer than RAM: the walk ends there. */
static pfn_t chain_length(struct list *l, pfn_t *wrong)
{
	pfn_t length = 0;

	for (; l && length <= nframes; l = l->next) {
		if (atomic_read(&link_frame(l)->refs) != 0) {
			*wrong = frame_pfn(link_frame(l));
		}
		length++;
	}
	return length;
}

static bool full_of_zeros(const struct frame *f)
{
	const uint32_t *word = frame_data(f);

	for (unsigned k = 0; k < PAGE_SIZE / sizeof(*word); k++) {
		if (word[k] != 0) {
			return false;
		}
	}
	return true;
}

/*
 * Every frame of the two chains is free, and there are as many as free frames; so the chains hold each of them
 * once.
 */
static void check_free_list(struct checker *c, pfn_t free_frames)
{
	pfn_t length, zeroed, wrong = 0, stained = 0;

	spin_lock(&pool.lock);
	length = chain_length(pool.top, &wrong);
	zeroed = chain_length(pool.zeros, &wrong);
	for (struct list *l = pool.zeros; l && zeroed == pool.zeroed; l = l->next) {
		stained = full_of_zeros(link_frame(l)) ? stained : frame_pfn(link_frame(l));
	}
	spin_unlock(&pool.lock);
	if (wrong != 0) {
		violation(c, wrong, "1: on the free list, but in use");
	}
	if (stained != 0) {
		violation(c, stained, "1: kept as full of zeros, but it is not");
	}
	if (length + zeroed != free_frames || length + zeroed != pool.free || zeroed != pool.zeroed) {
		violation(c, 0, "1: the free list and the free frames are not the same");
	}
}

static void violation(struct checker *c, pfn_t pfn, const char *what)
{
	char line[96];

	c->violations++;
	if (c->report) {
		fmt_print(line, sizeof(line), "frame %u: invariant %s", pfn, what);
		c->report(line);
	}
}
