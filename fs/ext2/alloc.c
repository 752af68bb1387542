/*
 * Free blocks: runs of them from the bitmaps, and back.
 *
 * A file grows where it ended if that block is free.  Otherwise the search goes through the groups, beginning
 * with the goal's, and takes the first run that is long enough, or the longest of the first group that has any.
 *
 * Invariant, under the alloc lock: a group's count is the number of clear bits of its bitmap, the
 * superblock's the sum of them.  A disk where that is not so is damaged: reported, and never believed so
 * far that a count could wrap.
 *
 * Floor 6.  [ext2 §3.3]  Read next: map.c
 */
#include "fs/ext2/bitmap.h"
#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"

struct run { uint32_t at, n; };

/*
 * The run to take from @map, of @want bits at most: at @from if that is free, else the first that is long
 * enough, else the longest.  n = 0: there is none in [from, limit).
 */
static struct run find_run(const uint32_t *map, uint32_t from, uint32_t limit, uint32_t want)
{
	struct run best = { .n = 0 };
	uint32_t at = bitmap_next(map, from, limit, BITMAP_FREE);

	while (at < limit) {
		uint32_t end = bitmap_next(map, at, MIN(limit, at + want), BITMAP_USED);

		if (end - at > best.n) {
			best = (struct run){ at, end - at };
		}
		if (best.n == want || at == from) {
			break;
		}
		at = bitmap_next(map, end, limit, BITMAP_FREE);
	}
	return best;
}

/* Mark a run of group @g used.  0; -EIO when it cannot be free.  Locks: alloc lock held.  Sleeps. */
static int take_run(struct ext2 *e, uint32_t g, uint32_t *map, struct run r)
{
	struct ext2_group *d = ext2_group(e, g);
	uint32_t first = ext2_group_first(e, g) + r.at;

	if (!ext2_blocks_ok(e, first, r.n) || !meta_claim_run(e->bdev, first, r.n)) {
		return ext2_corrupt(e, 0, "metadata is marked as free at block", first);
	}
	if (r.n > d->free_blocks_count || r.n > e->super->free_blocks_count) {
		return ext2_corrupt(e, 0, "more blocks are free than counted in group", g);
	}
	bitmap_fill(map, r.at, r.n, BITMAP_USED);
	d->free_blocks_count -= (uint16_t)r.n;
	e->super->free_blocks_count -= r.n;
	ext2_group_changed(e, g);
	return 0;
}

/* Blocks from group @g, at its block @from or after: how many, 0 if it has none there; -errno. */
static int alloc_in_group(struct ext2 *e, uint32_t g, uint32_t from, uint32_t want, uint32_t *first)
{
	struct ext2_group *d = ext2_group(e, g);
	struct frame *f;
	struct run r;
	int error;

	if (d->free_blocks_count == 0) {
		return 0;
	}
	error = meta_get(e->bdev, d->block_bitmap, &f);
	if (error) {
		return error;
	}
	r = find_run(frame_data(f), from, ext2_group_size(e, g), want);
	if (r.n > 0) {
		error = take_run(e, g, frame_data(f), r);
	} else if (from == 0) {
		error = ext2_corrupt(e, 0, "fewer blocks are free than counted in group", g);
	}
	if (!error && r.n > 0) {
		meta_dirty(f);
	}
	meta_put(f);
	*first = ext2_group_first(e, g) + r.at;
	return error ? error : (int)r.n;
}

/*
 * Up to @want free blocks in a row, at @goal if possible, else near it; they are now in use.  A group that
 * cannot be used (unreadable, damaged) is passed over.
 *
 * Locks:   takes the alloc lock.  Sleeps.
 * Returns: how many (> 0), from *@first; -ENOSPC; -EROFS; what the last bad group said.
 */
int ext2_alloc_blocks(struct ext2 *e, uint32_t goal, uint32_t want, uint32_t *first)
{
	int got = 0, error = -ENOSPC;

	if (e->fs.read_only) {
		return -EROFS;
	}
	goal = goal < e->blocks ? goal : 0;
	mutex_lock(&e->alloc_lock);
	/* The goal's group twice: from the goal on, and at the end from its beginning. */
	for (uint32_t k = 0; k <= e->groups && got <= 0; k++) {
		uint32_t g = (goal / e->blocks_per_group + k) % e->groups;

		got = alloc_in_group(e, g, k == 0 ? goal % e->blocks_per_group : 0, want, first);
		if (got < 0) {
			error = got;
		}
	}
	mutex_unlock(&e->alloc_lock);
	return got > 0 ? got : error;
}

/* Locks: alloc lock held.  Sleeps. */
static int free_in_group(struct ext2 *e, uint32_t g, struct run r)
{
	struct ext2_group *d = ext2_group(e, g);
	uint32_t first = ext2_group_first(e, g) + r.at;
	struct frame *f;
	uint32_t *map;
	int error = meta_get(e->bdev, d->block_bitmap, &f);

	if (error) {
		return error;
	}
	map = frame_data(f);
	if (bitmap_next(map, r.at, r.at + r.n, BITMAP_FREE) < r.at + r.n ||
	    d->free_blocks_count + r.n > ext2_group_size(e, g)) {
		error = ext2_corrupt(e, 0, "freed twice, or counted wrong: block", first);
	} else {
		meta_forget_run(e->bdev, first, r.n);   /* before anybody else can have them */
		bitmap_fill(map, r.at, r.n, BITMAP_FREE);
		d->free_blocks_count += (uint16_t)r.n;
		e->super->free_blocks_count += r.n;
		ext2_group_changed(e, g);
		meta_dirty(f);
	}
	meta_put(f);
	return error;
}

/*
 * Blocks [first, first + n), all of one group, are free again.  Nothing has changed after an error: whoever
 * had them still has them.
 *
 * Locks:   takes the alloc lock.  Sleeps.
 * Returns: 0; -EIO; -ENOMEM.
 */
int ext2_free_blocks(struct ext2 *e, uint32_t first, uint32_t n)
{
	uint32_t g = first / e->blocks_per_group;
	int error;

	if (!ext2_blocks_ok(e, first, n)) {
		return ext2_corrupt(e, 0, "no block of a file can be block", first);
	}
	mutex_lock(&e->alloc_lock);
	error = free_in_group(e, g, (struct run){ first % e->blocks_per_group, n });
	mutex_unlock(&e->alloc_lock);
	return error;
}
