/*
 * Address spaces: map, unmap, protect, the heap, and how long a space lives.
 *
 * Setting up an area touches no page table; pages come with faults.  Areas that go are handed on a list to
 * after space.lock is released: the last user of an unlinked file may be among them, and destroying that
 * wants locks that come before ours.
 *
 * Floor 5.  Read next: fork.c, fault.c
 */
#include "mm/space/space.h"

#include "kernel/lib/errno.h"
#include "mm/phys/kmalloc.h"
#include "mm/space/area.h"

/* See space.h. */
struct space *space_create(void)
{
	struct space *s = kzalloc(sizeof(*s), ALLOC_WAIT);

	if (!s) {
		return NULL;
	}
	if (pt_create(&s->pt) != 0) {
		kfree(s);
		return NULL;
	}
	mutex_init(&s->lock);
	list_init(&s->vmas);
	atomic_set(&s->refs, 1);
	return s;
}

/* Remove [lo, hi), splitting at its edges if need be.  -ENOMEM with nothing removed.  Locks: s->lock held. */
static int remove_range(struct space *s, uva_t lo, uva_t hi, struct list *removed)
{
	struct vma *v = area_above(s, lo);
	int err = 0;

	if (!v || v->start >= hi) {
		return 0;
	}
	if (v->start < lo || v->end != hi) {
		err = area_split(s, lo);
		err = err ? err : area_split(s, hi);
		v = vma_find_above(&s->vmas, lo);
	}
	if (!err) {
		area_remove(s, v, hi, removed);
	}
	return err;
}

/* See space.h. */
void space_put(struct space *s)
{
	struct list removed = LIST_INIT(removed);

	if (!atomic_dec_zero(&s->refs)) {
		return;
	}
	mutex_lock(&s->lock);
	(void)remove_range(s, 0, USER_TOP, &removed);
	mutex_unlock(&s->lock);
	area_free_all(&removed);
	pt_destroy(&s->pt);
	kfree(s);
}

/* Big MAP_UNCACHED areas start where a directory entry does: mwrite then recognises their absence 4 MiB at a look. */
static uint32_t alignment(const struct map_request *r)
{
	return r->pager == &pager_uncached && r->len >= PT_SPAN ? PT_SPAN : PAGE_SIZE;
}

/* Where the area of @r goes, and below which other in *@next; 0 if there is no room.  Locks: s->lock held. */
static uva_t choose_address(struct space *s, const struct map_request *r, struct list **next)
{
	uint32_t align = alignment(r);
	uva_t hint = r->at >= MMAP_LOW ? r->at : MMAP_LOW;

	return vma_gap(&s->vmas, r->len, hint, MMAP_LOW, STACK_TOP - STACK_MAX, align, next);
}

static int check_request(const struct map_request *r)
{
	if (r->len == 0 || (r->len & PAGE_MASK)) {
		return -EINVAL;
	}
	if (!r->fixed) {
		return 0;
	}
	if (r->at & PAGE_MASK) {
		return -EINVAL;
	}
	if (r->len > USER_TOP || r->at > USER_TOP - r->len) {
		return -ENOMEM;
	}
	return r->at < PAGE_SIZE ? -EPERM : 0;          /* page 0 stays empty: NULL must fault */
}

/* Make room at the address that @r asks for; *@next is what is above it.  Locks: s->lock held. */
static int clear_address(struct space *s, const struct map_request *r, struct list **next, struct list *removed)
{
	int err = remove_range(s, r->at, r->at + r->len, removed);
	struct vma *above = vma_find_above(&s->vmas, r->at);

	*next = above ? &above->link : &s->vmas;
	return err;
}

/* Put the new area @v in its place.  Locks: s->lock held. */
static int place_area(struct space *s, const struct map_request *r, struct vma *v, struct list *removed)
{
	uva_t at = r->at;
	struct list *next;
	int err = 0;

	if (!r->fixed) {
		at = choose_address(s, r, &next);
	}
	if (at == 0 || s->nvmas >= MAX_AREAS) {
		return -ENOMEM;
	}
	if (r->fixed) {
		err = clear_address(s, r, &next, removed);
	}
	if (!err) {
		v->start = at;
		v->end = at + r->len;
		area_insert(s, next, v);
	}
	return err;
}

/* See space.h.  Locks: takes s->lock.  Sleeps. */
int space_map(struct space *s, const struct map_request *r, uva_t *out)
{
	struct list removed = LIST_INIT(removed);
	struct vma *v, *merged = NULL;
	int err = check_request(r);

	if (err) {
		return err;
	}
	v = area_create(s, r, r->at);
	if (!v) {
		return -ENOMEM;
	}
	mutex_lock(&s->lock);
	err = place_area(s, r, v, &removed);
	if (!err) {
		*out = v->start;
		merged = vma_merge_prev(&s->vmas, v);
		if (merged) {
			s->nvmas--;
			s->last = NULL;
		}
	}
	mutex_unlock(&s->lock);
	if (err || merged) {
		area_free(err ? v : merged);
	}
	if (r->fixed) {
		area_free_all(&removed);
	}
	return err;
}

/* See space.h.  Locks: takes s->lock.  Sleeps. */
int space_unmap(struct space *s, uva_t va, uint32_t len)
{
	struct list removed = LIST_INIT(removed);
	int err;

	if ((va & PAGE_MASK) || len == 0 || len > USER_TOP || va > USER_TOP - len) {
		return -EINVAL;
	}
	len = page_round_up(len);
	mutex_lock(&s->lock);
	err = remove_range(s, va, va + len, &removed);
	mutex_unlock(&s->lock);
	area_free_all(&removed);
	return err;
}

/* Is [lo, hi) without a gap, and may each part have @prot?  Locks: s->lock held. */
static int check_protect(struct space *s, uva_t lo, uva_t hi, unsigned prot)
{
	for (uva_t va = lo; va < hi;) {
		const struct vma *v = vma_find(&s->vmas, va);

		if (!v) {
			return -ENOMEM;
		}
		if ((prot & PROT_WRITE) && !(v->flags & VMA_MAYWRITE)) {
			return -EACCES;
		}
		va = v->end;
	}
	return 0;
}

/*
 * New protection for one area.  Entries lose what they may no longer do; a right to write is not given here but
 * by the next fault, which knows whose the frame is.
 */
static void protect_area(struct space *s, struct vma *v, unsigned prot, struct tlb_batch *b)
{
	v->prot = (uint16_t)prot;
	pt_protect(&s->pt, v->start, (v->end - v->start) >> PAGE_SHIFT, prot & ~(unsigned)PROT_WRITE, b);
}

/* See space.h.  Locks: takes s->lock.  Sleeps. */
int space_protect(struct space *s, uva_t va, uint32_t len, unsigned prot)
{
	struct tlb_batch b = tlb_begin(&s->pt);
	uva_t end = va + page_round_up(len);
	int err;

	if ((va & PAGE_MASK) || len > USER_TOP || va > USER_TOP - len) {
		return (va & PAGE_MASK) ? -EINVAL : -ENOMEM;
	}
	mutex_lock(&s->lock);
	err = check_protect(s, va, end, prot);
	if (!err) {
		err = area_split(s, va);
	}
	if (!err) {
		err = area_split(s, end);
	}
	for (uva_t at = va; !err && at < end;) {
		struct vma *v = vma_find(&s->vmas, at);

		protect_area(s, v, prot, &b);
		at = v->end;
	}
	tlb_flush(&b);
	mutex_unlock(&s->lock);
	return err;
}

/* See space.h. */
void space_set_brk(struct space *s, uva_t start)
{
	s->brk_start = s->brk = start;
}

/* Are the new heap pages [lo, hi) free, with a page to spare?  */
static bool heap_room(struct space *s, uva_t lo, uva_t hi)
{
	const struct vma *v;
	bool room;

	mutex_lock(&s->lock);
	v = vma_find_above(&s->vmas, lo);
	room = hi <= MMAP_LOW && (!v || v->start >= hi + PAGE_SIZE);
	mutex_unlock(&s->lock);
	return room;
}

/* See space.h.  Sleeps. */
uva_t space_brk(struct space *s, uva_t to)
{
	uva_t old_end = page_round_up(s->brk), new_end = page_round_up(to), at;
	struct map_request r = {
		.at = old_end, .len = new_end - old_end, .fixed = true,
		.prot = PROT_READ | PROT_WRITE, .flags = VMA_MAYWRITE, .pager = &pager_anon,
	};

	if (to < s->brk_start || to >= MMAP_LOW) {
		return s->brk;
	}
	if (new_end > old_end && (!heap_room(s, old_end, new_end) || space_map(s, &r, &at) != 0)) {
		return s->brk;
	}
	if (new_end < old_end && space_unmap(s, new_end, old_end - new_end) != 0) {
		return s->brk;
	}
	s->brk = to;
	return to;
}

/* See space.h.  A page that may not be read cannot be written from either. */
int space_covers(struct space *s, uva_t va, uint32_t len)
{
	uva_t end = va + len;
	int err = 0;

	if (len > USER_TOP || va > USER_TOP - len) {
		return -EFAULT;
	}
	mutex_lock(&s->lock);
	while (va < end && !err) {
		const struct vma *v = vma_find(&s->vmas, va);

		if (!v || v->prot == PROT_NONE) {
			err = -EFAULT;
		} else {
			va = v->end;
		}
	}
	mutex_unlock(&s->lock);
	return err;
}
