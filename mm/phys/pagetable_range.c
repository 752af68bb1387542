/*
 * Page tables: the verbs that work on a range.
 *
 * One shape for all: a range is cut into pieces at 4 MiB boundaries, each piece takes the lock, walks once,
 * and runs along the table.  A missing table costs one look at the directory and ends the piece; so the
 * price of an untouched gigabyte is 256 looks.  Counters are added once a call.
 *
 *      va                                                  va + n
 *      |------piece------|------piece------|---piece---|
 *      ^ pt_walk()       ^ pt_walk(): NULL ^ pt_walk()
 *
 * Frames are put before the batch is flushed.  With one processor that is safe: no user instruction runs
 * between, as kernel code is not preempted and callers flush before they sleep.  With several, the batch
 * will have to keep the frames until tlb_flush() has heard from everybody.
 *
 * The processor sets PTE_ACCESSED and PTE_DIRTY by itself [SDM 3A 4.8].  Nothing here depends on not
 * missing one: a page of a file is marked dirty by the fault that makes its entry writable.
 *
 * Floor 3.  Read next: pagetable_fork.c, tlb.c
 */
#include "mm/phys/pagetable.h"

#include "kernel/counters.h"

enum { GONE_MAX = 32 };         /* frames put in one go: 128 bytes of a kernel stack */

/* Pages of [va, va + n) that one table serves. */
static unsigned in_table(uva_t va, unsigned n)
{
	return MIN(n, PT_ENTRIES - (va >> PAGE_SHIFT) % PT_ENTRIES);
}

/* Empty an entry in one step, whatever the processor writes into it meanwhile.  Its reference becomes
 * the caller's, who counts (pte_count). */
static inline struct frame *clear_entry(pte_t *pte, uva_t va, struct tlb_batch *b)
{
	struct frame *f = pte_frame(__atomic_exchange_n(pte, 0, __ATOMIC_ACQ_REL));

	ASSERT(atomic_read(&f->maps) > 0);
	(void)atomic_dec_zero(&f->maps);
	tlb_add(b, va);
	return f;
}

static unsigned unmap_piece(struct pagetable *pt, uva_t va, unsigned n, struct tlb_batch *b)
{
	struct frame *gone[GONE_MAX];
	unsigned total = 0, k = n;
	pte_t *pte = pt_walk(pt, va, false);

	if (pte) {
		k = pte_next(pte, 0, n);
	}
	if (k == n) {
		return 0;               /* and nothing comes: only who holds the address space fills an entry */
	}
	spin_lock(&pt->lock);
	k = pte_next(pte, k, n);        /* once more: a truncation empties entries meanwhile */
	while (k < n) {
		unsigned m = 0;

		for (; k < n && m < GONE_MAX; k = pte_next(pte, k + 1, n)) {
			gone[m++] = clear_entry(&pte[k], va + k * PAGE_SIZE, b);
		}
		frame_put_many(gone, m);
		total += m;
	}
	pte_count(pte, -(int)total);
	spin_unlock(&pt->lock);
	return total;
}

/* See pagetable.h.  Locks: that of the address space held; takes pt->lock, piece by piece. */
unsigned pt_unmap(struct pagetable *pt, uva_t va, unsigned n, struct tlb_batch *b)
{
	unsigned total = 0;

	for (unsigned here; n > 0; va += here * PAGE_SIZE, n -= here) {
		here = in_table(va, n);
		total += unmap_piece(pt, va, here, b);
	}
	if (total > 0) {
		count_add(C_PTES_WRITTEN, total);
	}
	return total;
}

/* Nobody but the entry that we are looking at knows this frame. */
static bool may_leave(const struct frame *f)
{
	return !f->mapping && frame_sole(f) && atomic_read(&f->maps) == 1 &&
	       !frame_is(f, FR_RESERVED);
}

static unsigned detach_piece(struct pagetable *pt, uva_t va, unsigned n,
                             struct frame **out, struct tlb_batch *b)
{
	unsigned left = 0;

	spin_lock(&pt->lock);
	pte_t *pte = pt_walk(pt, va, false);

	for (unsigned k = 0; k < n; k++) {
		out[k] = NULL;
		if (pte && (pte[k] & PTE_PRESENT) && may_leave(pte_frame(pte[k]))) {
			out[k] = clear_entry(&pte[k], va + k * PAGE_SIZE, b);
			left++;
		}
	}
	if (left > 0) {
		pte_count(pte, -(int)left);
	}
	spin_unlock(&pt->lock);
	return left;
}

/* See pagetable.h. */
unsigned pt_detach(struct pagetable *pt, uva_t va, unsigned n,
                   struct frame **out, struct tlb_batch *b)
{
	unsigned left = 0;

	for (unsigned here; n > 0; va += here * PAGE_SIZE, out += here, n -= here) {
		here = in_table(va, n);
		left += detach_piece(pt, va, here, out, b);
	}
	count_add(C_PTES_WRITTEN, left);
	return left;
}

static unsigned pin_piece(struct pagetable *pt, uva_t va, unsigned n, pte_t need, struct frame **out)
{
	unsigned k = 0;

	spin_lock(&pt->lock);
	const pte_t *pte = pt_walk(pt, va, false);

	for (; pte && k < n && (pte[k] & need) == need; k++) {
		out[k] = pte_frame(pte[k]);
		atomic_inc(&out[k]->refs);      /* the entry's own reference keeps it alive meanwhile */
	}
	spin_unlock(&pt->lock);
	return k;
}

/* See pagetable.h.  Locks: takes pt->lock, piece by piece. */
unsigned pt_pin(struct pagetable *pt, uva_t va, unsigned n, pte_t need, struct frame **out)
{
	unsigned k = 0, here, got;

	do {
		here = in_table(va + k * PAGE_SIZE, n - k);
		got = pin_piece(pt, va + k * PAGE_SIZE, here, need, out + k);
		k += got;
	} while (got == here && k < n);
	return k;
}

static unsigned protect_piece(struct pagetable *pt, uva_t va, unsigned n,
                              unsigned prot, struct tlb_batch *b)
{
	unsigned changed = 0;

	spin_lock(&pt->lock);
	pte_t *pte = pt_walk(pt, va, false);

	for (unsigned k = pte ? pte_next(pte, 0, n) : n; k < n; k = pte_next(pte, k + 1, n)) {
		pte_t set = pte_protect(pte[k], prot);

		if (set != pte[k]) {
			pte[k] = set;
			tlb_add(b, va + k * PAGE_SIZE);
			changed++;
		}
	}
	spin_unlock(&pt->lock);
	return changed;
}

/* See pagetable.h.  Locks: takes pt->lock, piece by piece. */
void pt_protect(struct pagetable *pt, uva_t va, unsigned n, unsigned prot, struct tlb_batch *b)
{
	unsigned changed = 0;

	for (unsigned here; n > 0; va += here * PAGE_SIZE, n -= here) {
		here = in_table(va, n);
		changed += protect_piece(pt, va, here, prot, b);
	}
	count_add(C_PTES_WRITTEN, changed);
}
