/*
 * What the cache's files share: looking at a slot, taking names off, tags, sums; and the mapping itself.
 *
 * Floor 4.  Read next: pcache_read.c
 */
#include "mm/cache/names.h"

#include "kernel/lib/errno.h"
#include "mm/cache/writeback.h"
#include "mm/phys/kmalloc.h"

struct cache_sums cache_sums;

/* See mapping.h. */
void mapping_init(struct mapping *m, const struct mapping_ops *ops, loff_t size)
{
	*m = (struct mapping){ .ops = ops, .size = size };
	spin_init(&m->lock);
	spin_init(&m->vmas_lock);
	list_init(&m->vmas);
}

/* See mapping.h.  Locks: takes m->lock. */
loff_t mapping_size(struct mapping *m)
{
	loff_t size;

	spin_lock(&m->lock);
	size = m->size;
	spin_unlock(&m->lock);
	return size;
}

/* See mapping.h.  Locks: takes m->lock; inode.lock held. */
void mapping_pending(struct mapping *m, pgoff_t lo, pgoff_t hi)
{
	spin_lock(&m->lock);
	m->pending_lo = lo;
	m->pending_hi = hi;
	spin_unlock(&m->lock);
}

/* See mapping.h. */
void mapping_not_pending(struct mapping *m)
{
	if (m->pending_hi) {
		mapping_pending(m, 0, 0);
	}
}

/* Sums and tags of the dirty slots of @mask, which are about to go. */
static void forget_dirty(struct mapping *m, const struct radix_node *leaf, uint64_t mask)
{
	int32_t waiting = 0;

	for (uint64_t left = mask; left; left &= left - 1) {
		const struct frame *f = leaf->slot[radix_first(left)];

		m->ndirty--;
		waiting += !frame_is(f, FR_ERROR);
	}
	atomic_add(&cache_sums.dirty, -waiting);
}

/* An emptied leaf goes, unless somebody is about to insert. */
static void trim(struct mapping *m, struct radix_node *leaf)
{
	struct radix_node *chain = radix_trim(&m->frames, leaf);

	while (chain) {
		struct radix_node *next = chain->parent;

		kfree(chain);
		chain = next;
	}
}

/* @n frames of which each forgets its name.  Returns how many would have been reclaimed first. */
static unsigned unname_run(struct frame **f, unsigned n, struct names_gone *gone)
{
	uint32_t both = 0;              /* two counts in one sum: the flags are far enough apart */

	_Static_assert(FR_FIRSTOUT / FR_AHEAD > RADIX_SIZE, "the lower count must not reach the upper one");
	for (unsigned k = 0; k < n; k++) {
		struct frame *one = f[k];

		both += frame_flags(one, FR_AHEAD | FR_FIRSTOUT);
		one->mapping = NULL;
		one->index = 0;
		one->place = 0;
		frame_clear(one, ~(uint32_t)(FR_UPTODATE | FR_LOCKED | FR_WAITED));
	}
	gone->ahead += both % FR_FIRSTOUT / FR_AHEAD;
	return both / FR_FIRSTOUT;
}

/* See names.h. */
void names_remove(struct mapping *m, struct radix_node *leaf, uint64_t mask, struct names_gone *gone)
{
	uint64_t dirty = radix_tagged(leaf, RADIX_DIRTY) & mask;
	unsigned n = 0, firstout = 0;

	ASSERT(!(radix_tagged(leaf, RADIX_WRITEBACK) & mask));
	if (dirty) {
		forget_dirty(m, leaf, dirty);
	}
	for (uint64_t left = mask; left;) {
		unsigned slot = radix_first(left), run = radix_run(left, slot);

		firstout += unname_run((struct frame **)&leaf->slot[slot], run, gone);
		left &= ~radix_span_mask(slot, run);
		n += run;
	}
	radix_remove_mask(leaf, mask);
	gone->n += n;
	m->nframes -= n;
	atomic_add(&cache_sums.named, -(int32_t)n);
	atomic_add(&cache_sums.firstout, -(int32_t)firstout);
	if (leaf->used == 0) {
		trim(m, leaf);
	}
}

/* See names.h. */
void names_remove_one(struct frame *f, enum counter ahead)
{
	struct radix_node *leaf = radix_leaf(&f->mapping->frames, f->index);
	struct names_gone gone = { 0, 0 };

	names_remove(f->mapping, leaf, 1ull << (f->index & RADIX_MASK), &gone);
	if (gone.ahead) {
		count_add(ahead, 1);
	}
}

/* See names.h. */
void names_tag_dirty(struct mapping *m, struct radix_node *leaf, unsigned slot, unsigned n)
{
	radix_set_tag(leaf, RADIX_DIRTY, radix_span_mask(slot, n));
	if (m->ndirty == 0) {
		wb_mapping_dirtied(m);
	}
	m->ndirty += n;
	atomic_add(&cache_sums.dirty, (int32_t)n);
}

/* See pcache.h. */
struct pcache_totals pcache_totals(void)
{
	return (struct pcache_totals){
		.named     = (uint32_t)atomic_read(&cache_sums.named),
		.dirty     = (uint32_t)atomic_read(&cache_sums.dirty),
		.writeback = (uint32_t)atomic_read(&cache_sums.writeback),
	};
}

/*
 * See pcache.h.  Errors are kept as the last errno and how many there were (pcache_write_done).  A file
 * description remembers the count it has seen, so each hears of an error once, however many there are.
 * Locks: takes m->lock.
 */
int wberr_check(struct mapping *m, uint32_t *seen)
{
	int error = 0;

	spin_lock(&m->lock);
	if (*seen != m->wberr.seq) {
		*seen = m->wberr.seq;
		error = m->wberr.error;
	}
	spin_unlock(&m->lock);
	return error;
}
