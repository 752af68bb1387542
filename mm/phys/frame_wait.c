/*
 * The frame lock, and waiting for I/O.
 *
 * A lock for each frame would cost more than the frame's whole description, so the lock is one bit, and
 * sleepers share a few benches by hash.  FR_WAITED says that a bench is worth a look:
 *
 *      sleeper, under bench.lock                   releaser
 *      1  set WAITED                               1  clear LOCKED
 *      2  is LOCKED clear?  mine.                  2  is WAITED set?  then, under bench.lock:
 *      3  else sleep (drops bench.lock)            3  clear WAITED, wake the bench
 *
 * If the sleeper's 1 comes before the releaser's 2, it is woken, and not before it sleeps, because of
 * bench.lock.  If it comes later, the sleeper's 2 finds the bit clear.  Either way nobody sleeps forever;
 * at worst somebody is woken for nothing and looks again.
 *
 * A frame may be freed between a releaser's 1 and 2.  Descriptors are never given back, so that too costs
 * one wake-up for nothing.
 *
 * Floor 3.  Read next: frame_init.c
 */
#include "mm/phys/frame.h"

#include "kernel/wait.h"
#include "mm/phys/pool.h"

enum { NR_BENCHES = 16 };       /* a power of two; more sleepers than that at a time are rare */

static struct bench {
	struct spinlock lock;
	struct waitq    sleepers;
} benches[NR_BENCHES];

/* Neighbours are read by one request and waited for in turn: they share a bench only every 16th. */
static struct bench *frame_bench(const struct frame *f)
{
	return &benches[frame_pfn(f) % NR_BENCHES];
}

/* Once, at boot. */
void frame_wait_init(void)
{
	for (unsigned k = 0; k < NR_BENCHES; k++) {
		spin_init(&benches[k].lock);
		waitq_init(&benches[k].sleepers);
	}
}

/* Announce a sleeper first, look second: see above. */
static bool settled(struct frame *f, uint32_t bits)
{
	frame_set(f, FR_WAITED);
	return !frame_is(f, bits);
}

static bool locked_by_us(struct frame *f)
{
	frame_set(f, FR_WAITED);
	return frame_trylock(f);
}

/* See frame.h.  Sleeps. */
void frame_lock(struct frame *f)
{
	struct bench *b = frame_bench(f);

	if (frame_trylock(f)) {
		return;
	}
	spin_lock(&b->lock);
	wait_until(&b->sleepers, &b->lock, locked_by_us(f));
	spin_unlock(&b->lock);
}

/* Locks: the frame lock is the caller's, and gone afterwards.  Any context. */
void frame_unlock(struct frame *f)
{
	ASSERT(frame_is(f, FR_LOCKED));
	frame_release(f, FR_LOCKED);
}

/* See frame.h.  Interrupts that end a transfer come here. */
void frame_release(struct frame *f, uint32_t bits)
{
	struct bench *b = frame_bench(f);

	frame_clear(f, bits);
	if (!frame_is(f, FR_WAITED)) {
		return;
	}
	spin_lock(&b->lock);
	frame_clear(f, FR_WAITED);
	wait_wake(&b->sleepers);
	spin_unlock(&b->lock);
}

/* See frame.h.  Sleeps. */
void frame_wait(struct frame *f, uint32_t bits)
{
	struct bench *b = frame_bench(f);

	if (!frame_is(f, bits)) {
		return;
	}
	spin_lock(&b->lock);
	wait_until(&b->sleepers, &b->lock, settled(f, bits));
	spin_unlock(&b->lock);
}
