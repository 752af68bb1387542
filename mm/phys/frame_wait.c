/*
 * The frame lock, and waiting for I/O.
 *
 * A lock for each frame would cost more than the frame's whole description, so the lock is one bit, and
 * sleepers share a few benches by hash.  FR_WAITED says that somebody on the bench waits for this frame:
 *
 *      sleeper, under bench.lock                   releaser
 *      1  sit down, set WAITED                     1  clear LOCKED (or WRITEBACK)
 *      2  is the bit clear already?  go on.        2  is WAITED set?  then, under bench.lock:
 *      3  else sleep (drops bench.lock)            3  tell those on the bench who wait for it, wake
 *
 * If the sleeper's 1 comes before the releaser's 2, he is told, and not before he sleeps, because of
 * bench.lock.  If it comes later, his own 2 finds the bit clear.  Either way nobody sleeps for ever.
 *
 * A sleeper is told that the bit WAS clear, and does not look whether it still is.  So a page that is
 * written again and again holds up nobody: he waits for the write that was under way when he came.
 *
 * A frame may be freed between a releaser's 1 and 2.  Descriptors are never given back, so the worst that
 * comes of it is a look at a bench where nobody sits.
 *
 * Floor 3.  Read next: frame_init.c
 */
#include "mm/phys/frame.h"

#include "kernel/wait.h"
#include "mm/phys/pool.h"

enum { NR_BENCHES = 16 };       /* a power of two; more sleepers than that at a time are rare */

static struct bench {
	struct spinlock lock;
	struct list     sitting;        /* of struct sleeper                         [lock] */
	struct waitq    waitq;
} benches[NR_BENCHES];

struct sleeper {                        /* on his own stack */
	struct list         link;
	const struct frame *frame;
	uint32_t            bits;       /* waits until none of them is set                  */
	bool                told;       /* that was so, at some moment since he came [lock] */
};

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
		list_init(&benches[k].sitting);
		waitq_init(&benches[k].waitq);
	}
}

/* See frame.h.  Sleeps. */
void frame_wait(struct frame *f, uint32_t bits)
{
	struct bench *b = frame_bench(f);
	struct sleeper s = { .frame = f, .bits = bits };

	if (!frame_is(f, bits)) {
		return;
	}
	spin_lock(&b->lock);
	list_push_back(&b->sitting, &s.link);
	frame_set(f, FR_WAITED);
	s.told = !frame_is(f, bits);
	wait_until(&b->waitq, &b->lock, s.told);
	list_remove(&s.link);
	spin_unlock(&b->lock);
}

/* Tell those on @b who wait for @f; true if some of them have to wait on.  Locks: b->lock held. */
static bool tell(struct bench *b, const struct frame *f)
{
	bool waiting = false;

	list_for_each(l, &b->sitting) {
		struct sleeper *s = list_entry(l, struct sleeper, link);

		if (s->frame == f) {
			s->told |= !frame_is(f, s->bits);
			waiting |= !s->told;
		}
	}
	return waiting;
}

/* See frame.h.  Interrupts that end a transfer come here. */
void frame_wake(struct frame *f)
{
	struct bench *b = frame_bench(f);

	spin_lock(&b->lock);
	if (!tell(b, f)) {
		frame_clear(f, FR_WAITED);
	}
	wait_wake(&b->waitq);
	spin_unlock(&b->lock);
}
