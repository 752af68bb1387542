/*
 * Block devices: requests with segment lists in, completions out.
 *
 *    blk_submit(r)            never sleeps; the device has it, or it waits in the device's queue
 *      driver: start(dev, r)  true = the device took it; false = full, ask again after a completion
 *    blk_complete(r, status)  from the driver, any context; calls r->done(r) with no lock held, then
 *                             feeds the device from the queue
 *
 * The ramdisk without latency completes inside start(): the same contract with no time in between, so
 * every asynchronous bug has a deterministic twin.  Completions drain in a loop, never by recursion.
 * Requests are embedded in their owner or come from the owner's pool; this layer allocates nothing.
 *
 * Floor 4.
 */
#ifndef DRIVERS_BLOCK_H
#define DRIVERS_BLOCK_H

#include "kernel/lock.h"
#include "kernel/lib/check.h"
#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

enum ioreq_op { IO_READ, IO_WRITE, IO_FLUSH };

struct ioseg { paddr_t addr; uint32_t len; };   /* len: a multiple of SECTOR_SIZE */

struct blkdev;

struct ioreq {
	struct blkdev *dev;
	enum ioreq_op  op;
	sector_t       sector;                  /* first sector; sum of segment lengths follows      */
	unsigned       nsegs;                   /* 0 for IO_FLUSH                                    */
	struct ioseg  *seg;                     /* the owner's array, untouched until done()         */
	int            status;                  /* 0 or -errno, valid in done()                      */
	void         (*done)(struct ioreq *);   /* any context: no sleeping; the request is the owner's again */
	void          *ctx;                     /* the owner's                                       */
	struct list    link;                    /* [dev->lock] queue, then the driver's              */
};

struct blkdev_ops {
	bool (*start)(struct blkdev *dev, struct ioreq *r);     /* called without dev->lock */
	/* For tests: the @nth request of that kind from now fails with -EIO and moves nothing; 0 = none.  NULL: cannot. */
	void (*fail)(struct blkdev *dev, enum ioreq_op op, uint32_t nth);
	/* For tests: the @nth read or write from now takes @us microseconds; 0 = none.  NULL: cannot. */
	void (*slow)(struct blkdev *dev, uint32_t nth, uint32_t us);
};

struct blkdev {
	const char              *name;
	sector_t                 sectors;
	bool                     read_only;
	const struct blkdev_ops *ops;
	void                    *driver;
	struct spinlock          lock;
	struct list              waiting;       /* [lock] not yet taken by the device  */
	unsigned                 inflight;      /* [lock] taken and not completed      */
	unsigned                 depth;         /* the device takes that many at once  */
	bool                     feeding;       /* [lock] somebody runs the feed loop  */
};

/* Make @d known by its name.  0, or -EEXIST, -ENOSPC. */
must_check int blk_register(struct blkdev *d);
struct blkdev *blk_find(const char *name);
/* Every device that can: fail the @nth request of that kind from now.  See blkdev_ops.fail. */
void blk_fail(enum ioreq_op op, uint32_t nth);
/* Every device that can: the @nth request from now takes @us microseconds.  See blkdev_ops.slow. */
void blk_slow(uint32_t nth, uint32_t us);

/* Never sleeps; called with no spinlock held.  A request outside the device, or a write to a read-only one, completes
 * with -EIO / -EROFS.  Counts C_BLK_*. */
void blk_submit(struct ioreq *r);
void blk_complete(struct ioreq *r, int status);

/* Submit and wait; done and ctx are overwritten.  Returns r->status. */
must_check int blk_sync(struct ioreq *r);
/* Flush the device's write cache and wait. */
must_check int blk_flush(struct blkdev *d);

#endif
