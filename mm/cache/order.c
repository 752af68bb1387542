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

#include "kernel/lib/atomic.h"
#include "kernel/lib/errno.h"
#include "kernel/wait.h"
#include "mm/cache/names.h"
#include "mm/cache/writeback.h"

/* The gate: twice how many are between begin and end, and whether it is closed, in one word. */
enum { CLOSED = 1, ONE = 2 };

static struct {
	uint32_t        gate;           /* atomic; closed and opened under [lock]             */
	struct spinlock lock;
	struct waitq    changed;        /* anything of what follows                           */
	struct list     due;            /* mappings by link_due                        [lock] */
	struct mapping *working;        /* one of them, off the list for a moment      [lock] */
	bool            unsure;         /* content was written, no barrier yet [who closed]   */
} order;

/* See order.h. */
void order_init(void)
{
	spin_init(&order.lock);
	waitq_init(&order.changed);
	list_init(&order.due);
	order.working = NULL;
	order.gate = 0;
	order.unsure = false;
}

static uint32_t gate(void)
{
	return __atomic_load_n(&order.gate, __ATOMIC_ACQUIRE);
}

/* See order.h.  Sleeps. */
void order_begin(void)
{
	while (__atomic_fetch_add(&order.gate, ONE, __ATOMIC_ACQ_REL) & CLOSED) {
		order_end();                    /* we are not in */
		spin_lock(&order.lock);
		wait_until(&order.changed, &order.lock, !(gate() & CLOSED));
		spin_unlock(&order.lock);
	}
}

/* See order.h. */
void order_end(void)
{
	ASSERT(gate() >= ONE);
	if (__atomic_sub_fetch(&order.gate, ONE, __ATOMIC_ACQ_REL) == CLOSED) {
		spin_lock(&order.lock);
		wait_wake(&order.changed);
		spin_unlock(&order.lock);
	}
}

/* Locks: lock held. */
static void add(struct mapping *m, pgoff_t lo, pgoff_t hi)
{
	bool any = m->due_lo < m->due_hi;

	m->due_lo = any ? MIN(m->due_lo, lo) : lo;
	m->due_hi = any ? MAX(m->due_hi, hi) : hi;
	if (!list_linked(&m->link_due)) {
		list_push_back(&order.due, &m->link_due);
	}
}

/* See order.h. */
void order_new(struct mapping *m, pgoff_t i, unsigned n)
{
	spin_lock(&order.lock);
	ASSERT(gate() >= ONE);
	add(m, i, i + n);
	spin_unlock(&order.lock);
}

/* See order.h.  Sleeps. */
void order_detach(struct mapping *m)
{
	spin_lock(&order.lock);
	wait_until(&order.changed, &order.lock, order.working != m);
	if (list_linked(&m->link_due)) {
		list_remove(&m->link_due);
	}
	spin_unlock(&order.lock);
}

static bool close_gate(enum order_how how)
{
	bool ours;

	spin_lock(&order.lock);
	ours = how == ORDER_WAIT;
	if (ours) {
		wait_until(&order.changed, &order.lock, !(gate() & CLOSED));
		atomic_or(&order.gate, CLOSED);
		wait_until(&order.changed, &order.lock, gate() == CLOSED);
	} else {
		uint32_t nobody = 0;

		ours = __atomic_compare_exchange_n(&order.gate, &nobody, CLOSED, false, __ATOMIC_ACQ_REL,
		                                   __ATOMIC_RELAXED);
	}
	spin_unlock(&order.lock);
	return ours;
}

static void open_gate(void)
{
	spin_lock(&order.lock);
	atomic_and(&order.gate, ~(uint32_t)CLOSED);
	wait_wake(&order.changed);
	spin_unlock(&order.lock);
}

/* A mapping with pages due, its range in *lo, *hi; NULL: there is none.  To be given back by done_with(). */
static struct mapping *next_due(pgoff_t *lo, pgoff_t *hi)
{
	struct list *l;

	spin_lock(&order.lock);
	l = list_pop_front(&order.due);
	if (l) {
		order.working = list_entry(l, struct mapping, link_due);
		*lo = order.working->due_lo;
		*hi = order.working->due_hi;
		order.working->due_lo = order.working->due_hi = 0;
	}
	spin_unlock(&order.lock);
	return l ? order.working : NULL;
}

/* Finished with @m; what is left of it, [lo, hi), is still due. */
static void done_with(struct mapping *m, pgoff_t lo, pgoff_t hi)
{
	spin_lock(&order.lock);
	if (lo < hi) {
		add(m, lo, hi);
	}
	order.working = NULL;
	wait_wake(&order.changed);
	spin_unlock(&order.lock);
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

		order.unsure = true;
		done_with(m, all ? 0 : lo, all ? 0 : hi);
		if (!all) {
			return -EAGAIN;
		}
	}
	if (order.unsure) {
		error = metadata->ops->barrier(metadata);
		order.unsure = error != 0;
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
