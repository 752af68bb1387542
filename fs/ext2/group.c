/*
 * Block groups: their descriptors, which stay in memory, and what is metadata of the file system itself.
 *
 * The descriptor table is checked once: each group's bitmaps and inode table lie inside the group.  So a
 * block number can be judged by its own group's descriptor alone.
 *
 * Floor 6.  Read next: alloc.c
 */
#include "fs/ext2/volume.h"

#include "kernel/lib/errno.h"
#include "mm/phys/kmalloc.h"

static int group_check(struct ext2 *e, uint32_t g);

/* The blocks of each group's inode table. */
static uint32_t table_blocks(const struct ext2 *e)
{
	return e->inodes_per_group / (EXT2_BLOCK_SIZE / e->inode_size);
}

/* Do [a, a + na) and [b, b + nb) meet?  Block numbers: no sum can wrap. */
static bool meet(uint32_t a, uint32_t na, uint32_t b, uint32_t nb)
{
	return a < b + nb && b < a + na;
}

/*
 * Read, hold and check the descriptor table, which follows the superblock's block.
 *
 * Sleeps.
 * Returns: 0; -EIO; -ENOMEM; -EUCLEAN.  Nothing is held after an error.
 */
int ext2_groups_read(struct ext2 *e)
{
	uint32_t n = DIV_ROUND_UP(e->groups, (uint32_t)EXT2_GROUPS_BLOCK);
	int error = 0;

	if (n >= e->blocks_per_group || n * sizeof(*e->group_frame) > PAGE_SIZE) {
		return ext2_corrupt(e, 0, "too many groups", e->groups), -EUCLEAN;
	}
	e->group_frame = kzalloc(n * sizeof(*e->group_frame), ALLOC_WAIT);
	if (!e->group_frame) {
		return -ENOMEM;
	}
	while (!error && e->group_blocks < n) {
		error = meta_get(e->bdev, 1 + e->group_blocks, &e->group_frame[e->group_blocks]);
		e->group_blocks += !error;
	}
	for (uint32_t g = 0; !error && g < e->groups; g++) {
		error = group_check(e, g);
	}
	if (error) {
		ext2_groups_put(e);
	}
	return error;
}

/*
 * Let go of the descriptor table.
 */
void ext2_groups_put(struct ext2 *e)
{
	frame_put_many(e->group_frame, e->group_blocks);
	kfree(e->group_frame);
	e->group_frame = NULL;
	e->group_blocks = 0;
}

/* [ext2 §3.2] */
static int group_check(struct ext2 *e, uint32_t g)
{
	const struct ext2_group *d = ext2_group(e, g);
	uint32_t first = ext2_group_first(e, g), size = ext2_group_size(e, g);
	uint32_t table = table_blocks(e), head = g == 0 ? 1 + e->group_blocks : 0;

	if (d->block_bitmap - first >= size || d->inode_bitmap - first >= size ||
	    d->inode_table - first >= size || table > size - (d->inode_table - first)) {
		return ext2_corrupt(e, 0, "bitmaps or inode table outside their group", g), -EUCLEAN;
	}
	if (meet(d->inode_table, table, d->block_bitmap, 1) ||
	    meet(d->inode_table, table, d->inode_bitmap, 1) || d->block_bitmap == d->inode_bitmap ||
	    d->block_bitmap - first < head || d->inode_bitmap - first < head ||
	    d->inode_table - first < head) {
		return ext2_corrupt(e, 0, "bitmaps and inode table overlap in group", g), -EUCLEAN;
	}
	if (d->free_blocks_count > size || d->free_inodes_count > e->inodes_per_group) {
		return ext2_corrupt(e, 0, "more is free than there is in group", g), -EUCLEAN;
	}
	return 0;
}

/*
 * The descriptor of group @g.
 *
 * Locks: the counts in it belong to the alloc lock; the block numbers never change.
 */
struct ext2_group *ext2_group(struct ext2 *e, uint32_t g)
{
	struct ext2_group *d = frame_data(e->group_frame[g / EXT2_GROUPS_BLOCK]);

	return &d[g % EXT2_GROUPS_BLOCK];
}

/*
 * Counts in the descriptor of group @g were changed, and then also in the superblock.
 *
 * Locks: alloc lock held.  Sleeps.
 */
void ext2_group_changed(struct ext2 *e, uint32_t g)
{
	meta_dirty(e->group_frame[g / EXT2_GROUPS_BLOCK]);
	ext2_super_changed(e);
}

/*
 * May blocks [first, first + n) belong to a file?  They may if they exist and are none of: superblock,
 * descriptors, bitmaps, inode tables.  (The copies of the superblock are protected by the bitmaps only.)
 */
bool ext2_blocks_ok(struct ext2 *e, uint32_t first, uint32_t n)
{
	uint32_t table = table_blocks(e);

	if (first <= e->group_blocks || first >= e->blocks || n == 0 || n > e->blocks - first) {
		return false;
	}
	for (uint32_t g = first / e->blocks_per_group; g <= (first + n - 1) / e->blocks_per_group; g++) {
		const struct ext2_group *d = ext2_group(e, g);

		if (meet(first, n, d->block_bitmap, 1) || meet(first, n, d->inode_bitmap, 1) ||
		    meet(first, n, d->inode_table, table)) {
			return false;
		}
	}
	return true;
}
