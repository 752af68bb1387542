/*
 * Surrendering pages of a file that no page table shows: the pagers' third operation, for mwrite.
 *
 * Floor 5.  Private to the file pagers.
 */
#ifndef MM_SPACE_PAGER_TAKE_H
#define MM_SPACE_PAGER_TAKE_H

#include "mm/space/pager.h"

/* Copies of the cache's pages: only MAP_UNCACHED permits taking a file's page away. */
unsigned take_copies(struct vma *v, uva_t va, unsigned n, struct frame **out, int *error);

/* The cache's pages themselves, straight from the file, by the batch; copies of those that must stay. */
unsigned take_cached(struct vma *v, uva_t va, unsigned n, struct frame **out, int *error);

#endif
