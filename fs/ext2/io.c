/*
 * mapping_ops: where the pages of a file are, handed to the block layer as runs.
 *
 * A page is one block.  f->place is set when a page is read or prepared, and from then on writing it needs
 * neither the map nor a lock nor memory: write() below only looks for neighbours.
 *
 * Floor 6.  Read next: dir.c
 */
#include "fs/ext2/volume.h"
#include "fs/pageio.h"
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/x86/mmu.h"
#include "mm/cache/pcache.h"

static int  prepare(struct mapping *m, pgoff_t i, struct frame **f, unsigned n);
static void read(struct mapping *m, pgoff_t i, struct frame **f, unsigned n);
static void write(struct mapping *m, pgoff_t i, struct frame **f, unsigned n);
static void hold(struct mapping *m);
static void drop(struct mapping *m);

const struct mapping_ops ext2_mapping_ops = {
	.prepare = prepare,
	.read    = read,
	.write   = write,
	.hold    = hold,
	.drop    = drop,
};

/* Write down the places of a run: frames without content yet, or without a name. */
static void set_places(struct frame **f, unsigned n, uint32_t first)
{
	for (unsigned k = 0; k < n; k++) {
		f[k]->place = first + k;
	}
}

/*
 * The same for pages that may have their places already: then they must have these.  That one has another can be a
 * damaged disk's doing: an indirect block that is some file's data too changes behind our back.
 */
static int keep_places(struct inode *inode, struct frame **f, unsigned n, uint32_t first)
{
	for (unsigned k = 0; k < n; k++) {
		uint32_t had = f[k]->place;

		if (had && had != first + k) {
			return ext2_corrupt(ext2_of(inode), inode->ino, "block has moved, now at", first + k);
		}
	}
	set_places(f, n, first);
	return 0;
}

/* Sleeps.  Returns: how many have a place now, or -ENOSPC, -EROFS, -EFBIG, -EIO, -ENOMEM when none. */
static int prepare(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	struct inode *inode = mapping_inode(m);
	bool named = f[0]->mapping;
	unsigned done = 0;

	if (ext2_of(inode)->fs.read_only) {
		return -EROFS;
	}
	if (i + n > size_pages(mapping_size(m))) {
		int error = ext2_free_surplus(inode);

		if (error) {
			return error;
		}
	}
	while (done < n) {
		uint32_t first;
		int run = ext2_map_alloc(inode, i + done, n - done, named, &first);
		int error = MIN(run, 0);

		if (run > 0 && named) {
			error = keep_places(inode, f + done, (unsigned)run, first);
		} else if (run > 0) {
			set_places(f + done, (unsigned)run, first);
		}
		if (error || run == 0) {
			return done ? (int)done : error;
		}
		done += (unsigned)run;
	}
	return (int)done;
}

/* Pages of a hole, or without content yet. */
static void read_zeros(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		page_zero(frame_data(f[k]));
	}
	count_add(C_PAGES_ZEROED, n);
	pcache_read_done(m, i, n, 0);
}

/*
 * Are the first of the @n pages from @i on pending: placed, but without content?  *@run is cut to the pages
 * that are alike.  Asked after the map: a page becomes pending before it gets its block, so whoever saw the
 * block sees this too.
 */
static bool pending(struct mapping *m, pgoff_t i, unsigned *run)
{
	bool inside;

	spin_lock(&m->lock);
	inside = i >= m->pending_lo && i < m->pending_hi;
	if (inside) {
		*run = MIN(*run, m->pending_hi - i);
	} else if (i < m->pending_lo) {
		*run = MIN(*run, m->pending_lo - i);
	}
	spin_unlock(&m->lock);
	return inside;
}

/* Start reading.  What cannot be looked up fails, and with it the rest of the batch. */
static void read(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	struct inode *inode = mapping_inode(m);
	struct blkdev *dev = ext2_of(inode)->bdev->dev;

	for (unsigned done = 0, run; done < n; done += run) {
		uint32_t first;
		int error = ext2_map(inode, i + done, n - done, &first);
		bool blank;

		run = error < 0 ? n - done : (unsigned)error;
		blank = pending(m, i + done, &run);
		if (error < 0) {
			run = n - done;
			pcache_read_done(m, i + done, run, error);
			continue;
		}
		if (first) {
			set_places(f + done, run, first);
		}
		if (blank || !first) {
			read_zeros(m, i + done, f + done, run);
		} else {
			pageio_read(dev, first * EXT2_BLOCK_SECTORS, m, i + done, f + done, run);
		}
	}
}

/* How many of the @n pages, from the first on, lie side by side on the disk. */
static unsigned places_in_row(struct frame **f, unsigned n)
{
	uint32_t first = f[0]->place;
	unsigned run = 1;

	while (run < n && f[run]->place == first + run) {
		run++;
	}
	return run;
}

/* Start writing, to where the pages have their places.  Allocates nothing, takes no lock. */
static void write(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	struct blkdev *dev = ext2_of(mapping_inode(m))->bdev->dev;

	for (unsigned done = 0, run; done < n; done += run) {
		sector_t sector = f[done]->place * EXT2_BLOCK_SECTORS;

		run = places_in_row(f + done, n - done);
		pageio_write(dev, sector, m, i + done, f + done, run);
	}
}

static void hold(struct mapping *m)
{
	inode_hold(mapping_inode(m));
}

static void drop(struct mapping *m)
{
	inode_put(mapping_inode(m));
}
