/*
 * Find and give; take.c has the way back.  Each verb works leaf by leaf: one look at a bitmap decides about
 * 64 slots, and the lock is taken once a call.
 *
 * Owns: the names of frames.  Invariants, under mapping.lock:
 *      f->mapping == m && f->index == i   <=>   slot (m, i) holds f
 *      tag DIRTY <=> FR_DIRTY, tag WRITEBACK <=> FR_WRITEBACK; either implies FR_UPTODATE
 *      a named frame has refs >= 1: the cache's
 *
 * Floor 4.  Read next: take.c, names.c, pcache_read.c, truncate.c
 */
#include "mm/cache/pcache.h"

#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "mm/cache/names.h"
#include "mm/phys/kmalloc.h"

/* See pcache.h.  Locks: takes m->lock. */
unsigned pcache_find(struct mapping *m, pgoff_t i, unsigned n, struct frame **out)
{
	unsigned found = 0;

	spin_lock(&m->lock);
	for (unsigned k = 0, span; k < n; k += span) {
		struct radix_node *leaf = radix_leaf(&m->frames, i + k);

		span = radix_span(i + k, n - k);
		for (unsigned s = 0; s < span; s++) {
			struct frame *f = leaf ? leaf->slot[(i + k + s) & RADIX_MASK] : NULL;

			out[k + s] = f;
			if (f) {
				frame_get(f);
				found++;
			}
		}
	}
	spin_unlock(&m->lock);
	return found;
}

/* See pcache.h.  Locks: takes m->lock. */
struct frame *pcache_find_one(struct mapping *m, pgoff_t i)
{
	struct frame *f;

	spin_lock(&m->lock);
	f = names_look(m, i);
	if (f) {
		frame_get(f);
	}
	spin_unlock(&m->lock);
	return f;
}

/* See pcache.h.  Locks: takes m->lock, once for both: what a small read is made of. */
struct frame *pcache_find_within(struct mapping *m, pgoff_t i, loff_t end)
{
	struct frame *f = NULL;

	spin_lock(&m->lock);
	if (end <= m->size) {
		f = names_look(m, i);
	}
	if (f) {
		frame_get(f);
	}
	spin_unlock(&m->lock);
	return f;
}

/* See pcache.h.  Locks: takes m->lock.  The answer may be old when it arrives: give() will stop. */
unsigned pcache_gap(struct mapping *m, pgoff_t i, unsigned n, pgoff_t *at)
{
	unsigned length = 0;

	spin_lock(&m->lock);
	for (unsigned k = 0, span; k < n; k += span) {
		struct radix_node *leaf = radix_leaf(&m->frames, i + k);
		unsigned slot = (i + k) & RADIX_MASK;
		uint64_t used = leaf ? leaf->used >> slot : 0;
		unsigned skip = 0;

		span = radix_span(i + k, n - k);
		if (length == 0) {
			skip = used == ~0ull ? span : MIN(radix_first(~used), span);
			used = skip < RADIX_SIZE ? used >> skip : 0;
			*at = i + k + skip;
		}
		if (skip < span) {
			unsigned gap = used ? MIN(radix_first(used), span - skip) : span - skip;

			length += gap;
			if (skip + gap < span) {
				break;
			}
		}
	}
	spin_unlock(&m->lock);
	return length;
}

/* See pcache.h.  Locks: takes m->lock. */
bool pcache_at_rest(struct mapping *m, pgoff_t i, unsigned n)
{
	uint32_t flags = 0;

	spin_lock(&m->lock);
	for (unsigned k = 0, span; k < n; k += span) {
		struct radix_node *leaf = radix_leaf(&m->frames, i + k);

		span = radix_span(i + k, n - k);
		for (unsigned s = 0; leaf && s < span; s++) {
			struct frame *f = leaf->slot[(i + k + s) & RADIX_MASK];

			flags |= f ? f->flags : 0;
		}
	}
	spin_unlock(&m->lock);
	return !(flags & (FR_LOCKED | FR_DIRTY | FR_WRITEBACK));
}

/* Spare tree nodes, chained by parent.  Sleeps. */
static struct radix_node *make_nodes(unsigned n)
{
	struct radix_node *chain = NULL;

	while (n-- > 0) {
		struct radix_node *node = kzalloc(sizeof(*node), ALLOC_WAIT);

		if (!node) {
			break;
		}
		node->parent = chain;
		chain = node;
	}
	return chain;
}

static void free_nodes(struct radix_node *chain)
{
	while (chain) {
		struct radix_node *next = chain->parent;

		kfree(chain);
		chain = next;
	}
}

static unsigned count_nodes(const struct radix_node *chain)
{
	unsigned n = 0;

	for (; chain; chain = chain->parent) {
		n++;
	}
	return n;
}

/*
 * See pcache.h.  Nodes are allocated outside the lock; meanwhile the tree may change, so look again.
 * Locks: takes m->lock.  Sleeps.
 */
int pcache_reserve(struct mapping *m, pgoff_t i, unsigned n)
{
	struct radix_node *spare = NULL;
	unsigned missing;

	spin_lock(&m->lock);
	while ((missing = radix_missing(&m->frames, i, n)) > count_nodes(spare)) {
		spin_unlock(&m->lock);
		free_nodes(spare);
		spare = make_nodes(missing);
		if (count_nodes(spare) < missing) {
			free_nodes(spare);
			return -ENOMEM;
		}
		spin_lock(&m->lock);
	}
	radix_add_nodes(&m->frames, i, n, &spare);
	spin_unlock(&m->lock);
	free_nodes(spare);
	return 0;
}

/* See pcache.h.  Locks: takes m->lock. */
void pcache_unreserve(struct mapping *m, pgoff_t i, unsigned n)
{
	spin_lock(&m->lock);
	radix_unreserve(&m->frames, i, n);
	for (unsigned k = 0, span; k < n; k += span) {
		struct radix_node *leaf = radix_leaf(&m->frames, i + k);

		span = radix_span(i + k, n - k);
		if (leaf && leaf->used == 0) {
			free_nodes(radix_trim(&m->frames, leaf));
		}
	}
	spin_unlock(&m->lock);
}

/* How many of the @n clean pages from @i on may have a name.  Locks: m->lock held. */
static unsigned cut_at_end(const struct mapping *m, pgoff_t i, unsigned n)
{
	pgoff_t end = size_pages(m->size);

	return i < end ? MIN(n, end - i) : 0;
}

/* How many of these frames have no place. */
static unsigned unplaced(struct frame *const *f, unsigned n)
{
	unsigned without = 0;

	for (unsigned k = 0; k < n; k++) {
		without += f[k]->place == 0;
	}
	return without;
}

/* See names.h. */
void names_give(struct mapping *m, struct radix_node *leaf, pgoff_t i,
                struct frame **f, unsigned n, uint32_t flags)
{
	uintptr_t named = 0;

	ASSERT(!(flags & FR_DIRTY) || unplaced(f, n) == 0);     /* write-out looks nothing up */
	for (unsigned k = 0; k < n; k++) {
		struct frame *one = f[k];

		named |= (uintptr_t)one->mapping;
		one->mapping = m;
		one->index = i + k;
		one->flags = flags;
	}
	ASSERT(!named);
	radix_insert_run(leaf, i & RADIX_MASK, (void *const *)f, n);
	if (flags & FR_DIRTY) {
		names_tag_dirty(m, leaf, i & RADIX_MASK, n);
	}
	m->nframes += n;
	atomic_add(&cache_sums.named, (int32_t)n);
	if (flags & FR_FIRSTOUT) {
		atomic_add(&cache_sums.firstout, (int32_t)n);
	}
}

/* See pcache.h.  Locks: takes m->lock. */
unsigned pcache_give(struct mapping *m, pgoff_t i, struct frame **f, unsigned n, uint32_t flags)
{
	bool past_end = flags & (FR_DIRTY | GIVE_PAST_END);
	unsigned given = 0;

	spin_lock(&m->lock);
	n = past_end ? n : cut_at_end(m, i, n);
	while (given < n) {
		struct radix_node *leaf = radix_leaf(&m->frames, i + given);
		unsigned span = radix_span(i + given, n - given);
		uint64_t taken = leaf->used & radix_span_mask(i + given, span);
		unsigned run = taken ? radix_first(taken) - ((i + given) & RADIX_MASK) : span;

		if (run > 0) {
			names_give(m, leaf, i + given, f + given, run, flags & ~GIVE_PAST_END);
			given += run;
		}
		if (run < span) {
			break;
		}
	}
	spin_unlock(&m->lock);
	return given;
}
