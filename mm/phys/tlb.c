/*
 * The only place that invalidates translations.
 *
 * A batch knows the range it spans and how many pages of it are concerned.  A short range is dropped page
 * by page; for a longer one it is cheaper to load CR3, which drops every translation that is not global,
 * and to let the processor read again what it still needs [SDM 3A 4.10.4].  Nothing is done when the page
 * table is not the loaded one: the switch to it will load CR3 anyway.
 *
 * SMP: the message to the other processors that have the page table loaded is sent here, and frames must
 * then be kept until it is answered (pagetable_range.c says why that is not needed yet).
 *
 * Floor 3.
 */
#include "mm/phys/tlb.h"

#include "kernel/counters.h"
#include "kernel/x86/mmu.h"
#include "mm/phys/pagetable.h"

static void drop_pages(uva_t va, unsigned n);

enum { SHORT_RANGE = 8 };       /* pages: about what one CR3 load costs in reloaded entries */

/* Drop what was collected; the batch is empty afterwards and may be used again. */
void tlb_flush(struct tlb_batch *b)
{
	unsigned pages = (b->hi - b->lo) >> PAGE_SHIFT;

	if (b->n == 0) {
		return;
	}
	if (mmu_cr3() == b->pt->cr3) {
		if (pages <= SHORT_RANGE) {
			drop_pages(b->lo, pages);
		} else {
			mmu_load_cr3(b->pt->cr3);
			count_add(C_TLB_CR3, 1);
		}
	}
	*b = tlb_begin(b->pt);
}

/* See tlb.h. */
void tlb_flush_page(struct pagetable *pt, uva_t va)
{
	if (mmu_cr3() == pt->cr3) {
		drop_pages(va, 1);
	}
}

/* See tlb.h. */
void tlb_flush_kernel(uva_t va, unsigned n)
{
	drop_pages(va, n);
}

/* INVLPG drops global entries too, and what the processor keeps of directory entries [SDM 3A 4.10.4.1]. */
static void drop_pages(uva_t va, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		mmu_invlpg(va + k * PAGE_SIZE);
	}
	count_add(C_TLB_INVLPG, n);
}
