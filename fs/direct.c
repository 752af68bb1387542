/*
 * O_DIRECT: read(2) and write(2) between the user's pages and the disk, past the cache.
 *
 *      user pages      pinned, by the batch: mm/space/pin.c
 *         |  ^
 *         v  |         a request for each run on the disk, all at once, then one wait
 *      device
 *
 * Position, length and address are multiples of the file system's block, a page, as they were for Linux 2.4
 * [Linux open(2)]; else -EINVAL.  So a page of the file is a page of memory, and no byte is copied.
 *
 * The cache stays the truth.  Before a transfer its dirty pages of the range are written and waited for; a write also
 * drops the range's pages, before and after: after, because a reader may have brought some back.  A page is looked up
 * on the disk first and in the cache second: one that had its place by then was locked in the cache or dirty, and one
 * that gets it later was a hole when we looked.
 *
 * What a write places has somebody's old bytes until the transfer ends, so only pages past the end of the file, where
 * nobody can look, are placed; the size follows when they are written.  A hole inside the file is filled through the
 * cache and written out at once, which is what Linux does for ext2.
 *
 * Stores through a shared mapping while a write to the same page is under way may be lost, or cost that write, as on
 * Linux: who mixes the two at the same time has no order to rely on.
 *
 * Locks: inode.lock from beginning to end (no block of ours is freed, no other writer), in it space.lock by the batch.
 *
 * Floor 6.  Read next: user/lib/direct.c, the same by the four calls
 */
#include "fs/file.h"

#include "drivers/block.h"
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/task.h"
#include "kernel/wait.h"
#include "kernel/x86/mmu.h"
#include "mm/cache/pcache.h"
#include "mm/cache/writeback.h"
#include "mm/space/space.h"

enum {
	BATCH    = PAGE_SIZE / sizeof(struct ioseg),    /* pages: 2 MiB, and their segments fill a frame */
	REQUESTS = 8,                                   /* of a batch: as many as a device takes at once */
};

_Static_assert(BATCH * sizeof(struct frame *) <= PAGE_SIZE, "the pages of a batch fit a frame");

struct batch;

/* Pages [at, at + n) of the batch, under way. */
struct request { struct ioreq r; struct batch *batch; unsigned at; };

struct batch {
	struct inode   *inode;
	enum ioreq_op   op;
	struct frame   *memory[2];      /* hold the two arrays: too much for a stack                  */
	struct frame  **frame;          /* the user's pages, pinned                                   */
	struct ioseg   *seg;            /* the segment or segments of frame[k] are from seg[k] on     */
	pgoff_t         first;          /* frame[0] is page first of the file                         */
	pgoff_t         end;            /* pages that the file has                                    */
	unsigned        n;              /* pages pinned                                               */
	bool            named;          /* some are a file's themselves                               */
	unsigned        nrequests;
	struct request  request[REQUESTS];
	struct spinlock lock;
	struct waitq    wake;
	unsigned        flying;         /* requests not done                                  [lock]  */
};

/* ---- requests ---- */

/* Any context.  Woken under the lock: once it is released the sleeper may return, and the batch is gone. */
static void request_done(struct ioreq *r)
{
	struct batch *b = r->ctx;

	spin_lock(&b->lock);
	if (--b->flying == 0) {
		wait_wake(&b->wake);
	}
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
	spin_lock(&b->lock);
	b->flying++;
	spin_unlock(&b->lock);
	blk_submit(&q->r);
}

/* Wait for all.  Of the @done pages that were started, how many from the front went well; else *error. */
static unsigned finish(struct batch *b, unsigned done, int *error)
{
	spin_lock(&b->lock);
	wait_until(&b->wake, &b->lock, b->flying == 0);
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

/* No page of [i, i + n) is newer in the cache than on the disk.  0, or the error of a page that cannot be written. */
static int write_cached(struct mapping *m, pgoff_t i, unsigned n)
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

	b->nrequests = 0;
	b->named = false;
	while (done < b->n && b->nrequests < REQUESTS) {
		struct extent e;

		*error = next_run(b, b->first + done, b->n - done, &e);
		if (!*error) {
			*error = write_cached(m, b->first + done, e.n);
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
	loff_t size = mapping_size(&b->inode->mapping);
	uint32_t used = (uint32_t)size & PAGE_MASK;

	if (used && b->first + done == b->end) {
		memset((char *)frame_data(b->frame[done - 1]) + used, 0, PAGE_SIZE - used);
	}
}

/* Pages of the file from b->first on, @n at most, from or to @buf.  Returns how many; fewer with *error. */
static unsigned move_batch(struct batch *b, uva_t buf, unsigned n, int *error)
{
	struct space *s = task_current()->space;
	int pinned = space_pin(s, buf, MIN(n, (unsigned)BATCH), b->op == IO_READ, b->frame);
	unsigned done;

	if (pinned < 0) {
		*error = pinned;
		return 0;
	}
	b->n = (unsigned)pinned;
	done = transfer(b, error);
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

static void batch_end(struct batch *b)
{
	frame_put_many(b->memory, 2);
}

static int batch_begin(struct batch *b, struct inode *i, enum ioreq_op op)
{
	b->memory[0] = b->memory[1] = NULL;
	if (frame_alloc_many(b->memory, 2, ALLOC_WAIT | ALLOC_KERNEL) < 2) {
		batch_end(b);
		return -ENOMEM;
	}
	b->inode = i;
	b->op = op;
	b->frame = frame_data(b->memory[0]);
	b->seg = frame_data(b->memory[1]);
	b->end = size_pages(mapping_size(&i->mapping));
	b->flying = 0;
	spin_init(&b->lock);
	waitq_init(&b->wake);
	return 0;
}

/* ---- the two calls ---- */

/* Has this file a disk that can be read and written past the cache? */
bool direct_possible(const struct inode *i)
{
	return inode_is(i, S_IFREG) && i->ops->extent;
}

static bool aligned(uva_t buf, uint32_t n, loff_t pos)
{
	return ((buf | n | (uint32_t)pos) & PAGE_MASK) == 0;
}

/* Read @n pages from page @first on.  Locks: inode.lock held.  Returns: pages, or -errno if none. */
static int read_pages(struct inode *i, uva_t buf, unsigned n, pgoff_t first)
{
	struct batch b;
	unsigned done = 0;
	int error = batch_begin(&b, i, IO_READ);

	if (error) {
		return error;
	}
	while (done < n && !error) {
		b.first = first + done;
		done += move_batch(&b, buf + done * PAGE_SIZE, n - done, &error);
	}
	batch_end(&b);
	return done ? (int)done : error;
}

/*
 * read(2) of a file that was opened with O_DIRECT.  See file.h.
 * Locks:   takes inode.lock.  Sleeps.
 * Returns: bytes, 0 at the end; -EINVAL -EFAULT -EIO -ENOMEM if not even one.
 */
int direct_read(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	struct inode *i = f->inode;
	loff_t left;
	int r = 0;

	mutex_lock(&i->lock);
	left = mapping_size(&i->mapping) - pos;
	if (left <= 0 || n == 0) {
		r = 0;                  /* aligned or not, or who has read a file of odd length could not see its end */
	} else if (!aligned(buf, n, pos)) {
		r = -EINVAL;
	} else {
		n = (uint32_t)MIN((loff_t)n, left);
		r = read_pages(i, buf, size_pages(n), (pgoff_t)(pos >> PAGE_SHIFT));
	}
	mutex_unlock(&i->lock);
	return r > 0 ? (int)MIN((uint32_t)r << PAGE_SHIFT, n) : r;
}

/* The hole at page @at of the file, or what of it @n pages cover.  Locks: inode.lock held.  Returns: pages; -errno. */
static int fill_hole(struct inode *i, loff_t limit, uva_t buf, unsigned n, pgoff_t at)
{
	struct mapping *m = &i->mapping;
	struct extent e;
	int r = i->ops->extent(i, at, n, EXTENT_FIND, &e);

	if (r < 0) {
		return r;
	}
	n = MIN(e.n, size_pages(mapping_size(m)) - at);
	r = rw_write_pages(m, limit, buf, n << PAGE_SHIFT, (loff_t)at << PAGE_SHIFT);
	if (r > 0) {
		int error = write_cached(m, at, (unsigned)r >> PAGE_SHIFT);

		pcache_drop(m, at, (unsigned)r >> PAGE_SHIFT, TAKE_CLEAN);
		r = error ? error : r >> PAGE_SHIFT;
	}
	return r;
}

/* Write @n pages from page @first on.  Locks: inode.lock held.  Returns: pages, or -errno if none. */
static int write_pages(struct inode *i, loff_t limit, uva_t buf, unsigned n, pgoff_t first)
{
	struct batch b;
	unsigned done = 0;
	int error = batch_begin(&b, i, IO_WRITE);

	if (error) {
		return error;
	}
	while (done < n && !error) {
		int got;

		b.first = first + done;
		got = (int)move_batch(&b, buf + done * PAGE_SIZE, n - done, &error);
		if (got == 0 && !error) {
			got = fill_hole(i, limit, buf + done * PAGE_SIZE, n - done, b.first);
			error = MIN(got, 0);
		}
		if (got > 0) {
			int grown;

			done += (unsigned)got;
			grown = pcache_extend(&i->mapping, (loff_t)(first + done) << PAGE_SHIFT);
			error = error ? error : grown;
		}
	}
	if (error) {
		i->ops->trim(i);
	}
	batch_end(&b);
	return done ? (int)done : error;
}

/*
 * The body of rw_write() with O_DIRECT.  See file.h.
 * Locks:   inode.lock held.  Sleeps.
 * Returns: bytes; -EINVAL -EFBIG -EFAULT -EIO -ENOMEM -ENOSPC if not even one page.
 */
int direct_write(struct file *f, loff_t limit, uva_t buf, uint32_t n, loff_t pos)
{
	int r;

	if (!aligned(buf, n, pos)) {
		return -EINVAL;
	}
	if (pos >= limit) {
		return -EFBIG;
	}
	n = (uint32_t)MIN((loff_t)n, limit - pos);
	r = write_pages(f->inode, limit, buf, n >> PAGE_SHIFT, (pgoff_t)(pos >> PAGE_SHIFT));
	return r > 0 ? r << PAGE_SHIFT : r;
}
