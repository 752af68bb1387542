/*
 * Block devices as mappings, and metadata blocks as pages of them.
 *
 * Invariants:
 *   - Page b of a device's mapping is its block b, so the writer below goes by the index.  The place says
 *     the same, except for block 0: a place of 0 means "none yet", see place_of().
 *   - A metadata frame is locked only while it is read (or made, or forgotten).  Its content is protected
 *     by the file system's own locks, and by the reference that meta_get() gives, which keeps it in place.
 *
 * Floor 6.  Read next: fs/ext2/ext2.h
 */
#include "fs/bdev.h"

#include "fs/pageio.h"
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/x86/mmu.h"
#include "mm/cache/order.h"
#include "mm/cache/pcache.h"
#include "mm/cache/writeback.h"
#include "mm/phys/kmalloc.h"

struct known { struct bdev b; struct list link; };      /* bdevs live forever */

static struct list  known = LIST_INIT(known);           /* [known_lock] */
static struct mutex known_lock = MUTEX_INIT(known_lock);

static uint32_t place_of(uint32_t block);
static int  prepare(struct mapping *m, pgoff_t i, struct frame **f, unsigned n);
static void read(struct mapping *m, pgoff_t i, struct frame **f, unsigned n);
static void write(struct mapping *m, pgoff_t i, struct frame **f, unsigned n);
static void nothing(struct mapping *m);
static int  barrier(struct mapping *m);

static const struct mapping_ops bdev_mapping_ops = {
	.prepare = prepare,
	.read    = read,
	.write   = write,
	.hold    = nothing,
	.drop    = nothing,
	.barrier = barrier,
};

/*
 * The one bdev of @dev, made at first use.  What does not fill a whole block at the device's end is out of
 * reach.
 *
 * Sleeps.
 * Returns: 0 or -ENOMEM.
 */
int bdev_open(struct blkdev *dev, struct bdev **out)
{
	struct known *k;
	int error = 0;

	mutex_lock(&known_lock);
	list_for_each(l, &known) {
		k = list_entry(l, struct known, link);
		if (k->b.dev == dev) {
			goto found;
		}
	}
	k = kzalloc(sizeof(*k), ALLOC_WAIT);
	if (!k) {
		error = -ENOMEM;
		goto out;
	}
	k->b.dev = dev;
	mapping_init(&k->b.mapping, &bdev_mapping_ops,
	             (loff_t)(dev->sectors / PAGE_SECTORS) << PAGE_SHIFT);
	list_push_back(&known, &k->link);
found:
	*out = &k->b;
out:
	mutex_unlock(&known_lock);
	return error;
}

/* ---- one metadata block ---- */

/*
 * The content of @block, read if need be.
 *
 * Sleeps.
 * Owns:    a reference to *@out is the caller's: meta_put().
 * Returns: 0; -EIO, also past the device's end; -ENOMEM.
 */
int meta_get(struct bdev *b, uint32_t block, struct frame **out)
{
	if (block >= size_pages(b->mapping.size)) {
		return -EIO;
	}
	return pcache_get(&b->mapping, NULL, block, out);
}

/*
 * @block, zeroed and dirty, whatever was there: nothing is read.
 *
 * Sleeps.
 * Owns:    a reference to *@out is the caller's: meta_put().
 * Returns: 0; -EIO past the device's end; -ENOMEM.
 */
int meta_new(struct bdev *b, uint32_t block, struct frame **out)
{
	struct frame *f;
	int error;

	if (block >= size_pages(b->mapping.size)) {
		return -EIO;
	}
	error = pcache_grab(&b->mapping, block, &f);
	if (error) {
		return error;
	}
	page_zero(frame_data(f));
	count_add(C_PAGES_ZEROED, 1);
	f->place = place_of(block);
	frame_set(f, FR_UPTODATE);
	pcache_dirty(f);
	frame_unlock(f);
	*out = f;
	return 0;
}

/*
 * The content of @f was changed.  On a damaged disk a block can be metadata to one and free or data to
 * another, who forgets it under our hands: then there is nothing to write any more.
 *
 * Sleeps.
 */
void meta_dirty(struct frame *f)
{
	frame_lock(f);
	if (f->mapping) {
		pcache_dirty(f);
	}
	frame_unlock(f);
}

/*
 * Done with it.
 */
void meta_put(struct frame *f)
{
	frame_put(f);
}

/* Un-name one frame of the device, whatever is in it.  Consumes our reference. */
static void forget(struct frame *f)
{
	frame_lock(f);
	frame_wait(f, FR_WRITEBACK);    /* none can start: that needs the frame lock */
	if (f->mapping) {
		pcache_forget(f);
	}
	frame_unlock(f);
	frame_put(f);
}

/*
 * Blocks [first, first + n) are about to be free: wait for their writeback, drop them, even dirty.
 *
 * Sleeps.
 */
void meta_forget_run(struct bdev *b, uint32_t first, uint32_t n)
{
	struct frame *f[PC_BATCH];

	for (uint32_t at = first; at - first < n; at += PC_BATCH) {
		unsigned count = MIN(n - (at - first), (uint32_t)PC_BATCH);

		if (pcache_find(&b->mapping, at, count, f) == 0) {
			continue;
		}
		for (unsigned k = 0; k < count; k++) {
			if (f[k]) {
				forget(f[k]);
			}
		}
	}
}

/*
 * Drop clean copies of blocks [first, first + n).  One look at the bitmaps of the cache is the usual case.
 *
 * Sleeps.
 * Returns: false when one of them is dirty or being written.
 */
bool meta_claim_run(struct bdev *b, uint32_t first, uint32_t n)
{
	struct mapping *m = &b->mapping;
	pgoff_t at;

	while (pcache_gap(m, first, n, &at) < n) {
		struct frame *f = pcache_find_one(m, first);

		if (f && frame_is(f, FR_DIRTY | FR_WRITEBACK)) {
			frame_put(f);
			return false;
		}
		if (f) {
			forget(f);
		}
		first++;
		n--;
	}
	return true;
}

/* ---- durability ---- */

/*
 * Write the metadata blocks [first, first + n) that are dirty, and that lead to no new blocks (order.h), and wait.
 * An earlier failure of theirs does not count if this attempt succeeds.
 *
 * Sleeps.
 * Returns: 0 or -EIO.
 */
int meta_sync(struct bdev *b, uint32_t first, uint32_t n)
{
	uint32_t seen = b->mapping.wberr.seq;

	if (n == 0) {
		return 0;
	}
	wb_start(&b->mapping, first, first + n - 1);
	wb_wait(&b->mapping, first, first + n - 1);
	return wberr_check(&b->mapping, &seen);
}

/*
 * All metadata of the device is durable, the content of new blocks before it, and the device's cache is flushed.
 *
 * Sleeps.
 * Returns: 0 or -EIO.
 */
int bdev_sync(struct bdev *b)
{
	uint32_t seen = b->mapping.wberr.seq;
	int error = order_write(&b->mapping, ORDER_WAIT);
	int failed = wberr_check(&b->mapping, &seen);
	int flushed = blk_flush(b->dev);

	error = error ? error : failed;
	return error ? error : flushed;
}

/* ---- mapping_ops ---- */

/* Block 0, where the superblock is, has a place too; this number no device has. */
static uint32_t place_of(uint32_t block)
{
	return block ? block : ~0u;
}

static int prepare(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	(void)m;
	for (unsigned k = 0; k < n; k++) {
		f[k]->place = place_of(i + k);
	}
	return (int)n;
}

static void read(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	struct bdev *b = container_of(m, struct bdev, mapping);

	for (unsigned k = 0; k < n; k++) {
		f[k]->place = place_of(i + k);
	}
	pageio_read(b->dev, i * PAGE_SECTORS, m, i, f, n);
}

static void write(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	struct bdev *b = container_of(m, struct bdev, mapping);

	pageio_write(b->dev, i * PAGE_SECTORS, m, i, f, n);
}

/* A bdev is there as long as the machine runs. */
static void nothing(struct mapping *m)
{
	(void)m;
}

static int barrier(struct mapping *m)
{
	return blk_flush(container_of(m, struct bdev, mapping)->dev);
}
