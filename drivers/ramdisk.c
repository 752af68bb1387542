/*
 * A disk in memory, the shortest driver: copies words between the image and the request's segments.
 *
 * Without latency a request is complete before start() returns.  With latency a request sits in a slot and
 * its transfer happens when the slot's timeout comes, so until then the memory still has its old content,
 * as with a real device.  With a seed, a timeout completes not its own slot's request but one drawn from
 * all that are under way: the two change places.
 *
 * Floor 4.  Read next: fs/pageio.c
 */
#include "drivers/ramdisk.h"

#include "kernel/clock.h"
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"
#include "kernel/x86/mmu.h"
#include "mm/phys/frame.h"

enum { SLOTS = 8 };             /* requests under way at once, as a small real device */

/* r NULL = free.  slow: waits for its own timer whatever the seed says. */
struct slot { struct ioreq *r; struct timeout timer; bool slow; };

struct ramdisk {
	struct blkdev          dev;
	paddr_t                start;
	struct ramdisk_options options;
	struct spinlock        lock;
	struct slot            slot[SLOTS];     /* [lock] */
	uint32_t               random;          /* [lock] never 0 when in use */
	uint32_t               slow_nth;        /* [lock] counts down; 0 = no request is to take ... */
	uint32_t               slow_us;         /* [lock] ... so long */
};

static struct ramdisk disk;

static bool start(struct blkdev *d, struct ioreq *r);
static void due(struct timeout *t);
static int  transfer(struct ramdisk *rd, const struct ioreq *r);
static bool fails(struct ramdisk *rd, enum ioreq_op op);
static void fail(struct blkdev *d, enum ioreq_op op, uint32_t nth);
static void slow(struct blkdev *d, uint32_t nth, uint32_t us);

static const struct blkdev_ops ramdisk_ops = { .start = start, .fail = fail, .slow = slow };

/*
 * Register [start, start + size) of physical memory as block device "ram0".  A last part that is no whole
 * sector is left out.
 *
 * Owns:    the memory is the disk from now on; the caller has reserved it.
 * Returns: 0; -EINVAL when it is not aligned to words or outside the direct map; -EEXIST.
 */
int ramdisk_init(paddr_t at, uint32_t size, const struct ramdisk_options *options)
{
	if (at % sizeof(uint32_t) || at > DIRECT_MAX || size > DIRECT_MAX - at) {
		return -EINVAL;
	}
	disk.start = at;
	disk.options = *options;
	disk.random = options->seed;
	spin_init(&disk.lock);
	for (unsigned i = 0; i < SLOTS; i++) {
		disk.slot[i].timer.fn = due;
		disk.slot[i].timer.ctx = &disk.slot[i];
	}
	disk.dev.name = "ram0";
	disk.dev.sectors = size >> SECTOR_SHIFT;
	disk.dev.ops = &ramdisk_ops;
	disk.dev.driver = &disk;
	disk.dev.depth = SLOTS;
	printk("ramdisk: phys 0x%08x size %u\n", at, size);
	return blk_register(&disk.dev);
}

/*
 * Fail the @nth request of that kind from now; 0 = none.
 */
void ramdisk_fail(enum ioreq_op op, uint32_t nth)
{
	spin_lock(&disk.lock);
	if (op == IO_READ) {
		disk.options.fail_read = nth;
	} else if (op == IO_WRITE) {
		disk.options.fail_write = nth;
	}
	spin_unlock(&disk.lock);
}

static void fail(struct blkdev *d, enum ioreq_op op, uint32_t nth)
{
	(void)d;                /* there is one */
	ramdisk_fail(op, nth);
}

/* See blkdev_ops. */
static void slow(struct blkdev *d, uint32_t nth, uint32_t us)
{
	struct ramdisk *rd = d->driver;

	spin_lock(&rd->lock);
	rd->slow_nth = nth;
	rd->slow_us = us;
	spin_unlock(&rd->lock);
}

/* Is this the request that was to be slow?  Counts down. */
static bool is_slow(struct ramdisk *rd, enum ioreq_op op)
{
	bool now = false;

	if (rd->slow_nth == 0) {
		return false;
	}
	spin_lock(&rd->lock);
	if (rd->slow_nth > 0 && op != IO_FLUSH) {
		now = --rd->slow_nth == 0;
	}
	spin_unlock(&rd->lock);
	if (now) {
		count_add(C_INJECTED, 1);
	}
	return now;
}

/* The block layer keeps no more than SLOTS requests under way, so a slot is free. */
static bool start(struct blkdev *d, struct ioreq *r)
{
	struct ramdisk *rd = d->driver;
	bool late = is_slow(rd, r->op);
	uint32_t us = late ? rd->slow_us : rd->options.latency_us;
	struct slot *s = rd->slot;

	if (us == 0) {
		blk_complete(r, transfer(rd, r));
		return true;
	}
	spin_lock(&rd->lock);
	while (s < rd->slot + SLOTS && s->r) {
		s++;
	}
	ASSERT(s < rd->slot + SLOTS);
	s->r = r;
	s->slow = late;
	spin_unlock(&rd->lock);
	timeout_add(&s->timer, us);
	return true;
}

/* xorshift32 (Marsaglia 2003): any non-zero seed runs through all of them. */
static uint32_t draw(struct ramdisk *rd)
{
	uint32_t x = rd->random;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return rd->random = x;
}

/* A timer ran out: complete one request, @s's own or, with a seed, any.  @s is free afterwards. */
static struct ioreq *pick(struct ramdisk *rd, struct slot *s)
{
	struct ioreq *r = s->r;

	if (rd->random != 0 && !s->slow) {
		struct slot *other = &rd->slot[draw(rd) % SLOTS];

		if (other->r && !other->slow) {
			r = other->r;
			other->r = s->r;
		}
	}
	s->r = NULL;
	return r;
}

static void due(struct timeout *t)
{
	struct slot *s = t->ctx;
	struct ioreq *r;

	spin_lock(&disk.lock);
	r = pick(&disk, s);
	spin_unlock(&disk.lock);
	blk_complete(r, transfer(&disk, r));
}

/* Move the words of one request.  A request that fails has moved nothing. */
static int transfer(struct ramdisk *rd, const struct ioreq *r)
{
	paddr_t at = rd->start + (r->sector << SECTOR_SHIFT);
	uint32_t words = 0;

	if (r->op == IO_FLUSH) {
		return 0;
	}
	if (fails(rd, r->op)) {
		return -EIO;
	}
	for (unsigned i = 0; i < r->nsegs; i++) {
		const struct ioseg *s = &r->seg[i];
		uint32_t n = s->len / sizeof(uint32_t);

		if (r->op == IO_READ) {
			words_copy(phys_data(s->addr), phys_data(at), n);
		} else {
			words_copy(phys_data(at), phys_data(s->addr), n);
		}
		at += s->len;
		words += n;
	}
	count_add(C_RAMDISK_WORDS, words);
	return 0;
}

/* Is this the request that was to fail?  Counts down. */
static bool fails(struct ramdisk *rd, enum ioreq_op op)
{
	uint32_t *left = op == IO_READ ? &rd->options.fail_read : &rd->options.fail_write;
	bool now = false;

	if (*left == 0) {
		return false;
	}
	spin_lock(&rd->lock);
	if (*left > 0) {
		now = --*left == 0;
	}
	spin_unlock(&rd->lock);
	if (now) {
		count_add(C_INJECTED, 1);
	}
	return now;
}
