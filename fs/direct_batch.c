/*
 * One batch of O_DIRECT: pin, look up, keep the cache true, transfer, let go.
 *
 * The cache stays the truth.  Before a transfer its dirty pages of the range are written and waited for; a write also
 * drops the range's pages, before and after: after, because a reader may have brought some back.  A page is looked up
 * on the disk first and in the cache second: one that had its place by then was locked in the cache or dirty, and one
 * that gets it later was a hole when we looked.
 *
 * Stores through a shared mapping while a write to the same page is under way may be lost, or cost that write, as on
 * Linux: who mixes the two at the same time has no order to rely on.
 *
 * Floor 6.  Read next: mm/space/pin.c
 */
#include "fs/direct.h"

#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/task.h"
#include "kernel/wait.h"
#include "kernel/x86/mmu.h"
#include "mm/cache/order.h"
#include "mm/cache/pcache.h"
#include "mm/cache/writeback.h"
#include "mm/space/space.h"

/* ---- requests ---- */

/* Any context.  Woken under the lock: once it is released the sleeper may return, and the batch is gone. */
static void request_done(struct ioreq *r)
{
	struct batch *b = r->ctx;

	spin_lock(&b->lock);
	b->ended++;
	wait_wake(&b->wake);
	spin_unlock(&b->lock);
}

/* Segments for the @n frames at @f, side by side in one; how many. */
static unsigned make_segments(struct batch *b, struct frame **f, unsigned n, struct ioseg *s)
{
	struct ioseg *first = s;
	paddr_t end = frame_paddr(f[0]);

	*s = (struct ioseg){ end, 0 };
	for (unsigned k = 0; k < n; k++, end += PAGE_SIZE) {
		if (f[k] != pfn_frame(end >> PAGE_SHIFT)) {
			s->len = end - s->addr;
			end = frame_paddr(f[k]);
			*++s = (struct ioseg){ end, 0 };
		}
		if (f[k]->mapping) {
			b->named = true;
		}
	}
	s->len = end - s->addr;
	return (unsigned)(s - first) + 1;
}

/* Pages [at, at + e->n) of the batch, to or from where @e says. */
static void start(struct batch *b, const struct extent *e, unsigned at)
{
	struct request *q = &b->request[b->nrequests++];

	q->at = at;
	q->r = (struct ioreq){
		.dev = e->dev, .op = b->op, .sector = e->sector, .seg = b->seg + at,
		.nsegs = make_segments(b, b->frame + at, e->n, b->seg + at),
		.done = request_done, .ctx = b,
	};
	blk_submit(&q->r);
}

/* Wait for all.  Of the @done pages that were started, how many from the front went well; else *error. */
static unsigned finish(struct batch *b, unsigned done, int *error)
{
	spin_lock(&b->lock);
	wait_until(&b->wake, &b->lock, b->ended == b->nrequests);
	spin_unlock(&b->lock);
	for (unsigned k = 0; k < b->nrequests; k++) {
		if (b->request[k].r.status) {
			*error = b->request[k].r.status;
			return b->request[k].at;
		}
	}
	return done;
}

/* ---- coherence with the cache ---- */

/* See direct.h.  Sleeps. */
int direct_write_cached(struct mapping *m, pgoff_t i, unsigned n)
{
	uint32_t seen = m->wberr.seq;

	if (pcache_at_rest(m, i, n)) {
		return 0;               /* the common case: nothing of it is cached */
	}
	pcache_settle(m, i, n);
	wb_start(m, i, i + n - 1);
	wb_wait(m, i, i + n - 1);
	return wberr_check(m, &seen);
}

/* The device has written to pages that are a file's, which the flusher may have cleaned meanwhile. */
static void dirty_named(struct batch *b)
{
	for (unsigned k = 0; k < b->n; k++) {
		struct frame *f = b->frame[k];

		if (f->mapping) {
			frame_lock(f);
			if (f->mapping && f->place) {   /* memory without a file has none */
				pcache_dirty(f);
			}
			frame_unlock(f);
		}
	}
}

/* ---- one batch ---- */

/* The next run of the file, @n pages at most: what is past the end gets its place now. */
static int next_run(const struct batch *b, pgoff_t i, unsigned n, struct extent *e)
{
	if (b->op == IO_WRITE && i >= b->end) {
		return b->inode->ops->extent(b->inode, i, n, EXTENT_MAKE, e);
	}
	return b->inode->ops->extent(b->inode, i, n, EXTENT_FIND, e);
}

static void zero_pages(struct frame **f, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		page_zero(frame_data(f[k]));
	}
	count_add(C_PAGES_ZEROED, n);
}

/* Move the batch, run by run.  Returns pages, from the front; fewer with *error, or at a hole that a write has met. */
static unsigned transfer(struct batch *b, int *error)
{
	struct mapping *m = &b->inode->mapping;
	unsigned done = 0;

	b->nrequests = b->ended = 0;
	b->named = false;
	while (done < b->n && b->nrequests < REQUESTS) {
		struct extent e;

		*error = next_run(b, b->first + done, b->n - done, &e);
		if (!*error) {
			*error = direct_write_cached(m, b->first + done, e.n);
		}
		if (*error || (e.hole && b->op == IO_WRITE)) {
			break;
		}
		if (e.hole) {
			zero_pages(b->frame + done, e.n);
		} else {
			if (b->op == IO_WRITE) {
				pcache_drop(m, b->first + done, e.n, TAKE_CLEAN);
			}
			start(b, &e, done);
		}
		done += e.n;
	}
	return finish(b, done, error);
}

/* What follows the end of the file in its last page is not the file's, whatever the disk has there. */
static void clear_tail(struct batch *b, unsigned done)
{
	uint32_t used = (uint32_t)b->inode->mapping.size & PAGE_MASK;  /* it changes under inode.lock only */

	if (used && b->first + done == b->end) {
		memset((char *)frame_data(b->frame[done - 1]) + used, 0, PAGE_SIZE - used);
	}
}

/* See direct.h.  Sleeps. */
unsigned batch_move(struct batch *b, uva_t buf, unsigned n, int *error)
{
	struct space *s = task_current()->space;
	int pinned = space_pin(s, buf, MIN(n, (unsigned)BATCH), b->op == IO_READ, b->frame);
	unsigned done;

	if (pinned < 0) {
		*error = pinned;
		return 0;
	}
	b->n = (unsigned)pinned;
	if (b->op == IO_WRITE) {
		order_begin();          /* new blocks get their content here, not as dirty pages */
	}
	done = transfer(b, error);
	if (b->op == IO_WRITE) {
		order_end();
	}
	if (b->op == IO_READ && done > 0) {
		clear_tail(b, done);
	}
	if (b->op == IO_READ && b->named) {
		dirty_named(b);
	}
	space_unpin(s, b->frame, b->n);
	if (b->op == IO_WRITE) {
		pcache_drop(&b->inode->mapping, b->first, done, TAKE_ANY);
	}
	return done;
}

/* See direct.h. */
void batch_end(struct batch *b)
{
	if (b->memory[0]) {
		frame_put_many(b->memory, 2);
	}
}

/* The two arrays, for as many pages as are moved at once. */
static int make_arrays(struct batch *b, unsigned n)
{
	b->memory[0] = b->memory[1] = NULL;
	b->frame = b->few_frames;
	b->seg = b->few_segs;
	if (n <= FEW) {
		return 0;
	}
	if (frame_alloc_many(b->memory, 2, ALLOC_WAIT | ALLOC_KERNEL) < 2) {
		batch_end(b);
		return -ENOMEM;
	}
	b->frame = frame_data(b->memory[0]);
	b->seg = frame_data(b->memory[1]);
	return 0;
}

/* See direct.h.  Sleeps. */
int batch_begin(struct batch *b, struct inode *i, enum ioreq_op op, unsigned n)
{
	b->inode = i;
	b->op = op;
	b->end = size_pages(i->mapping.size);
	spin_init(&b->lock);
	waitq_init(&b->wake);
	return make_arrays(b, n);
}
