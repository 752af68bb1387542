/*
 * Page tables: finding an entry, making and freeing tables, one entry at a time.
 *
 *      CR3 -> directory                   table                       frame
 *             | 0     | user              | 0     |
 *             | va>>22| ---- frame no. -> | va>>12| -- frame no. ---> | 4,096 bytes |
 *             |  ...  |                   |  ...  |
 *             | 768   | kernel: the same in every directory
 *
 * Invariants: a present user entry owns one reference of its frame and is counted in frame.maps; an entry
 * that is not present is 0.  PTE_USER is in no entry at or above USER_TOP.  A directory's kernel quarter
 * is a copy of kernel_pt's and never changes after pt_init().
 *
 * A directory entry always permits everything (but user access to the kernel); the table's entry decides
 * [SDM 3A 4.6].
 *
 * Floor 3.  Read next: pagetable_range.c, tlb.c, pagetable_init.c
 */
#include "mm/phys/pagetable.h"

#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/x86/mmu.h"

enum {                                  /* entries of a directory */
	USER_PART   = USER_TOP >> PDE_SHIFT,
	KERNEL_PART = PT_ENTRIES - USER_PART,
};

struct pagetable kernel_pt;

static int           reserve_table(struct pagetable *pt, uva_t va);
static pte_t        *walk_new(struct pagetable *pt, uva_t va);
static pte_t         table_entry(const struct frame *table, uva_t va);

/*
 * The entry for @va.  Every entry of every page table that this kernel reads or writes was found here: the
 * place for a breakpoint.
 *
 * Locks:   pt->lock held; without @create that of the address space will do.
 * Returns: NULL when there is no table (with @create: and no memory for one either).
 */
pte_t *pt_walk(struct pagetable *pt, uva_t va, bool create)
{
	pte_t pde = pt->dir[va >> PDE_SHIFT];

	if (!(pde & PTE_PRESENT)) {
		return create ? walk_new(pt, va) : NULL;
	}
	ASSERT(!(pde & PTE_LARGE));
	return (pte_t *)phys_data(pde & PTE_FRAME) + (va >> PAGE_SHIFT) % PT_ENTRIES;
}

/* A directory with the kernel's quarter and nothing else.  Sleeps.  Returns: 0 or -ENOMEM. */
int pt_create(struct pagetable *pt)
{
	struct frame *f = frame_alloc_table(ALLOC_WAIT);

	if (!f) {
		return -ENOMEM;
	}
	pt->dir = frame_data(f);
	pt->cr3 = frame_paddr(f);
	pt->tables = 0;
	spin_init(&pt->lock);
	if (kernel_pt.dir) {    /* there is none on the host, where nothing runs in the upper quarter */
		memcpy(&pt->dir[USER_PART], &kernel_pt.dir[USER_PART], KERNEL_PART * sizeof(pte_t));
	}
	count_add(C_PAGE_TABLES, 1);
	return 0;
}

/* See pagetable.h.  Locks: takes pt->lock.  Owns: nothing is left of @pt. */
void pt_destroy(struct pagetable *pt)
{
	ASSERT(mmu_cr3() != pt->cr3);
	pt_prune(pt, 0, USER_TOP);
	ASSERT(pt->tables == 0);
	memset(&pt->dir[USER_PART], 0, KERNEL_PART * sizeof(pte_t));
	frame_put_table(data_frame(pt->dir));
	pt->dir = NULL;
	pt->cr3 = 0;
}

/*
 * Tables for [va, va + n pages), so that pt_map() has nothing to allocate.
 * Locks: takes pt->lock; none held that spins.  Sleeps.  Returns: 0, or -ENOMEM with some tables made.
 */
int pt_reserve(struct pagetable *pt, uva_t va, unsigned n)
{
	uint32_t first = va >> PDE_SHIFT;
	uint32_t last = (va + (n - 1) * PAGE_SIZE) >> PDE_SHIFT;
	unsigned made = 0;
	int got = 0;

	ASSERT(n > 0 && last < USER_TOP >> PDE_SHIFT);
	for (uint32_t k = first; k <= last && got >= 0; k++) {
		got = reserve_table(pt, k << PDE_SHIFT);
		made += got > 0;
	}
	count_add(C_PAGE_TABLES, made);
	return MIN(got, 0);
}

/*
 * See pagetable.h.  Takes no lock: an entry is read in one piece, and tables appear and go only under the
 * lock of the address space, which the caller has.
 */
unsigned pt_skip(struct pagetable *pt, uva_t va, unsigned n, unsigned *looked)
{
	unsigned absent = 0, reads = 0;

	while (absent < n) {
		reads++;
		if (pt->dir[va >> PDE_SHIFT] & PTE_PRESENT) {
			break;
		}
		unsigned to_end = PT_ENTRIES - (va >> PAGE_SHIFT) % PT_ENTRIES;

		absent += to_end;
		va += to_end * PAGE_SIZE;
	}
	if (looked) {
		*looked = reads;
	}
	return MIN(absent, n);
}

/* See pagetable.h.  Locks: that of the address space held. */
pte_t *pt_entry(struct pagetable *pt, uva_t va)
{
	pte_t *entry;

	ASSERT(va < USER_TOP);
	entry = pt_walk(pt, va, false);
	if (!entry && pt_reserve(pt, va, 1) == 0) {
		entry = pt_walk(pt, va, false);
	}
	return entry;
}

/* Point an empty entry at @f, whose reference becomes the entry's. */
static inline void set_entry(pte_t *pte, struct frame *f, unsigned prot)
{
	ASSERT(pte && *pte == 0);
	ASSERT(f != zero_frame || !(prot & PROT_WRITE));
	*pte = pte_make(f, prot);
	pte_count(pte, 1);
	atomic_inc(&f->maps);
}

/* See pagetable.h. */
void pt_map(struct pagetable *pt, pte_t *entry, struct frame *f, unsigned prot)
{
	spin_lock(&pt->lock);
	set_entry(entry, f, prot);
	spin_unlock(&pt->lock);
	count_add(C_PTES_WRITTEN, 1);
}

/* The way back from pt_detach(); see pagetable.h.  Locks: takes pt->lock.  Owns: consumes the reference. */
void pt_reattach(struct pagetable *pt, uva_t va, struct frame *f, unsigned prot)
{
	pt_map(pt, pt_walk(pt, va, false), f, prot);
}

/* See pagetable.h. */
struct frame *pt_remap(struct pagetable *pt, pte_t *entry, struct frame *f, unsigned prot)
{
	struct frame *old = NULL;

	spin_lock(&pt->lock);
	if (*entry & PTE_PRESENT) {
		old = pte_frame(*entry);
		(void)atomic_dec_zero(&old->maps);
		*entry = 0;
		pte_count(entry, -1);
	}
	set_entry(entry, f, prot);
	spin_unlock(&pt->lock);
	count_add(C_PTES_WRITTEN, 1);
	return old;
}

/* See pagetable.h.  Locks: takes pt->lock. */
void pt_reprotect(struct pagetable *pt, pte_t *entry, unsigned prot)
{
	spin_lock(&pt->lock);
	if (*entry & PTE_PRESENT) {
		*entry = pte_protect(*entry, prot);
		count_add(C_PTES_WRITTEN, 1);
	}
	spin_unlock(&pt->lock);
}

/* What @entry, if there is one, says, with a reference to the frame.  Locks: pt->lock held, which keeps it alive. */
static inline pte_t look(const pte_t *entry, struct frame **f)
{
	pte_t found = entry ? *entry : 0;

	if (found && f) {
		*f = pte_frame(found);
		frame_get(*f);
	}
	return found;
}

/* See pagetable.h.  Locks: takes pt->lock. */
pte_t pt_look(struct pagetable *pt, const pte_t *entry, struct frame **f)
{
	pte_t found;

	spin_lock(&pt->lock);
	found = look(entry, f);
	spin_unlock(&pt->lock);
	return found;
}

/* See pagetable.h.  Locks: takes pt->lock. */
pte_t pt_lookup(struct pagetable *pt, uva_t va, struct frame **f)
{
	pte_t found;

	spin_lock(&pt->lock);
	found = look(pt_walk(pt, va, false), f);
	spin_unlock(&pt->lock);
	return found;
}

/* The entry for @va in a table from what nobody has to wait for; rare, and no burden on every walk.  Locks: pt->lock held. */
static __attribute__((noinline)) pte_t *walk_new(struct pagetable *pt, uva_t va)
{
	struct frame *table = frame_alloc_table(ALLOC_ATOMIC);

	if (!table) {
		return NULL;
	}
	pt->dir[va >> PDE_SHIFT] = table_entry(table, va);
	pt->tables += va < USER_TOP;
	count_add(C_PAGE_TABLES, 1);
	return pt_walk(pt, va, false);
}

/*
 * One table.  The frame comes first and the lock second; if somebody made the table in between, the frame
 * goes back.  Returns: 1 when it was made here, 0 when it was there, -ENOMEM.
 */
static int reserve_table(struct pagetable *pt, uva_t va)
{
	pte_t *pde = &pt->dir[va >> PDE_SHIFT];
	struct frame *table;
	int made = 0;

	if (*pde & PTE_PRESENT) {
		return 0;
	}
	table = frame_alloc_table(ALLOC_WAIT);
	if (!table) {
		return -ENOMEM;
	}
	spin_lock(&pt->lock);
	if (!(*pde & PTE_PRESENT)) {
		*pde = table_entry(table, va);
		pt->tables++;
		made = 1;
	}
	spin_unlock(&pt->lock);
	if (!made) {
		frame_put_table(table);
	}
	return made;
}

/* The directory entry for the table that serves @va. */
static pte_t table_entry(const struct frame *table, uva_t va)
{
	return frame_paddr(table) | PTE_PRESENT | PTE_WRITE | (va < USER_TOP ? PTE_USER : 0);
}
