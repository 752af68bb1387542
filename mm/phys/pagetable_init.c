/*
 * The kernel's own page table.
 *
 *      0xC0000000  the direct map: physical address + KERNEL_BASE, as far as there is RAM.
 *                  Large pages, except where a page matters: 4 MiB with a part of the kernel image
 *                  (text and read-only data cannot be written), and the last 4 MiB if RAM ends inside.
 *      KVIRT_BASE  empty tables, so that mapping a stack there needs no memory and shows in every
 *                  directory at once: all of them point to these tables.
 *      KVIRT_DEVICES  the last of these tables: registers of devices, mapped once and for good.
 *
 * All of it is global: the kernel looks the same in every process, and its translations survive a change
 * of CR3 [SDM 3A 4.10.2.4].  Nothing is the user's.  Nothing below USER_TOP is mapped.
 *
 * Floor 3.  Read next: mm/README.md
 */
#include "mm/phys/pagetable.h"

#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/x86/mmu.h"
#include "mm/phys/layout.h"

static bool map_region(paddr_t at, paddr_t ram_end);

/* See pagetable.h.  Boot's page table is still loaded and shows all RAM. */
int pt_init(paddr_t ram_end)
{
	if (pt_create(&kernel_pt) < 0) {
		return -ENOMEM;
	}
	for (paddr_t at = 0; at < ram_end; at += PT_SPAN) {
		if (!map_region(at, ram_end)) {
			return -ENOMEM;
		}
	}
	for (uva_t va = KVIRT_BASE; va < KVIRT_TOP; va += PT_SPAN) {
		if (!pt_walk(&kernel_pt, va, true)) {
			return -ENOMEM;
		}
	}
	mmu_load_cr3(kernel_pt.cr3);
	return 0;
}

/* See pagetable.h.  Locks: takes kernel_pt.lock. */
void pt_map_kernel(uva_t va, paddr_t at, unsigned npages, uint32_t pte_flags)
{
	ASSERT(va >= KVIRT_BASE && va < KVIRT_TOP && npages <= (KVIRT_TOP - va) >> PAGE_SHIFT);
	ASSERT(!(pte_flags & (PTE_USER | PTE_FRAME)));
	spin_lock(&kernel_pt.lock);
	for (unsigned k = 0; k < npages; k++) {
		pte_t *pte = pt_walk(&kernel_pt, va + k * PAGE_SIZE, false);

		ASSERT(pte && *pte == 0);
		*pte = (at + k * PAGE_SIZE) | pte_flags | PTE_PRESENT | PTE_GLOBAL;
	}
	spin_unlock(&kernel_pt.lock);
	count_add(C_PTES_WRITTEN, npages);
}

/* See pagetable.h.  Locks: takes kernel_pt.lock. */
void pt_unmap_kernel(uva_t va, unsigned npages)
{
	ASSERT(va >= KVIRT_BASE && va < KVIRT_TOP && npages <= (KVIRT_TOP - va) >> PAGE_SHIFT);
	spin_lock(&kernel_pt.lock);
	for (unsigned k = 0; k < npages; k++) {
		pte_t *pte = pt_walk(&kernel_pt, va + k * PAGE_SIZE, false);

		ASSERT(pte && *pte != 0);
		*pte = 0;
	}
	spin_unlock(&kernel_pt.lock);
	tlb_flush_kernel(va, npages);
	count_add(C_PTES_WRITTEN, npages);
}

/*
 * See pagetable.h.  Memory caches would keep writes from the device and its answers from us, so PTE_NOCACHE
 * [SDM 3A 11.5.2.1].
 */
uva_t pt_map_device(paddr_t at, uint32_t size)
{
	static uva_t next = KVIRT_DEVICES;      /* [kernel_pt.lock] */
	uint32_t offset = at & PAGE_MASK;
	unsigned npages;
	uva_t va;

	if (size == 0 || size > PT_SPAN - PAGE_SIZE || at > UINT32_MAX - size) {
		return 0;
	}
	npages = page_round_up(offset + size) >> PAGE_SHIFT;
	spin_lock(&kernel_pt.lock);
	va = npages <= (KVIRT_TOP - next) >> PAGE_SHIFT ? next : 0;
	next += va ? npages * PAGE_SIZE : 0;
	spin_unlock(&kernel_pt.lock);
	if (va == 0) {
		return 0;
	}
	pt_map_kernel(va, at - offset, npages, PTE_WRITE | PTE_NOCACHE);
	return va + offset;
}

/* Is the page at @va one that the kernel must not write: code, constants? */
static bool is_read_only(uva_t va)
{
	return (va >= symbol_address(__text_start) && va < symbol_address(__text_end)) ||
	       (va >= symbol_address(__rodata_start) && va < symbol_address(__rodata_end));
}

/* Does the 4 MiB region at @at hold a part of the kernel image, or the end of RAM? */
static bool needs_small_pages(paddr_t at, paddr_t ram_end)
{
	paddr_t image = symbol_address(__text_start) - KERNEL_BASE;
	paddr_t image_end = symbol_address(__kernel_end) - KERNEL_BASE;

	return (at < image_end && image < at + PT_SPAN) || ram_end - at < PT_SPAN;
}

/* Map one region of the direct map; false when there is no memory for its table. */
static bool map_region(paddr_t at, paddr_t ram_end)
{
	uva_t va = KERNEL_BASE + at;
	paddr_t end = at + MIN(ram_end - at, PT_SPAN);

	if (!needs_small_pages(at, ram_end)) {
		kernel_pt.dir[va >> PDE_SHIFT] = at | PTE_PRESENT | PTE_WRITE | PTE_LARGE | PTE_GLOBAL;
		return true;
	}
	for (; at < end; at += PAGE_SIZE, va += PAGE_SIZE) {
		pte_t *pte = pt_walk(&kernel_pt, va, true);

		if (!pte) {
			return false;
		}
		*pte = at | PTE_PRESENT | PTE_GLOBAL | (is_read_only(va) ? 0 : PTE_WRITE);
	}
	return true;
}
