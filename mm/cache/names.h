/*
 * Naming and un-naming under mapping.lock: the few lines that the cache's own files share.
 *
 * Floor 4.  Private to mm/cache.  Read next: pcache.c
 */
#ifndef MM_CACHE_NAMES_H
#define MM_CACHE_NAMES_H

#include "mm/cache/pcache.h"

/* Machine-wide sums; a page that failed to be written counts as named only (see write_done). */
struct cache_sums { atomic_t named, dirty, writeback; };
extern struct cache_sums cache_sums;

/* The frame of page @i, or NULL.  Locks: m->lock held. */
struct frame *names_look(struct mapping *m, pgoff_t i);

/*
 * Take the names off the frames in the slots of @mask.  They keep their content (FR_UPTODATE) and, if
 * somebody holds it, their lock; index, place and every other flag are reset.  The cache's reference
 * is not dropped: it passes to the caller.  The leaf may be gone afterwards.
 * Locks: m->lock held.
 */
void names_remove(struct mapping *m, struct radix_node *leaf, uint64_t mask);

/* Tag the slots of @mask dirty, their frames' flags are the caller's to set.  Locks: m->lock held. */
void names_tag_dirty(struct mapping *m, struct radix_node *leaf, uint64_t mask);

#endif
