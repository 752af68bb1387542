/*
 * mwrite: pages leave an address space and become pages of a file.
 *
 *    page table       absent                    1 reserve   tree nodes of the destination
 *    +---------+      +-----------------+       2 collect   nameless frames of ours alone:
 *    | private |      | backing store:  |                     detached from the page table,
 *    |  frame  |      | cache or zeros  |                     or taken by the pager
 *    +----+----+      +--------+--------+       3 prepare   a place on disk for each
 *         | pt_detach          | pager->take    4 flush     the TLB, if anything was detached
 *         +---------+----------+                5 give      them their names, dirty
 *                   v
 *           destination's cache, dirty
 *
 * Nothing is given before it has a place, so a full disk is noticed while every page is still where it was:
 * a detached page goes back into its own entry, a copy or a taken clean page is dropped, its origin has it
 * still.  After step 4 nobody can write to the frames; only then can anybody find them.
 *
 * An absent range is recognised in the directory, 4 MiB at a look, and costs no fault, no page table, no
 * TLB work and no copied byte.  [LT 2002-05-11]
 *
 * Floor 5.  Read next: mwrite_give.c, pager_take.c
 */
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/trace.h"
#include "kernel/x86/mmu.h"
#include "mm/cache/order.h"
#include "mm/cache/reclaim.h"
#include "mm/cache/writeback.h"
#include "mm/space/move.h"

/* One page that is mapped but not ours to take: a copy goes, the entry stays until the batch is certain. */
static int collect_mapped(struct move *m, unsigned k, struct frame *mapped)
{
	struct frame *f;

	if (mapped == zero_frame) {
		f = frame_alloc_zeroed(ALLOC_WAIT);
	} else {
		f = frame_alloc(ALLOC_WAIT);
	}
	if (!f) {
		return -ENOMEM;
	}
	if (mapped != zero_frame) {
		page_copy(frame_data(f), frame_data(mapped));
		count_add(C_BYTES_COPIED_FALLBACK, PAGE_SIZE);
		count_add(C_FALLBACK_SHARED, 1);
	}
	m->frame[k] = f;
	m->origin[k] = COPIED;
	m->ncopied++;
	return 0;
}

/* A run of pages that no entry shows: from behind the area.  Returns how many; short with *error. */
static unsigned collect_absent(struct move *m, unsigned k, unsigned n, int *error)
{
	const struct pager *pager = m->vma->pager;
	unsigned got;

	if (pager == &pager_uncached && m->vma->mapping == m->dst) {
		pager = &pager_private;         /* moving within one file: its own page must stay */
	}
	got = pager->take(m->vma, m->va + k * PAGE_SIZE, n, m->frame + k, error);
	memset(m->frame + k + got, 0, (n - got) * sizeof(*m->frame));
	memset(m->origin + k, TAKEN, n);
	return got;
}

/* How many of the n pages from k on, which pt_detach left, have no entry. */
static unsigned absent_run(struct move *m, unsigned k, unsigned n)
{
	unsigned run = 0;

	while (run < n && !m->frame[k + run] &&
	       !pt_lookup(&m->space->pt, m->va + (k + run) * PAGE_SIZE, NULL)) {
		run++;
	}
	return run;
}

/* The page or pages at @k, which pt_detach left.  Returns how many are collected; short with *error. */
static unsigned collect_left(struct move *m, unsigned k, unsigned n, int *error)
{
	struct frame *mapped;

	if (!pt_lookup(&m->space->pt, m->va + k * PAGE_SIZE, &mapped)) {
		return collect_absent(m, k, absent_run(m, k, n), error);
	}
	*error = collect_mapped(m, k, mapped);
	frame_put(mapped);
	return *error ? 0 : 1;
}

/* The pages that pt_detach did not yield.  Returns how many are together from the front; short with *error. */
static unsigned collect_rest(struct move *m, int *error)
{
	unsigned k = 0;

	while (k < m->n && !*error) {
		k += m->frame[k] ? 1 : collect_left(m, k, m->n - k, error);
	}
	return k;
}

/* Step 2.  Returns pages collected from the front; 0 with *error. */
static unsigned collect(struct move *m, int *error)
{
	unsigned looked = 0;

	m->ncopied = 0;
	if (m->va >= m->absent_until) {
		unsigned skip = pt_skip(&m->space->pt, m->va, m->n_chunk, &looked);

		count_add(C_MWRITE_PDE_READS, looked);
		m->absent_until = m->va + skip * PAGE_SIZE;
	}
	if (m->va < m->absent_until) {
		m->n = MIN(m->n, (m->absent_until - m->va) >> PAGE_SHIFT);
		return collect_absent(m, 0, m->n, error);
	}
	memset(m->origin, DETACHED, m->n);
	count_add(C_MWRITE_PTE_READS, m->n);
	if (pt_detach(&m->space->pt, m->va, m->n, m->frame, &m->tlb) == m->n) {
		return m->n;
	}
	return collect_rest(m, error);
}

/* Pages [from, n) are not going: each back to where it came from. */
static void roll_back(struct move *m, unsigned from)
{
	for (unsigned k = from; k < m->n; k++) {
		struct frame *f = m->frame[k];

		if (!f) {
			continue;
		}
		f->place = 0;
		if (m->origin[k] == DETACHED) {
			pt_reattach(&m->space->pt, m->va + k * PAGE_SIZE, f, m->vma->prot);
		} else {
			frame_put(f);
		}
		m->frame[k] = NULL;
	}
}

/* Copies are certain to go now: their originals leave the page table. */
static void unmap_copied(struct move *m, unsigned n)
{
	for (unsigned k = 0; k < n && m->ncopied > 0; k++) {
		if (m->origin[k] == COPIED) {
			pt_unmap(&m->space->pt, m->va + k * PAGE_SIZE, 1, &m->tlb);
		}
	}
}

/*
 * Step 5.  The file grows first, the tail of its last page zeroed: from then on no byte of the batch is behind the
 * end, where write-out would clear it.  Until they have their frames, new pages are pending, that is, zeros.
 */
static void grow_and_give(struct move *m, unsigned n)
{
	int err = pcache_extend(m->dst, (loff_t)(m->at + n) << PAGE_SHIFT);

	ASSERT(err == 0);
	give_all(m, n);
}

/* Steps 3 to 5 for what is collected: @got pages.  Returns pages moved (> 0) or -errno. */
static int move_collected(struct move *m, unsigned got)
{
	int placed = m->dst->ops->prepare(m->dst, m->at, m->frame, got);
	unsigned n = placed > 0 ? (unsigned)placed : 0;

	roll_back(m, n);
	unmap_copied(m, n);
	tlb_flush(&m->tlb);
	if (n > 0) {
		trace_emit(EV_MOVE, trace_address(m->dst), m->at, n, m->va);
		grow_and_give(m, n);
	}
	mapping_not_pending(m->dst);
	return placed;
}

/* Step 2, and the others if it yields something, while no metadata is written: see order.h. */
static int move_reserved(struct move *m)
{
	int error = 0, moved;
	unsigned got = collect(m, &error);

	if (got == 0) {
		roll_back(m, 0);
		tlb_flush(&m->tlb);
		return error;
	}
	order_begin();
	moved = move_collected(m, got);
	order_end();
	return moved;
}

/* One batch.  Returns pages moved (> 0), or -errno with nothing moved. */
static int move_batch(struct move *m)
{
	unsigned n = m->n;
	int moved = pcache_reserve(m->dst, m->at, n);

	if (!moved) {
		moved = move_reserved(m);
		pcache_unreserve(m->dst, m->at, n);
	}
	return moved;
}

/*
 * Untouched pages of the destination file itself: at their own index they are where they should be, and only the
 * file's end may have to move to that of the last one.
 * Returns how many of the batch, from its start, that is true of.
 */
static unsigned already_there(struct move *m)
{
	const struct vma *v = m->vma;
	unsigned k = 0;

	if (v->pager != &pager_uncached || v->mapping != m->dst || vma_index(v, m->va) != m->at) {
		return 0;
	}
	while (k < m->n && m->at + k < size_pages(m->dst->size) &&
	       !pt_lookup(&m->space->pt, m->va + k * PAGE_SIZE, NULL)) {
		k++;
	}
	if (k > 0) {
		int err = pcache_extend(m->dst, (loff_t)(m->at + k) << PAGE_SHIFT);

		ASSERT(err == 0);
	}
	return k;
}

/*
 * A piece of at most 4 MiB, cut at 4 MiB boundaries, under one hold of space.lock.
 * Returns pages moved; fewer than @n with *error.
 */
static unsigned move_piece(struct space *s, uva_t va, unsigned n, struct mapping *dst, pgoff_t at, int *error)
{
	struct move m = { .space = s, .dst = dst };
	unsigned done = 0;

	mutex_lock(&s->lock);
	while (done < n && !*error) {
		int moved;

		m.va = va + done * PAGE_SIZE;
		m.at = at + done;
		m.vma = vma_find(&s->vmas, m.va);
		if (!m.vma) {
			*error = -EFAULT;       /* unmapped by another thread since it was checked */
			break;
		}
		m.n_chunk = MIN(n - done, (m.vma->end - m.va) >> PAGE_SHIFT);
		m.n = MIN(m.n_chunk, (unsigned)PC_BATCH);
		m.tlb = tlb_begin(&s->pt);
		moved = (int)already_there(&m);
		if (moved == 0) {
			moved = move_batch(&m);
		}
		if (moved < 0) {
			*error = moved;
		} else {
			done += (unsigned)moved;
		}
	}
	mutex_unlock(&s->lock);
	return done;
}

/* See space.h.  Between pieces, without space.lock, a writer that outruns the disk waits, and what passed through
 * a while ago makes room. */
int mwrite(struct space *s, uva_t va, unsigned npages, struct mapping *dst, pgoff_t at)
{
	unsigned done = 0;
	int error = mwrite_overlaps(s, va, npages, dst, at);

	while (done < npages && !error) {
		uva_t here = va + done * PAGE_SIZE;
		unsigned piece = MIN(npages - done, PT_ENTRIES - (here >> PAGE_SHIFT) % PT_ENTRIES);

		done += move_piece(s, here, piece, dst, at + done, &error);
		wb_balance(dst);
		reclaim_surplus();
	}
	return done > 0 ? (int)done : error;
}
