/*
 * The block queue: feeds devices with requests and hands completions back.
 *
 *      blk_submit ──▶ waiting ──feed──▶ ops->start ──▶ the device ──▶ blk_complete ──▶ done
 *                        ▲                                                │
 *                        └───────────────── done may submit again ◀───────┘
 *
 * One context at a time feeds a device (`feeding`).  Whoever comes meanwhile, be it an interrupt or done()
 * of a request that the device completed inside start(), only queues and goes: the feeder finds the work on
 * its next turn.  So the stack is as deep for a thousand requests as for one, and requests start in the
 * order in which they were submitted.
 *
 * Floor 4.  Read next: ramdisk.c
 */
#include "drivers/block.h"

#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/trace.h"
#include "kernel/wait.h"

enum { MAX_DEVICES = 8 };

static struct blkdev  *devices[MAX_DEVICES];
static struct spinlock devices_lock = SPINLOCK_INIT;

static int  check(const struct ioreq *r);
static void feed(struct blkdev *d);
static void count(const struct ioreq *r);

/*
 * Make @d known by its name, and its queue ready.
 *
 * Owns:    @d stays the driver's and never goes away.
 * Returns: 0; -EEXIST; -ENOSPC when there are too many devices.
 */
int blk_register(struct blkdev *d)
{
	int error = -ENOSPC;

	spin_init(&d->lock);
	list_init(&d->waiting);
	d->inflight = 0;
	d->feeding = false;
	spin_lock(&devices_lock);
	for (unsigned i = 0; i < MAX_DEVICES; i++) {
		if (!devices[i]) {
			devices[i] = d;
			error = 0;
			break;
		}
		if (strcmp(devices[i]->name, d->name) == 0) {
			error = -EEXIST;
			break;
		}
	}
	spin_unlock(&devices_lock);
	return error;
}

/*
 * The device called @name, or NULL.
 */
struct blkdev *blk_find(const char *name)
{
	struct blkdev *found = NULL;

	spin_lock(&devices_lock);
	for (unsigned i = 0; i < MAX_DEVICES && devices[i]; i++) {
		if (strcmp(devices[i]->name, name) == 0) {
			found = devices[i];
		}
	}
	spin_unlock(&devices_lock);
	return found;
}

/*
 * Arm, or with 0 disarm, the fault injection of every device.
 */
void blk_fail(enum ioreq_op op, uint32_t nth)
{
	for (unsigned i = 0; i < MAX_DEVICES && devices[i]; i++) {
		if (devices[i]->ops->fail) {
			devices[i]->ops->fail(devices[i], op, nth);
		}
	}
}

/*
 * Arm, or with 0 disarm, the delay of every device.
 */
void blk_slow(uint32_t nth, uint32_t us)
{
	for (unsigned i = 0; i < MAX_DEVICES && devices[i]; i++) {
		if (devices[i]->ops->slow) {
			devices[i]->ops->slow(devices[i], nth, us);
		}
	}
}

/*
 * Put @r in the device's queue, and start what the device will take.  A request that is out of the device's
 * bounds goes through the queue too, and completes with an error: its owner sees one way of ending only.
 *
 * Locks:   called with no spinlock held: done() may run before this returns.
 * Owns:    @r is the block layer's until done().
 */
void blk_submit(struct ioreq *r)
{
	struct blkdev *d = r->dev;

	count(r);
	trace_emit(EV_BLK_SUBMIT, trace_address(r), r->op, r->sector, r->nsegs);
	spin_lock(&d->lock);
	list_push_back(&d->waiting, &r->link);
	spin_unlock(&d->lock);
	feed(d);
}

/*
 * The driver is through with @r.
 *
 * Floor-irq: yes.
 * Locks:     called with no spinlock held.
 */
void blk_complete(struct ioreq *r, int status)
{
	struct blkdev *d = r->dev;
	bool feeding;

	trace_emit(EV_BLK_DONE, trace_address(r), r->op, r->sector, (uint32_t)status);
	spin_lock(&d->lock);
	ASSERT(d->inflight > 0);
	d->inflight--;
	feeding = d->feeding;   /* then the feeder sees that there is room now */
	spin_unlock(&d->lock);
	r->status = status;
	r->done(r);             /* r may be gone, or under way again */
	if (!feeding) {
		feed(d);
	}
}

/*
 * Start requests while there are some and the device has room.  A device that is full with requests under way
 * will complete one, and then this is called again.  If it said "full" and meanwhile became empty, its
 * completion found us feeding and left the rest to us.
 */
static void feed(struct blkdev *d)
{
	spin_lock(&d->lock);
	if (d->feeding) {
		spin_unlock(&d->lock);
		return;
	}
	d->feeding = true;
	while (!list_empty(&d->waiting) && d->inflight < d->depth) {
		struct ioreq *r = list_entry(list_pop_front(&d->waiting), struct ioreq, link);
		int error = check(r);
		bool taken = true;

		d->inflight++;
		spin_unlock(&d->lock);
		if (error) {
			blk_complete(r, error);
		} else {
			taken = d->ops->start(d, r);
		}
		spin_lock(&d->lock);
		if (!taken) {
			list_push_front(&d->waiting, &r->link);
			d->inflight--;
			if (d->inflight > 0) {
				break;
			}
		}
	}
	d->feeding = false;
	spin_unlock(&d->lock);
}

/* May the device see it?  Subtractions only: nothing here can wrap. */
static int check(const struct ioreq *r)
{
	const struct blkdev *d = r->dev;
	sector_t room;

	if (r->op == IO_FLUSH) {
		return 0;
	}
	if (r->op == IO_WRITE && d->read_only) {
		return -EROFS;
	}
	if (r->sector >= d->sectors || r->nsegs == 0) {
		return -EIO;
	}
	room = d->sectors - r->sector;
	for (unsigned i = 0; i < r->nsegs; i++) {
		sector_t n = r->seg[i].len >> SECTOR_SHIFT;

		ASSERT(r->seg[i].len % SECTOR_SIZE == 0);
		if (n > room) {
			return -EIO;
		}
		room -= n;
	}
	return 0;
}

static void count(const struct ioreq *r)
{
	unsigned sectors = 0;

	if (r->op == IO_FLUSH) {
		count_add(C_BLK_FLUSHES, 1);
		return;
	}
	count_add(C_BLK_REQUESTS, 1);
	count_add(C_BLK_SEGMENTS, r->nsegs);
	for (unsigned i = 0; i < r->nsegs; i++) {
		sectors += r->seg[i].len >> SECTOR_SHIFT;
	}
	count_add(C_BLK_SECTORS, sectors);
}

/* ---- waiting for one request ---- */

struct waiter { struct spinlock lock; struct waitq wake; bool done; };

static void wake_waiter(struct ioreq *r)
{
	struct waiter *w = r->ctx;

	/* Woken under the lock: once it is released, the sleeper may return and @w is gone. */
	spin_lock(&w->lock);
	w->done = true;
	wait_wake(&w->wake);
	spin_unlock(&w->lock);
}

/*
 * Submit @r and wait until it is done.
 *
 * Sleeps.
 * Returns: 0 or -errno.
 */
int blk_sync(struct ioreq *r)
{
	struct waiter w = { .done = false };

	spin_init(&w.lock);
	waitq_init(&w.wake);
	r->done = wake_waiter;
	r->ctx = &w;
	blk_submit(r);
	spin_lock(&w.lock);
	wait_until(&w.wake, &w.lock, w.done);
	spin_unlock(&w.lock);
	return r->status;
}

/*
 * What the device has confirmed survives a power cut from now on.
 *
 * Sleeps.
 * Returns: 0 or -errno.
 */
int blk_flush(struct blkdev *d)
{
	struct ioreq r = { .dev = d, .op = IO_FLUSH };

	return blk_sync(&r);
}
