/*
 * Naming and un-naming under mapping.lock: the few lines that the cache's own files share.
 *
 * Floor 4.  Private to mm/cache.  Read next: pcache.c
 */
#ifndef MM_CACHE_NAMES_H
#define MM_CACHE_NAMES_H

#include "kernel/counters.h"
#include "mm/cache/pcache.h"

/* Machine-wide sums; a page that failed to be written counts as named only (see write_done). */
struct cache_sums { atomic_t named, dirty, writeback, firstout; };
extern struct cache_sums cache_sums;

/* The frame of page @i, or NULL.  Locks: m->lock held. */
static inline struct frame *names_look(struct mapping *m, pgoff_t i)
{
	struct radix_node *leaf = radix_leaf(&m->frames, i);

	return leaf ? leaf->slot[i & RADIX_MASK] : NULL;
}

/* Name f[0..n), nameless, pages i.. of @m in @leaf, whose slots are free, with @flags.  Locks: m->lock held. */
void names_give(struct mapping *m, struct radix_node *leaf, pgoff_t i,
                struct frame **f, unsigned n, uint32_t flags);

/* How many names went, and how many of the frames were readahead's that nobody had used. */
struct names_gone { unsigned n, ahead; };

/*
 * Take the names off the frames in the slots of @mask.  They keep their content (FR_UPTODATE) and, if
 * somebody holds it, their lock; index, place and every other flag are reset.  The cache's reference
 * is not dropped: it passes to the caller.  The leaf may be gone afterwards.  Adds to @gone.
 * Locks: m->lock held.
 */
void names_remove(struct mapping *m, struct radix_node *leaf, uint64_t mask, struct names_gone *gone);

/* The same for one frame; if it was readahead's and unused, counted as @ahead (used, or wasted). */
void names_remove_one(struct frame *f, enum counter ahead);

/* Tag slots [slot, slot + n) dirty, their frames' flags are the caller's to set.  Locks: m->lock held. */
void names_tag_dirty(struct mapping *m, struct radix_node *leaf, unsigned slot, unsigned n);

#endif
