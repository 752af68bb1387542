/*
 * Page tables as a whole: copying those of a process for its child, and giving back empty ones.
 *
 * fork shares every frame.  What either side may write is write-protected on both, and the first to write
 * gets a copy (mm/space/fault.c).
 *
 * Floor 3.  Read next: tlb.c
 */
#include "mm/phys/pagetable.h"

#include "kernel/counters.h"
#include "kernel/lib/errno.h"

/* What does not change in the course of a fork. */
struct fork {
	struct pagetable *to, *from;
	bool              cow;
	struct tlb_batch *b;
};

static uva_t    next_table(uva_t va, uva_t hi);
static unsigned fork_piece(struct fork *f, uva_t va, pte_t *source, pte_t *copy, unsigned n);

/* See pagetable.h.  Locks: those of both address spaces held, or nobody else knows @to. */
int pt_fork(struct pagetable *to, struct pagetable *from, uva_t lo, uva_t hi, bool cow,
            struct tlb_batch *b)
{
	struct fork f = { to, from, cow, b };
	unsigned written = 0;
	int err = 0;

	for (uva_t va = lo, next; va < hi && !err; va = next) {
		pte_t *source = pt_walk(from, va, false);
		pte_t *copy = source ? pt_entry(to, va) : NULL;

		next = next_table(va, hi);
		if (copy) {
			written += fork_piece(&f, va, source, copy, (next - va) >> PAGE_SHIFT);
		}
		err = source && !copy ? -ENOMEM : 0;
	}
	count_add(C_PTES_WRITTEN, written);
	return err;
}

/*
 * Free the tables of [lo, hi) that are wholly inside and empty.  The processor may remember directory
 * entries apart from translations [SDM 3A 4.10.3], so the frames go back only after an invalidation.
 * Locks: takes pt->lock, table by table.
 */
void pt_prune(struct pagetable *pt, uva_t lo, uva_t hi)
{
	struct tlb_batch b = tlb_begin(pt);
	struct list gone = LIST_INIT(gone);
	uva_t first = lo % PT_SPAN == 0 ? lo : next_table(lo, hi);

	for (uva_t va = first; pt->tables > 0 && va < hi && hi - va >= PT_SPAN; va += PT_SPAN) {
		pte_t *pde = &pt->dir[va >> PDE_SHIFT];

		if (!(*pde & PTE_PRESENT)) {
			continue;
		}
		spin_lock(&pt->lock);
		if (pte_frame(*pde)->entries == 0) {
			list_push_back(&gone, &pte_frame(*pde)->link);
			tlb_add(&b, va);
			*pde = 0;
			pt->tables--;
		}
		spin_unlock(&pt->lock);
	}
	if (list_empty(&gone)) {
		return;
	}
	tlb_flush(&b);
	for (struct list *l; (l = list_pop_front(&gone));) {
		frame_put_table(list_entry(l, struct frame, link));
	}
}

/* Where the table after that of @va begins, or @hi if that comes first. */
static uva_t next_table(uva_t va, uva_t hi)
{
	uva_t next = (va | (PT_SPAN - 1)) + 1;

	return MIN(next, hi);
}

/* The child's entry for what the parent's @source shows, with its references. */
static pte_t share(pte_t source)
{
	struct frame *f = pte_frame(source);

	frame_get(f);
	atomic_inc(&f->maps);
	return source & ~(pte_t)(PTE_ACCESSED | PTE_DIRTY);
}

/*
 * One table's part of a fork: @n entries from @source on, that for @va, to @copy.  How many were written, on both sides.
 * Locks: takes from->lock, then to->lock: two page tables' locks at once, parent before child.  Nobody else takes two.
 */
static unsigned fork_piece(struct fork *f, uva_t va, pte_t *source, pte_t *copy, unsigned n)
{
	unsigned written = 0, copied = 0;

	spin_lock(&f->from->lock);
	spin_lock(&f->to->lock);
	for (unsigned k = pte_next(source, 0, n); k < n; k = pte_next(source, k + 1, n)) {
		pte_t pte = source[k];

		if (f->cow && (pte & PTE_WRITE)) {
			pte &= ~(pte_t)PTE_WRITE;
			source[k] = pte;
			tlb_add(f->b, va + k * PAGE_SIZE);
			written++;
		}
		ASSERT(copy[k] == 0);
		copy[k] = share(pte);
		copied++;
	}
	if (copied > 0) {
		pte_count(copy, (int)copied);
	}
	spin_unlock(&f->to->lock);
	spin_unlock(&f->from->lock);
	return written + copied;
}
