/*
 * The gate between those who link new blocks and those who write metadata, and the list of what must be written first.
 *
 * Invariants:
 *   - While the gate is closed no metadata in memory gets a block number that it did not have.
 *   - A page that has a block, and whose content is not on the disk, is in the due range of its mapping, and dirty or
 *     being written, whenever the gate is closed.
 *
 * Only one at a time closes the gate, so only one mapping at a time is being worked on.
 *
 * Floor 4.  Read next: flusher.c
 */
#include "mm/cache/order.h"

#include "kernel/lib/errno.h"
#include "kernel/wait.h"
#include "mm/cache/names.h"
#include "mm/cache/writeback.h"

static struct spinlock lock    = SPINLOCK_INIT;
static struct waitq    changed = WAITQ_INIT(changed);
static struct list     due     = LIST_INIT(due);        /* mappings by link_due          [lock] */
static struct mapping *working;                         /* off the list for a moment     [lock] */
static unsigned        linking;                         /* between begin and end         [lock] */
static bool            closed;                          /* metadata is being written     [lock] */
static bool            unsure;                          /* written, but before the barrier: whoever closed the gate */

/* See order.h.  Sleeps. */
void order_begin(void)
{
	spin_lock(&lock);
	wait_until(&changed, &lock, !closed);
	linking++;
	spin_unlock(&lock);
}

/* See order.h. */
void order_end(void)
{
	spin_lock(&lock);
	ASSERT(linking > 0);
	if (--linking == 0 && closed) {
		wait_wake(&changed);
	}
	spin_unlock(&lock);
}

/* Locks: lock held. */
static void add(struct mapping *m, pgoff_t lo, pgoff_t hi)
{
	bool any = m->due_lo < m->due_hi;

	m->due_lo = any ? MIN(m->due_lo, lo) : lo;
	m->due_hi = any ? MAX(m->due_hi, hi) : hi;
	if (!list_linked(&m->link_due)) {
		list_push_back(&due, &m->link_due);
	}
}

/* See order.h. */
void order_new(struct mapping *m, pgoff_t i, unsigned n)
{
	spin_lock(&lock);
	ASSERT(linking > 0);
	add(m, i, i + n);
	spin_unlock(&lock);
}

/* See order.h.  Sleeps. */
void order_detach(struct mapping *m)
{
	spin_lock(&lock);
	wait_until(&changed, &lock, working != m);
	if (list_linked(&m->link_due)) {
		list_remove(&m->link_due);
	}
	spin_unlock(&lock);
}

static bool close_gate(enum order_how how)
{
	bool ours;

	spin_lock(&lock);
	ours = how == ORDER_WAIT || (!closed && linking == 0);
	if (ours) {
		wait_until(&changed, &lock, !closed);
		closed = true;
		wait_until(&changed, &lock, linking == 0);
	}
	spin_unlock(&lock);
	return ours;
}

static void open_gate(void)
{
	spin_lock(&lock);
	closed = false;
	wait_wake(&changed);
	spin_unlock(&lock);
}

/* A mapping with pages due, its range in *lo, *hi; NULL: there is none.  To be given back by done_with(). */
static struct mapping *next_due(pgoff_t *lo, pgoff_t *hi)
{
	struct list *l;

	spin_lock(&lock);
	l = list_pop_front(&due);
	if (l) {
		working = list_entry(l, struct mapping, link_due);
		*lo = working->due_lo;
		*hi = working->due_hi;
		working->due_lo = working->due_hi = 0;
	}
	spin_unlock(&lock);
	return l ? working : NULL;
}

/* Finished with @m; what is left of it, [lo, hi), is still due. */
static void done_with(struct mapping *m, pgoff_t lo, pgoff_t hi)
{
	spin_lock(&lock);
	if (lo < hi) {
		add(m, lo, hi);
	}
	working = NULL;
	wait_wake(&changed);
	spin_unlock(&lock);
}

/* Is a page of [at, hi) dirty that could have been written?  Those that failed are reported, and not waited for. */
static bool any_left(struct mapping *m, pgoff_t at, pgoff_t hi)
{
	struct radix_node *leaf;
	bool left = false;

	spin_lock(&m->lock);
	while (!left && (leaf = radix_next_tagged(&m->frames, at, RADIX_DIRTY)) != NULL && leaf->first < hi) {
		for (uint64_t dirty = radix_tagged(leaf, RADIX_DIRTY); dirty; dirty &= dirty - 1) {
			const struct frame *f = leaf->slot[radix_first(dirty)];

			left |= f->index >= at && f->index < hi && !frame_is(f, FR_ERROR);
		}
		if (hi - leaf->first <= RADIX_SIZE) {
			break;
		}
		at = leaf->first + RADIX_SIZE;
	}
	spin_unlock(&m->lock);
	return left;
}

/* Step 1 for one mapping.  False: some of it is still to be written. */
static bool write_new(struct mapping *m, pgoff_t lo, pgoff_t hi, enum order_how how)
{
	if (how == ORDER_WAIT) {
		wb_start(m, lo, hi - 1);
	} else {
		wb_start_background(m);
	}
	wb_wait(m, lo, hi - 1);
	return how == ORDER_WAIT || !any_left(m, lo, hi);
}

/* Steps 1 and 2.  @m's device is where all of it lies. */
static int write_content(struct mapping *metadata, enum order_how how)
{
	struct mapping *m;
	pgoff_t lo, hi;
	int error = 0;

	while ((m = next_due(&lo, &hi)) != NULL) {
		bool all = write_new(m, lo, hi, how);

		unsure = true;
		done_with(m, all ? 0 : lo, all ? 0 : hi);
		if (!all) {
			return -EAGAIN;
		}
	}
	if (unsure) {
		error = metadata->ops->barrier(metadata);
		unsure = error != 0;
	}
	return error;
}

/* See order.h.  Sleeps. */
int order_write(struct mapping *m, enum order_how how)
{
	int error;

	if (!close_gate(how)) {
		return -EAGAIN;
	}
	error = write_content(m, how);
	if (!error) {
		if (how == ORDER_WAIT) {
			wb_start(m, 0, PGOFF_LAST);
		} else {
			wb_start_background(m);
		}
		wb_wait(m, 0, PGOFF_LAST);
	}
	open_gate();
	return error;
}
