/*
 * Batched invalidation.  Range verbs collect, one call flushes: few pages by INVLPG, many by loading CR3,
 * nothing at all when nothing was collected.  The only place that invalidates, so SMP adds its
 * inter-processor interrupt here.
 *
 * Floor 3.  [SDM 3A 4.10.4]
 */
#ifndef MM_PHYS_TLB_H
#define MM_PHYS_TLB_H

#include "kernel/lib/types.h"

struct pagetable;

struct tlb_batch {
	struct pagetable *pt;
	uva_t             lo, hi;       /* [lo, hi) holds every page collected */
	unsigned          n;            /* pages collected; 0 = nothing to do  */
};

static inline struct tlb_batch tlb_begin(struct pagetable *pt)
{
	return (struct tlb_batch){ .pt = pt, .lo = ~0u, .hi = 0, .n = 0 };
}

/* Note that the translation of @va is no longer right.  Inline: range verbs do this for every page. */
static inline void tlb_add(struct tlb_batch *b, uva_t va)
{
	b->lo = MIN(b->lo, va);
	b->hi = MAX(b->hi, va + PAGE_SIZE);
	b->n++;
}

/* Until this returns, another task may still use the old translations.  Empties the batch. */
void tlb_flush(struct tlb_batch *b);

/* The same for one page. */
void tlb_flush_page(struct pagetable *pt, uva_t va);

/* Kernel pages are global: loading CR3 leaves them.  Drops @n pages at @va one by one. */
void tlb_flush_kernel(uva_t va, unsigned n);

#endif
