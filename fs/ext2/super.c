/*
 * The superblock: its features and its numbers, and what becomes of it when something is wrong.
 *
 * A superblock is believed when its numbers fit each other and the device.  After that the rest of the code
 * computes with them freely: no product or sum of them can leave the device or 32 bits.
 *
 * Floor 6.  Read next: group.c
 */
#include "fs/ext2/volume.h"

#include "kernel/lib/errno.h"
#include "kernel/printk.h"

/* Say why it is not mounted.  Returns: @error. */
int ext2_refuse(const struct ext2 *e, int error, const char *what, uint32_t number)
{
	printk("ext2: %s: not mounted: %s: %u (0x%x)\n", e->bdev->dev->name, what, number, number);
	return error;
}

/* [ext2 §3.1]  Revision 0 has no feature words: whatever is there means nothing. */
static int features_check(struct ext2 *e, bool *read_only)
{
	const struct ext2_super *s = e->super;
	uint32_t unknown;

	e->inode_size = EXT2_INODE_SIZE;
	e->first_ino = EXT2_FIRST_INO;
	if (s->rev_level == 0) {
		return 0;
	}
	if (s->rev_level > 1) {
		return ext2_refuse(e, -EINVAL, "unknown revision", s->rev_level);
	}
	if (s->feature_incompat & EXT2_INCOMPAT_RECOVER) {
		return ext2_refuse(e, -EINVAL, "its journal needs recovery, features", s->feature_incompat);
	}
	unknown = s->feature_incompat & ~(uint32_t)EXT2_INCOMPAT_KNOWN;
	if (unknown) {
		return ext2_refuse(e, -EINVAL, "unknown incompatible features", unknown);
	}
	unknown = s->feature_ro_compat & ~(uint32_t)EXT2_RO_COMPAT_KNOWN;
	if (unknown && !*read_only) {
		printk("ext2: %s: mounted read-only because of unknown features: 0x%x\n",
		       e->bdev->dev->name, unknown);
		*read_only = true;
	}
	e->has_types = s->feature_incompat & EXT2_INCOMPAT_FILETYPE;
	e->has_large = s->feature_ro_compat & EXT2_RO_COMPAT_LARGE_FILE;
	e->inode_size = s->inode_size;
	e->first_ino = s->first_ino;
	return 0;
}

static bool power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

/* Each test may rely on those above it. */
static int numbers_check(struct ext2 *e)
{
	const struct ext2_super *s = e->super;
	uint32_t device = e->bdev->dev->sectors / EXT2_BLOCK_SECTORS;

	if (s->log_block_size != EXT2_BLOCK_SHIFT - 10) {
		return ext2_refuse(e, -EINVAL, "only 4 KiB blocks are supported, log2 of 1 KiB blocks",
		                   s->log_block_size);
	}
	if (s->first_data_block != 0) {
		return ext2_refuse(e, -EUCLEAN, "first data block", s->first_data_block);
	}
	if (s->blocks_count < 2 || s->blocks_count > device) {
		return ext2_refuse(e, -EUCLEAN, "more blocks than the device has, or none", s->blocks_count);
	}
	if (s->blocks_per_group < 8 || s->blocks_per_group > EXT2_BITS) {
		return ext2_refuse(e, -EUCLEAN, "blocks per group", s->blocks_per_group);
	}
	if (e->inode_size < EXT2_INODE_SIZE || e->inode_size > EXT2_BLOCK_SIZE ||
	    !power_of_two(e->inode_size)) {
		return ext2_refuse(e, -EUCLEAN, "inode size", e->inode_size);
	}
	if (s->inodes_per_group == 0 || s->inodes_per_group > EXT2_BITS ||
	    s->inodes_per_group % (EXT2_BLOCK_SIZE / e->inode_size)) {
		return ext2_refuse(e, -EUCLEAN, "inodes per group", s->inodes_per_group);
	}
	e->blocks = s->blocks_count;
	e->blocks_per_group = s->blocks_per_group;
	e->inodes_per_group = s->inodes_per_group;
	e->groups = DIV_ROUND_UP(e->blocks, e->blocks_per_group);
	e->inodes = s->inodes_count;
	if ((uint64_t)e->groups * e->inodes_per_group != e->inodes) {
		return ext2_refuse(e, -EUCLEAN, "inodes", e->inodes);
	}
	if (e->first_ino <= EXT2_ROOT_INO || e->first_ino > e->inodes_per_group) {
		return ext2_refuse(e, -EUCLEAN, "first inode that is not reserved", e->first_ino);
	}
	if (s->free_blocks_count > e->blocks || s->free_inodes_count > e->inodes) {
		return ext2_refuse(e, -EUCLEAN, "more is free than there is, blocks", s->free_blocks_count);
	}
	return 0;
}

/*
 * May this be mounted?  *@read_only becomes true if it may not be written.  Returns: 0; -EINVAL, -EUCLEAN after
 * a line in the log.
 */
int ext2_super_check(struct ext2 *e, bool *read_only)
{
	const struct ext2_super *s = e->super;
	int error;

	if (s->magic != EXT2_MAGIC) {
		return ext2_refuse(e, -EINVAL, "no ext2 here, magic number", s->magic);
	}
	error = features_check(e, read_only);
	if (!error) {
		error = numbers_check(e);
	}
	if (!error && (s->state != EXT2_STATE_VALID)) {
		printk("ext2: %s: was not unmounted cleanly, or has errors: run e2fsck\n",
		       e->bdev->dev->name);
	}
	return error;
}

/*
 * An inconsistency on the disk: say so (once, if it is met again and again), remember it, and stop writing if the superblock asks for that.
 * (It may also ask for a panic: a damaged disk is no reason for us to end, so that means read-only.)
 *
 * Returns: -EIO, what the object's user gets.
 */
int ext2_corrupt(struct ext2 *e, uint32_t ino, const char *what, uint32_t number)
{
	bool again = e->said == what && e->said_of == ino;

	e->said = what;
	e->said_of = ino;
	if (ino && !again) {
		printk("ext2: %s: inode %u: %s: %u\n", e->bdev->dev->name, ino, what, number);
	} else if (!again) {
		printk("ext2: %s: %s: %u\n", e->bdev->dev->name, what, number);
	}
	e->damaged = true;
	if (!e->fs.read_only &&
	    (e->super->errors == EXT2_ERRORS_RO || e->super->errors == EXT2_ERRORS_PANIC)) {
		printk("ext2: %s: read-only from now on\n", e->bdev->dev->name);
		e->fs.read_only = true;
	}
	return -EIO;
}

/*
 * Counts in the superblock were changed.  From the first change on the disk says that it was not unmounted
 * cleanly, until it is.
 *
 * Locks: alloc lock held.  Sleeps.
 */
void ext2_super_changed(struct ext2 *e)
{
	e->super->state &= (uint16_t)~EXT2_STATE_VALID;
	if (e->damaged) {
		e->super->state |= EXT2_STATE_ERROR;
	}
	meta_dirty(e->super_frame);
}
