/*
 * Who has dirty pages, how many are too many, and the background task that writes them.
 *
 *      0 ........ background ........ limit ........
 *                 flusher works       writers wait
 *
 * A mapping is on the list while it has dirty pages (or had some a moment ago).  The flusher marks the
 * mapping it works on, so that its owner can wait for it to be gone (wb_detach) and no reference to
 * the owner is needed: the flusher can never be the one who drops the last.
 *
 * Floor 4.  Read next: reclaim.c
 */
#include "kernel/clock.h"
#include "kernel/task.h"
#include "kernel/wait.h"
#include "mm/cache/names.h"
#include "mm/cache/order.h"
#include "mm/cache/writeback.h"

/* Dirty pages older than that are written even when they are few. */
#define FLUSH_INTERVAL_US (30u * 1000u * 1000u)

enum { SOME_WRITES = 8 };               /* as many as a device has under way at once */

static struct {
	struct mutex    round;          /* one round at a time: its list is nobody else's to see */
	struct spinlock lock;
	struct list     mappings;       /* by link_dirty                       [lock] */
	bool            wanted;         /* the flusher has work                [lock] */
	struct waitq    work;           /* the flusher sleeps here                    */
	struct waitq    gone;           /* wb_detach() sleeps here                    */
	struct waitq    progress;       /* writers over the limit, and reclaim        */
	uint32_t        background;     /* pages; fixed by wb_init()                  */
	uint32_t        limit;
	struct timeout  interval;
} wb;

static void interval_over(struct timeout *t)
{
	wb_wake();
	timeout_add(t, FLUSH_INTERVAL_US);
}

/* See writeback.h. */
void wb_init(void)
{
	pfn_t memory = frame_count_free();

	order_init();
	mutex_init(&wb.round);
	spin_init(&wb.lock);
	list_init(&wb.mappings);
	waitq_init(&wb.work);
	waitq_init(&wb.gone);
	waitq_init(&wb.progress);
	wb.background = memory / 8;
	wb.limit = memory / 4;
	wb.interval.fn = interval_over;
}

/* See writeback.h.  Locks: m->lock held; takes wb.lock, a leaf. */
void wb_mapping_dirtied(struct mapping *m)
{
	spin_lock(&wb.lock);
	if (!list_linked(&m->link_dirty)) {
		list_push_back(&wb.mappings, &m->link_dirty);
	}
	spin_unlock(&wb.lock);
}

/* See writeback.h. */
void wb_wake(void)
{
	spin_lock(&wb.lock);
	wb.wanted = true;
	wait_wake(&wb.work);
	spin_unlock(&wb.lock);
}

/* See writeback.h. */
void wb_progress(void)
{
	spin_lock(&wb.lock);
	wait_wake(&wb.progress);
	spin_unlock(&wb.lock);
}

static uint32_t in_flight(void)
{
	return (uint32_t)atomic_read(&cache_sums.writeback);
}

/* See writeback.h. */
uint32_t wb_unwritten(void)
{
	return (uint32_t)atomic_read(&cache_sums.dirty) + in_flight();
}

/* See writeback.h. */
uint32_t wb_limit(void)
{
	return wb.limit;
}

/* See writeback.h.  Sleeps. */
bool wb_wait_progress(void)
{
	bool waited = false;

	spin_lock(&wb.lock);
	if (in_flight() > 0) {
		wait_sleep(&wb.progress, &wb.lock);
		waited = true;
	}
	spin_unlock(&wb.lock);
	return waited;
}

/* See writeback.h.  Sleeps. */
bool wb_wait_clean(void)
{
	unsigned ended = 0;

	wb_wake();
	sched_yield();                  /* it is the flusher's turn */
	while (ended < SOME_WRITES && wb_wait_progress()) {
		ended++;
	}
	return ended > 0;
}

/* Somebody else's dirty pages keep us above the limit: wait while writes are under way. */
static void wait_below_limit(void)
{
	while (wb_unwritten() > wb.limit && wb_wait_progress()) {
		wb_wake();
	}
}

/*
 * See writeback.h.  Above the limit a writer writes: its own file first.  Every page it waits for is in flight, so
 * this ends; pages that cannot be written do not count.
 * Locks: at most inode.lock.  Sleeps.
 */
void wb_balance(struct mapping *m)
{
	if (wb_unwritten() <= wb.background) {
		return;
	}
	wb_wake();
	if (wb_unwritten() > wb.limit) {
		wb_start(m, 0, ~0u);
		wait_below_limit();
	}
}

/* See writeback.h.  Sleeps. */
void wb_throttle(void)
{
	if (wb_unwritten() > wb.background) {
		wb_wake();
	}
	if (wb_unwritten() > wb.limit) {
		sched_yield();          /* it is the flusher's turn */
		wait_below_limit();
	}
}

/* The next mapping to work on, marked; NULL when the round is over.  Those done go to @done. */
static struct mapping *next_mapping(struct list *done)
{
	struct mapping *m = NULL;
	struct list *l;

	spin_lock(&wb.lock);
	l = list_pop_front(&wb.mappings);
	if (l) {
		m = list_entry(l, struct mapping, link_dirty);
		m->flushing = true;
		list_push_back(done, l);
	}
	spin_unlock(&wb.lock);
	return m;
}

/* Finished with @m for this round: off the list if it is clean now. */
static void mapping_done(struct mapping *m)
{
	spin_lock(&m->lock);
	spin_lock(&wb.lock);
	if (m->ndirty == 0) {
		list_remove(&m->link_dirty);
	}
	m->flushing = false;
	wait_wake(&wb.gone);
	spin_unlock(&wb.lock);
	spin_unlock(&m->lock);
}

/* Metadata that the flusher cannot write now stays for another round. */
static void start(struct mapping *m, enum order_how how)
{
	if (m->ops->barrier) {
		(void)!order_write(m, how);
	} else if (how == ORDER_WAIT) {
		wb_start(m, 0, PGOFF_LAST);
	} else {
		wb_start_background(m);
	}
}

/* Start writing everything dirty, one mapping after the other. */
static void flush_round(enum order_how how)
{
	struct list done;
	struct mapping *m;

	list_init(&done);
	mutex_lock(&wb.round);
	while ((m = next_mapping(&done)) != NULL) {
		start(m, how);
		mapping_done(m);
	}
	spin_lock(&wb.lock);
	list_splice(&wb.mappings, &done);
	spin_unlock(&wb.lock);
	mutex_unlock(&wb.round);
}

/* See writeback.h.  Locks: none but inode.lock.  Sleeps. */
void wb_detach(struct mapping *m)
{
	order_detach(m);
	spin_lock(&wb.lock);
	wait_until(&wb.gone, &wb.lock, !m->flushing);
	if (list_linked(&m->link_dirty)) {
		list_remove(&m->link_dirty);
	}
	spin_unlock(&wb.lock);
}

/* See writeback.h.  Waits for frames, so it must not be the flusher who calls it.  Sleeps. */
void wb_sync_all(void)
{
	flush_round(ORDER_WAIT);
	while (in_flight() > 0) {
		wb_wait_progress();
	}
}

/* See writeback.h. */
void wb_flusher(void *unused)
{
	(void)unused;
	timeout_add(&wb.interval, FLUSH_INTERVAL_US);
	for (;;) {
		spin_lock(&wb.lock);
		wait_until(&wb.work, &wb.lock, wb.wanted);
		wb.wanted = false;
		spin_unlock(&wb.lock);
		flush_round(ORDER_TRY);
	}
}
