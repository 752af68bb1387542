/*
 * Requests for runs of cached pages: the only place where frames become segments and back.
 *
 * The requests are a fixed pool.  A transfer in flight is all that stands for its pages (the frames are
 * locked or under writeback, which keeps them where they are), so a request needs only their name:
 * mapping, first, how many.
 *
 * Floor 6.  Read next: bdev.c
 */
#include "fs/pageio.h"

#include "kernel/wait.h"
#include "mm/cache/pcache.h"

enum {
	TRANSFERS = 16,         /* enough to keep a device of depth 8 busy while others are filled in */
	MAX_SEGS  = 256,        /* half a batch of the page cache even when no two frames are neighbours */
};

struct transfer {
	struct ioreq    r;
	struct mapping *m;      /* pages [first, first + n) of m */
	pgoff_t         first;
	unsigned        n;
	struct list     link;   /* [pool_lock] */
	struct ioseg    seg[MAX_SEGS];
};

static struct transfer pool[TRANSFERS];
static struct spinlock pool_lock = SPINLOCK_INIT;
static struct list     pool_free = LIST_INIT(pool_free);       /* [pool_lock] */
static struct waitq    pool_wait = WAITQ_INIT(pool_wait);

static void submit_run(struct ioreq r, struct mapping *m, pgoff_t i, struct frame **f, unsigned n);
static unsigned fill(struct transfer *t, struct frame **f, unsigned n);
static void done(struct ioreq *r);

/*
 * Make the pool.
 *
 * Returns: 0.
 */
int pageio_init(void)
{
	for (unsigned k = 0; k < TRANSFERS; k++) {
		list_push_back(&pool_free, &pool[k].link);
	}
	return 0;
}

/*
 * Read pages [i, i + n) of @m, whose frames are locked, from @sector of @dev onward.
 *
 * Sleeps:  for a free request only.
 * Returns: at once; each page ends in pcache_read_done().
 */
void pageio_read(struct blkdev *dev, sector_t sector, struct mapping *m, pgoff_t i,
                 struct frame **f, unsigned n)
{
	submit_run((struct ioreq){ .dev = dev, .op = IO_READ, .sector = sector }, m, i, f, n);
}

/*
 * Write pages [i, i + n) of @m, whose frames are under writeback, to @sector of @dev onward.
 *
 * Sleeps:  for a free request only.
 * Returns: at once; each page ends in pcache_write_done().
 */
void pageio_write(struct blkdev *dev, sector_t sector, struct mapping *m, pgoff_t i,
                  struct frame **f, unsigned n)
{
	submit_run((struct ioreq){ .dev = dev, .op = IO_WRITE, .sector = sector }, m, i, f, n);
}

static struct transfer *get_transfer(void)
{
	struct transfer *t;

	spin_lock(&pool_lock);
	wait_until(&pool_wait, &pool_lock, !list_empty(&pool_free));
	t = list_entry(list_pop_front(&pool_free), struct transfer, link);
	spin_unlock(&pool_lock);
	return t;
}

/*
 * Get, fill, submit, one after the other: nobody holds a request that is not under way while waiting for
 * another, so waiting always ends.
 */
static void submit_run(struct ioreq r, struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	while (n > 0) {
		struct transfer *t = get_transfer();
		unsigned pages = fill(t, f, n);

		t->r.dev = r.dev;
		t->r.op = r.op;
		t->r.sector = r.sector;
		t->r.seg = t->seg;
		t->r.done = done;
		t->r.ctx = t;
		t->m = m;
		t->first = i;
		t->n = pages;
		blk_submit(&t->r);
		r.sector += pages * PAGE_SECTORS;
		i += pages;
		f += pages;
		n -= pages;
	}
}

/* How many of the @n frames, from the first on, lie side by side in memory. */
static unsigned neighbours(struct frame **f, unsigned n)
{
	unsigned run = 1;

	while (run < n && f[run] == f[0] + run) {
		run++;
	}
	return run;
}

/* Segments for as many of the @n frames as there is room for: frames side by side share one.  How many. */
static unsigned fill(struct transfer *t, struct frame **f, unsigned n)
{
	unsigned nsegs = 0, done = 0;

	while (done < n && nsegs < MAX_SEGS) {
		unsigned run = neighbours(f + done, n - done);

		t->seg[nsegs++] = (struct ioseg){ frame_paddr(f[done]), run * PAGE_SIZE };
		done += run;
	}
	t->r.nsegs = nsegs;
	return done;
}

/* Any context.  The pages first: whoever waits for them need not wait for our list. */
static void done(struct ioreq *r)
{
	struct transfer *t = r->ctx;

	if (r->op == IO_READ) {
		pcache_read_done(t->m, t->first, t->n, r->status);
	} else {
		pcache_write_done(t->m, t->first, t->n, r->status);
	}
	spin_lock(&pool_lock);
	list_push_front(&pool_free, &t->link);
	spin_unlock(&pool_lock);
	wait_wake_one(&pool_wait);
}
