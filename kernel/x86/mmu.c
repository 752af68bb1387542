/*
 * Control registers and whole pages: thin bodies for what mmu.h promises.
 *
 * Out of line on purpose.  A host test links its own mmu_*() and counts the calls; in the kernel a call
 * costs less than the TLB refills that follow.
 *
 * Floor 1.
 */
#include "kernel/x86/mmu.h"
#include "kernel/x86/insn.h"

#define PAGE_WORDS (PAGE_SIZE / sizeof(uint32_t))

paddr_t mmu_cr3(void)
{
	return cr3_read();
}

void mmu_load_cr3(paddr_t cr3)
{
	cr3_write(cr3);
}

void mmu_invlpg(uva_t va)
{
	invlpg(va);
}

void page_copy(void *to, const void *from)
{
	rep_movsl(to, from, PAGE_WORDS);
}

void page_zero(void *to)
{
	rep_stosl(to, 0, PAGE_WORDS);
}

void words_copy(void *to, const void *from, uint32_t n)
{
	rep_movsl(to, from, n);
}
