/*
 * Reverse mapping: from a name (mapping, index) to the page-table entries that show it, through the
 * mapping's list of areas.  Needs no space.lock: entries change under pagetable.lock.
 *
 * Floor 4.  Locks: takes mapping.vmas_lock, then each pagetable.lock.
 */
#ifndef MM_CACHE_RMAP_H
#define MM_CACHE_RMAP_H

#include "mm/cache/mapping.h"

struct vma;

void rmap_link(struct vma *v);          /* v->mapping != NULL */
void rmap_unlink(struct vma *v);

/* Write-protect every mapping of [first, first + n) that shows the cache's own page; was any of them dirty? */
bool rmap_clean(struct mapping *m, pgoff_t first, unsigned n);

/* Remove every entry that shows the cache's page of [first, last]; private copies stay. */
void rmap_unmap(struct mapping *m, pgoff_t first, pgoff_t last);

/* Was the page used through any mapping since last asked?  Clears the accessed bits. */
bool rmap_referenced(struct mapping *m, pgoff_t index);

#endif
