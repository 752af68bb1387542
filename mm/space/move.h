/*
 * One batch on its way from an address space into a file: what mwrite.c and mwrite_give.c share.
 *
 * Floor 5.  Private to mwrite.
 */
#ifndef MM_SPACE_MOVE_H
#define MM_SPACE_MOVE_H

#include "mm/cache/pcache.h"
#include "mm/space/space.h"

enum origin {           /* where a collected frame came from, that is, where it goes back to */
	DETACHED,       /* from its page-table entry: back into it                           */
	COPIED,         /* copy of a page that is still mapped: dropped                      */
	TAKEN,          /* from the pager: dropped, the backing store has it still           */
};

struct move {
	struct space    *space;
	struct vma      *vma;
	uva_t            va;                    /* of page 0 of this batch                        */
	struct mapping  *dst;
	pgoff_t          at;                    /* destination of page 0                          */
	unsigned         n;                     /* pages in this batch                            */
	unsigned         ncopied;               /* of these, COPIED                               */
	unsigned         n_chunk;               /* pages left in this area and 4 MiB              */
	uva_t            absent_until;          /* nothing is mapped below: seen in the directory */
	struct tlb_batch tlb;
	struct frame    *frame[PC_BATCH];
	uint8_t          origin[PC_BATCH];      /* enum origin                                    */
};

/* Step 5: name the first @n frames of the batch; cannot fail.  Sleeps where a destination page is in use. */
void give_all(struct move *m, unsigned n);

/* -EINVAL if an untouched MAP_UNCACHED page of @dst itself lies in the destination range at another index; else 0.
 * Takes s->lock. */
must_check int mwrite_overlaps(struct space *s, uva_t va, unsigned npages, struct mapping *dst, pgoff_t at);

#endif
