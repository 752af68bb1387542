/*
 * From a block of a file to a run of blocks of the disk.
 *
 *      block of the file = 12 + 1,024 + (a * 1,024 + b):
 *
 *      inode  block[0..11] [12] [13] [14]          path: depth 3, slots 13, a, b
 *                                |
 *                                └─▶ ...[a]...         array[0] = inode.block
 *                                       |              array[1]
 *                                       └─▶ ...[b]...  array[2]: numbers of data blocks
 *
 * The work is done by the run: the path is walked once, then the last array is read along.
 *
 * Floor 6.  [ext2 §3.5]  Read next: grow.c, truncate.c
 */
#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"

enum { LEVELS = EXT2_SLOTS - EXT2_DIRECT };     /* single, double, triple indirect */

/* The slots that lead to @block: how many, 0 if no file can have it. */
static unsigned find_slots(uint32_t block, uint32_t slot[LEVELS + 1])
{
	if (block < EXT2_DIRECT) {
		slot[0] = block;
		return 1;
	}
	block -= EXT2_DIRECT;
	for (unsigned level = 1; level <= LEVELS; level++) {
		uint32_t span = 1u << (level * EXT2_PTR_SHIFT);

		if (block >= span) {
			block -= span;
			continue;
		}
		slot[0] = EXT2_DIRECT + level - 1;
		for (unsigned k = 1; k <= level; k++) {
			slot[k] = block >> ((level - k) * EXT2_PTR_SHIFT) & (EXT2_PTRS - 1);
		}
		return level + 1;
	}
	return 0;
}

/*
 * Bytes of the largest file: what three levels reach.
 */
loff_t ext2_max_size(void)
{
	loff_t blocks = EXT2_DIRECT;

	for (unsigned level = 1; level <= LEVELS; level++) {
		blocks += (loff_t)1 << (level * EXT2_PTR_SHIFT);
	}
	return blocks << EXT2_BLOCK_SHIFT;
}

/*
 * The content of an indirect block of @i.
 *
 * Sleeps.
 * Owns:    a reference to *@out is the caller's: meta_put().
 * Returns: 0; -EIO; -ENOMEM.
 */
int ext2_indirect(struct inode *i, uint32_t block, struct frame **out)
{
	struct ext2 *e = ext2_of(i);

	if (!ext2_blocks_ok(e, block, 1)) {
		return ext2_corrupt(e, i->ino, "indirect block at", block);
	}
	return meta_get(e->bdev, block, out);
}

/*
 * Walk towards @block as far as there is a way: p->found says how far.
 *
 * Locks:   map lock held.  Sleeps.
 * Owns:    the frames in the path are the caller's, also after an error: ext2_path_end().
 * Returns: 0; -EFBIG; -EIO; -ENOMEM.
 */
int ext2_path_begin(struct inode *i, uint32_t block, struct ext2_path *p)
{
	p->block = block;
	p->depth = find_slots(block, p->slot);
	p->array[0] = ext2_node(i)->block;
	p->frame[0] = NULL;
	p->found = 1;
	if (p->depth == 0) {
		return -EFBIG;
	}
	while (p->found < p->depth) {
		uint32_t next = p->array[p->found - 1][p->slot[p->found - 1]];
		int error;

		if (next == 0) {
			break;
		}
		error = ext2_indirect(i, next, &p->frame[p->found]);
		if (error) {
			return error;
		}
		p->array[p->found] = frame_data(p->frame[p->found]);
		p->found++;
	}
	return 0;
}

/*
 * Let go of the blocks of the path.
 */
void ext2_path_end(struct ext2_path *p)
{
	while (p->found > 1) {
		meta_put(p->frame[--p->found]);
	}
}

/*
 * What is at the end of the path: a run of blocks from *@first, or a hole (*@first = 0).
 *
 * Locks:   map lock held.
 * Returns: its length, @max at most and not beyond the last array; -EIO.
 */
int ext2_path_run(struct inode *i, const struct ext2_path *p, uint32_t max, uint32_t *first)
{
	uint32_t at = p->slot[p->depth - 1], n = 0;
	uint32_t room = (p->depth == 1 ? EXT2_DIRECT : EXT2_PTRS) - at;
	const uint32_t *slot = p->array[p->depth - 1] + at;

	max = MIN(max, room);
	*first = 0;
	if (p->found < p->depth) {
		return (int)max;
	}
	*first = slot[0];
	if (*first == 0) {
		while (n < max && slot[n] == 0) {
			n++;
		}
		return (int)n;
	}
	while (n < max && slot[n] == *first + n) {
		n++;
	}
	if (!ext2_blocks_ok(ext2_of(i), *first, n)) {
		return ext2_corrupt(ext2_of(i), i->ino, "data block at", *first);
	}
	return (int)n;
}

/*
 * Where block @block of @i is, and how many from there on, @max at most, follow each other on the disk as in
 * the file.  *@first = 0: they are a hole.
 *
 * Locks:   takes the map lock.  Sleeps.
 * Returns: how many (> 0); -EFBIG; -EIO; -ENOMEM.
 */
int ext2_map(struct inode *i, uint32_t block, uint32_t max, uint32_t *first)
{
	struct ext2_path p;
	int n;

	mutex_lock(&ext2_node(i)->map_lock);
	n = ext2_path_begin(i, block, &p);
	if (n == 0) {
		n = ext2_path_run(i, &p, max, first);
	}
	ext2_path_end(&p);
	mutex_unlock(&ext2_node(i)->map_lock);
	return n;
}

/* What is missing on the way to the block of @p: from there on, how many blocks more are missing with it. */
static uint32_t missing(const struct ext2_path *p)
{
	uint32_t inside = 0;

	for (unsigned k = p->found; k < p->depth; k++) {
		inside = inside << EXT2_PTR_SHIFT | p->slot[k];
	}
	return (1u << (p->depth - p->found) * EXT2_PTR_SHIFT) - inside;
}

/*
 * inode_ops.stretch: from block @block of @i on, how many, @max at most, are all holes or all none.
 *
 * Locks:   takes the map lock.  Sleeps.
 * Returns: how many (> 0); -EFBIG; -EIO; -ENOMEM.
 */
int ext2_stretch(struct inode *i, pgoff_t block, uint32_t max, bool *hole)
{
	struct ext2_path p;
	uint32_t first;
	int n;

	mutex_lock(&ext2_node(i)->map_lock);
	n = ext2_path_begin(i, block, &p);
	if (n == 0 && p.found < p.depth) {
		*hole = true;
		n = (int)MIN(max, missing(&p));
	} else if (n == 0) {
		n = ext2_path_run(i, &p, max, &first);
		*hole = first == 0;
	}
	ext2_path_end(&p);
	mutex_unlock(&ext2_node(i)->map_lock);
	return n;
}
