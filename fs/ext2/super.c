/*
 * Mounting: the superblock, its features and its numbers; and the file system as a whole.
 *
 * A superblock is believed when its numbers fit each other and the device.  After that the rest of the code
 * computes with them freely: no product or sum of them can leave the device or 32 bits.
 *
 * Floor 6.  Read next: group.c
 */
#include "fs/ext2/ext2.h"

#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"
#include "mm/phys/kmalloc.h"

static int  refuse(const struct ext2 *e, int error, const char *what, uint32_t number);
static int  super_check(struct ext2 *e, bool *read_only);
static int  features_check(struct ext2 *e, bool *read_only);
static int  numbers_check(struct ext2 *e);
static int  root_get(struct ext2 *e);
static void usage(struct fs *fs, struct fs_usage *u);
static int  sync(struct fs *fs);
static int  unmount(struct fs *fs);

static const struct fs_ops ext2_fs_ops = {
	.read_inode = ext2_read_inode,
	.usage      = usage,
	.sync       = sync,
	.unmount    = unmount,
};

/* The superblock, and whether what it says can be believed.  Owns: holds its page. */
static int super_read(struct ext2 *e, bool *read_only)
{
	int error = meta_get(e->bdev, EXT2_SUPER_AT / EXT2_BLOCK_SIZE, &e->super_frame);

	if (error) {
		return refuse(e, error, "the superblock cannot be read, error", (uint32_t)-error);
	}
	e->super = (void *)((char *)frame_data(e->super_frame) + EXT2_SUPER_AT % EXT2_BLOCK_SIZE);
	error = super_check(e, read_only);
	if (error) {
		meta_put(e->super_frame);
	}
	return error;
}

/* The file system as others see it: from here on inodes can be read. */
static void begin(struct ext2 *e, bool read_only)
{
	e->fs = (struct fs){
		.type = "ext2", .ops = &ext2_fs_ops, .private = e,
		.read_only = read_only || e->bdev->dev->read_only, .max_size = ext2_max_size(),
	};
	e->writable = !e->fs.read_only;
	e->was_clean = e->super->state == EXT2_STATE_VALID;
	mutex_init(&e->fs.rename);
}

/* Everything that a mounted file system holds on to, or nothing. */
static int volume_open(struct ext2 *e, bool read_only)
{
	int error = super_read(e, &read_only);

	if (error) {
		return error;
	}
	error = ext2_groups_read(e);
	if (!error) {
		begin(e, read_only);
		error = root_get(e);
		if (error) {
			ext2_groups_put(e);
		}
	}
	if (error) {
		meta_put(e->super_frame);
	}
	return error;
}

/* See ext2.h. */
int ext2_mount(struct bdev *b, bool read_only, struct fs **out)
{
	struct ext2 *e;
	int error;

	if (b->mounted) {
		return -EBUSY;
	}
	e = kzalloc(sizeof(*e), ALLOC_WAIT);
	if (!e) {
		return -ENOMEM;
	}
	e->bdev = b;
	mutex_init(&e->alloc_lock);
	list_init(&e->orphans);
	error = volume_open(e, read_only);
	if (error) {
		kfree(e);
		return error;
	}
	b->mounted = true;
	if (e->writable) {
		ext2_orphans_free(e);
	}
	*out = &e->fs;
	return 0;
}

static int refuse(const struct ext2 *e, int error, const char *what, uint32_t number)
{
	printk("ext2: %s: not mounted: %s: %u (0x%x)\n", e->bdev->dev->name, what, number, number);
	return error;
}

static int super_check(struct ext2 *e, bool *read_only)
{
	const struct ext2_super *s = e->super;
	int error;

	if (s->magic != EXT2_MAGIC) {
		return refuse(e, -EINVAL, "no ext2 here, magic number", s->magic);
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
		return refuse(e, -EINVAL, "unknown revision", s->rev_level);
	}
	if (s->feature_incompat & EXT2_INCOMPAT_RECOVER) {
		return refuse(e, -EINVAL, "its journal needs recovery, features", s->feature_incompat);
	}
	unknown = s->feature_incompat & ~(uint32_t)EXT2_INCOMPAT_KNOWN;
	if (unknown) {
		return refuse(e, -EINVAL, "unknown incompatible features", unknown);
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
		return refuse(e, -EINVAL, "only 4 KiB blocks are supported, log2 of 1 KiB blocks",
		              s->log_block_size);
	}
	if (s->first_data_block != 0) {
		return refuse(e, -EUCLEAN, "first data block", s->first_data_block);
	}
	if (s->blocks_count < 2 || s->blocks_count > device) {
		return refuse(e, -EUCLEAN, "more blocks than the device has, or none", s->blocks_count);
	}
	if (s->blocks_per_group < 8 || s->blocks_per_group > EXT2_BITS) {
		return refuse(e, -EUCLEAN, "blocks per group", s->blocks_per_group);
	}
	if (e->inode_size < EXT2_INODE_SIZE || e->inode_size > EXT2_BLOCK_SIZE ||
	    !power_of_two(e->inode_size)) {
		return refuse(e, -EUCLEAN, "inode size", e->inode_size);
	}
	if (s->inodes_per_group == 0 || s->inodes_per_group > EXT2_BITS ||
	    s->inodes_per_group % (EXT2_BLOCK_SIZE / e->inode_size)) {
		return refuse(e, -EUCLEAN, "inodes per group", s->inodes_per_group);
	}
	e->blocks = s->blocks_count;
	e->blocks_per_group = s->blocks_per_group;
	e->inodes_per_group = s->inodes_per_group;
	e->groups = DIV_ROUND_UP(e->blocks, e->blocks_per_group);
	e->inodes = s->inodes_count;
	if ((uint64_t)e->groups * e->inodes_per_group != e->inodes) {
		return refuse(e, -EUCLEAN, "inodes", e->inodes);
	}
	if (e->first_ino <= EXT2_ROOT_INO || e->first_ino > e->inodes_per_group) {
		return refuse(e, -EUCLEAN, "first inode that is not reserved", e->first_ino);
	}
	if (s->free_blocks_count > e->blocks || s->free_inodes_count > e->inodes) {
		return refuse(e, -EUCLEAN, "more is free than there is, blocks", s->free_blocks_count);
	}
	return 0;
}

static int root_get(struct ext2 *e)
{
	int error = inode_get(&e->fs, EXT2_ROOT_INO, &e->fs.root);

	if (!error && !inode_is(e->fs.root, S_IFDIR)) {
		inode_put(e->fs.root);
		error = ext2_corrupt(e, EXT2_ROOT_INO, "the root is no directory, mode", e->fs.root->mode);
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

static void usage(struct fs *fs, struct fs_usage *u)
{
	struct ext2 *e = fs->private;

	mutex_lock(&e->alloc_lock);
	*u = (struct fs_usage){
		.block_size  = EXT2_BLOCK_SIZE,
		.blocks      = e->blocks,
		.blocks_free = e->super->free_blocks_count,
		.inodes      = e->inodes,
		.inodes_free = e->super->free_inodes_count,
	};
	mutex_unlock(&e->alloc_lock);
}

/* Inodes and file data are on their way to the disk already (fs_sync_all): the metadata, and the flush. */
static int sync(struct fs *fs)
{
	struct ext2 *e = fs->private;

	if (e->damaged && e->writable) {
		mutex_lock(&e->alloc_lock);
		ext2_super_changed(e);
		mutex_unlock(&e->alloc_lock);
	}
	return bdev_sync(e->bdev);
}

/*
 * Say on the disk that all is well, if it was when we came and is now.  Files that somebody still has open are
 * not in order yet: the next mount frees them.
 */
static int unmount(struct fs *fs)
{
	struct ext2 *e = fs->private;

	mutex_lock(&e->alloc_lock);
	if (e->writable && e->was_clean && !e->damaged && list_empty(&e->orphans) &&
	    !(e->super->state & EXT2_STATE_VALID)) {
		e->super->state |= EXT2_STATE_VALID;
		meta_dirty(e->super_frame);
	}
	mutex_unlock(&e->alloc_lock);
	return bdev_sync(e->bdev);
}
