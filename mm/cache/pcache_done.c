/*
 * The end of transfers: what becomes of pages that were read, or written.
 *
 * Until now they were locked, or under writeback, so they have kept their names: a request knows its pages by these.
 *
 * Floor 4.  Read next: readahead.c, writeback.c
 */
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/trace.h"
#include "mm/cache/names.h"
#include "mm/cache/writeback.h"

/*
 * A read request has ended: its pages are up to date, or failed and to be tried again by whoever wants them.
 * A read that was never made, for want of memory, is no error of the page's.
 * Until now they were locked, so their slots are as they were.  Any context.  Locks: takes m->lock.
 */
void pcache_read_done(struct mapping *m, pgoff_t i, unsigned n, int error)
{
	uint32_t outcome = error == 0 ? FR_UPTODATE : error == -ENOMEM ? 0 : FR_ERROR;

	spin_lock(&m->lock);
	for (unsigned k = 0, span; k < n; k += span) {
		struct radix_node *leaf = radix_leaf(&m->frames, i + k);

		span = radix_span(i + k, n - k);
		for (unsigned s = 0; s < span; s++) {
			struct frame *f = leaf->slot[((i + k) & RADIX_MASK) + s];

			frame_set(f, outcome);
			frame_release(f, FR_LOCKED, 0);
		}
	}
	spin_unlock(&m->lock);
}

/* Pages that could not be written: dirty as before, but out of the throttle's count.  Locks: m->lock held. */
static void write_failed(struct mapping *m, struct radix_node *leaf, unsigned slot, unsigned n)
{
	for (unsigned k = slot; k < slot + n; k++) {
		struct frame *f = leaf->slot[k];

		if (!frame_is(f, FR_DIRTY)) {           /* else written to meanwhile, and counted */
			frame_set(f, FR_DIRTY);
			names_tag_dirty(m, leaf, k, 1);
		}
		atomic_add(&cache_sums.dirty, -1);
		frame_set(f, FR_ERROR);
	}
}

/*
 * A write request has ended.  A page that could not be written stays dirty with FR_ERROR: readable, not
 * reclaimed, tried again by the next sync only; the mapping remembers the error.
 * Any context.  Locks: takes m->lock.
 */
void pcache_write_done(struct mapping *m, pgoff_t i, unsigned n, int error)
{
	trace_emit(EV_WB_DONE, trace_address(m), i, n, (uint32_t)error);
	spin_lock(&m->lock);
	for (unsigned k = 0, span; k < n; k += span) {
		struct radix_node *leaf = radix_leaf(&m->frames, i + k);

		span = radix_span(i + k, n - k);
		radix_clear_tag(leaf, RADIX_WRITEBACK, radix_span_mask(i + k, span));
		if (error) {
			write_failed(m, leaf, (i + k) & RADIX_MASK, span);
		}
		for (unsigned s = 0; s < span; s++) {
			frame_release(leaf->slot[((i + k) & RADIX_MASK) + s], FR_WRITEBACK, 0);
		}
	}
	if (error) {
		m->wberr.error = error;
		m->wberr.seq++;
	} else {
		count_add(C_PAGES_WRITTEN, n);
	}
	spin_unlock(&m->lock);
	atomic_add(&cache_sums.writeback, -(int32_t)n);
	wb_progress();
}
