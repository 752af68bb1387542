/*
 * Handing out frames, and taking them back.
 *
 * Owns the free frames.  A free frame has refs 0 and nothing else set: no flag, no place, no index.  It
 * is cleaned when it is freed, not when it is allocated, so a stale bit has no way into a second life.
 *
 * Not everybody may have the last frame:
 *
 *      free  |~~~~~~~~~~~~~~|  everybody
 *            |-- 2 reserve -|  ALLOC_HINT stops here: readahead gives up, it only wanted to help
 *            |--- reserve --|  ALLOC_WAIT stops here and reclaims
 *            |-- 3/4 of it -|  ALLOC_CACHE stops here and reclaims
 *            |______________|  ALLOC_ATOMIC alone: interrupts and spinlocks cannot wait
 *
 * The quarter that only pages of files can have is what programs run in when memory is used up: without it
 * an instruction and the data it wants could push each other out of the last frame for ever, and nobody
 * would ever be told that there is no memory.
 *
 * Everything works by the batch: one lock hold, one count, whatever the number of frames.
 *
 * Floor 3.  Read next: pool.h, frame_table.c, frame_wait.c, frame_init.c, frame_check.c
 */
#include "mm/phys/frame.h"

#include "kernel/counters.h"
#include "kernel/x86/mmu.h"
#include "mm/phys/pool.h"

#ifndef MAGPIE_HOST
_Static_assert(sizeof(struct frame) == 32, "the frame array must cost less than 1% of RAM");
#endif

enum {
	RECLAIM_EXTRA = 32,     /* ask for more than is missing: the next caller will come soon     */
	RECLAIM_TRIES = 64,     /* rounds in a row in which others took all that was reclaimed      */
};

struct frame *frames;
pfn_t         nframes;
struct frame *zero_frame;
struct frame_pool pool;

static unsigned (*reclaim_door)(unsigned want);

static unsigned cut_by_injection(unsigned n);
static struct frame *take_one(unsigned how);
static unsigned take_from_pool(struct frame **out, unsigned n, unsigned how);
static unsigned take_by_reclaim(struct frame **out, unsigned n, unsigned how);
static void     return_chain(struct list *first, struct list *last, unsigned n);

/* Is the caller of this kind put to sleep when there is no frame?  Then he must be where one may sleep, also today. */
static inline bool may_wait(unsigned how)
{
	bool wait = (how & (ALLOC_WAIT | ALLOC_HINT)) == ALLOC_WAIT;

	ASSERT(!wait || (this_cpu()->irq_depth == 0 && this_cpu()->spins == 0));
	return wait;
}

/* One frame as a batch of one: by reclaim if need be. */
static __attribute__((noinline)) struct frame *alloc_slowly(unsigned how)
{
	struct frame *f;

	return frame_alloc_many(&f, 1, how) == 1 ? f : NULL;
}

/*
 * One frame; see frame.h.  Nearly always there is one, and the machinery of batches is not needed.
 * Locks: any; with ALLOC_WAIT none that spins.  Sleeps: with ALLOC_WAIT.  Owns: one reference, the caller's.
 */
struct frame *frame_alloc(unsigned how)
{
	struct frame *f;

	(void)may_wait(how);
	f = pool.fail_in == 0 ? take_one(how) : NULL;
	if (!f) {
		return alloc_slowly(how);
	}
	count_add(C_FRAMES_ALLOCATED, 1);
	return f;
}

/*
 * Up to @n frames.  Short when memory is, never later than when reclaim makes no more progress: the
 * caller gets to say ENOMEM, and the machine lives on.
 *
 * Locks: any; with ALLOC_WAIT none that spins.  Sleeps: with ALLOC_WAIT.  Owns: one reference to each.
 * Returns: how many.
 */
unsigned frame_alloc_many(struct frame **out, unsigned n, unsigned how)
{
	bool wait = may_wait(how);
	unsigned got;

	n = cut_by_injection(n);
	got = take_from_pool(out, n, how);
	if (got < n && wait) {
		got += take_by_reclaim(out + got, n - got, how);
	}
	if (got > 0) {
		count_add(C_FRAMES_ALLOCATED, got);
	}
	return got;
}

/* A frame of zeros.  The rest as frame_alloc(). */
struct frame *frame_alloc_zeroed(unsigned how)
{
	struct frame *f = frame_alloc(how);

	if (f) {
		page_zero(frame_data(f));
		count_add(C_PAGES_ZEROED, 1);
	}
	return f;
}

/* See frame.h.  Locks: any. */
void frame_free(struct frame *f)
{
	pool_retire(f);
	return_chain(&f->link, &f->link, 1);
}

/*
 * Give up one reference to each frame of @f[0..n); holes are skipped.  From the last to the first, so
 * that the chain is in the order of the array and the next batch comes out as this one went in.
 * Locks: any.
 */
void frame_put_many(struct frame **f, unsigned n)
{
	struct list *first = NULL, *last = NULL;
	unsigned freed = 0;

	for (unsigned k = n; k-- > 0;) {
		struct frame *one = f[k];

		if (!one) {
			continue;
		}
		ASSERT(atomic_read(&one->refs) > 0);
		if (atomic_dec_zero(&one->refs)) {
			pool_retire(one);
			one->link.next = first;
			first = &one->link;
			last = last ? last : first;
			freed++;
		}
	}
	if (freed > 0) {
		return_chain(first, last, freed);
	}
}

/* A number to look at, old as soon as it is returned. */
pfn_t frame_count_free(void)
{
	return pool.free;
}

/* The unit in which "nearly full" is said. */
pfn_t frame_count_reserve(void)
{
	return pool.reserve;
}

/* Open the door; once, at boot. */
void frame_set_reclaim(unsigned (*reclaim)(unsigned want))
{
	reclaim_door = reclaim;
}

/* For tests of error paths: see cut_by_injection(). */
void frame_fail_nth(unsigned nth)
{
	spin_lock(&pool.lock);
	pool.fail_in = nth;
	spin_unlock(&pool.lock);
}

/* Frames are counted, not calls, so a batch may come out short in the middle. */
static unsigned cut_by_injection(unsigned n)
{
	if (pool.fail_in == 0) {
		return n;
	}
	spin_lock(&pool.lock);
	if (pool.fail_in > n) {
		pool.fail_in -= n;
	} else if (pool.fail_in > 0) {
		n = pool.fail_in - 1;
		pool.fail_in = 0;
		count_add(C_INJECTED, 1);
	}
	spin_unlock(&pool.lock);
	return n;
}

static struct frame *take_one(unsigned how)
{
	struct frame *f = NULL;

	spin_lock(&pool.lock);
	if (pool.top && pool.free > pool_reserve(how)) {
		f = pool_pop(&pool.top, how);
		pool.free--;
	}
	spin_unlock(&pool.lock);
	return f;
}

static unsigned take_from_pool(struct frame **out, unsigned n, unsigned how)
{
	pfn_t leave = pool_reserve(how);
	struct list *top;

	spin_lock(&pool.lock);
	n = pool.free > leave ? MIN(n, pool.free - leave) : 0;
	if (n > pool.free - pool.zeroed) {
		pool_spend_zeros();
	}
	top = pool.top;
	for (unsigned k = 0; k < n; k++) {
		out[k] = pool_pop(&top, how);
	}
	pool.top = top;
	pool.free -= n;
	spin_unlock(&pool.lock);
	return n;
}

/*
 * Reclaim and try again.  While reclaim sleeps others may take what it frees, so one round without a
 * frame for us is not the end; a round in which nothing was freed is.
 */
static unsigned take_by_reclaim(struct frame **out, unsigned n, unsigned how)
{
	unsigned got = 0, in_vain = 0;

	while (got < n && in_vain < RECLAIM_TRIES) {
		pfn_t there = pool.free;
		pfn_t below = there < pool.reserve ? pool.reserve - there : 0;
		unsigned want = n - got + below + RECLAIM_EXTRA;
		unsigned freed = reclaim_door ? reclaim_door(want) : 0;
		unsigned more = take_from_pool(out + got, n - got, how);

		if (freed == 0 && more == 0) {
			break;
		}
		in_vain = more > 0 ? 0 : in_vain + 1;
		got += more;
	}
	return got;
}

static void return_chain(struct list *first, struct list *last, unsigned n)
{
	spin_lock(&pool.lock);
	last->next = pool.top;
	pool.top = first;
	pool.free += n;
	spin_unlock(&pool.lock);
	count_add(C_FRAMES_FREED, n);
}
