/*
 * The processor's side of paging: control registers, one-entry invalidation, whole-page copy and fill.
 * Out of line so that the host tests can stand in for the processor.
 *
 * Floor 1.  The only callers are mm/phys (page tables, TLB) and the scheduler.
 */
#ifndef KERNEL_X86_MMU_H
#define KERNEL_X86_MMU_H

#include "kernel/lib/types.h"

paddr_t mmu_cr3(void);
void    mmu_load_cr3(paddr_t cr3);      /* drops every non-global TLB entry [SDM 3A 4.10.4.1] */
void    mmu_invlpg(uva_t va);           /* drops the entries for one page [SDM 3A 4.10.4.1]   */

/* One page by `rep movsl` / `rep stosl`: 1,025 instructions each under -icount.  Callers count the bytes. */
void    page_copy(void *to, const void *from);
void    page_zero(void *to);

/* @n words of 4 bytes by `rep movsl`: the ramdisk's transfer engine. */
void    words_copy(void *to, const void *from, uint32_t n);

#endif
