/*
 * A file system as a whole: mounting, how full it is, sync, unmounting.
 *
 * Floor 6.  Read next: super.c
 */
#include "fs/ext2/ext2.h"

#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"
#include "mm/phys/kmalloc.h"

static void usage(struct fs *fs, struct fs_usage *u);
static int  sync(struct fs *fs);
static int  unmount(struct fs *fs);

static const struct fs_ops ext2_fs_ops = {
	.read_inode = ext2_read_inode,
	.usage      = usage,
	.sync       = sync,
	.unmount    = unmount,
};

static int root_get(struct ext2 *e)
{
	int error = inode_get(&e->fs, EXT2_ROOT_INO, &e->fs.root);

	if (!error && !inode_is(e->fs.root, S_IFDIR)) {
		inode_put(e->fs.root);
		error = ext2_corrupt(e, EXT2_ROOT_INO, "the root is no directory, mode", e->fs.root->mode);
	}
	return error;
}

/* The superblock, and whether what it says can be believed.  Owns: holds its page. */
static int super_read(struct ext2 *e, bool *read_only)
{
	int error = meta_get(e->bdev, EXT2_SUPER_AT / EXT2_BLOCK_SIZE, &e->super_frame);

	if (error) {
		return ext2_refuse(e, error, "the superblock cannot be read, error", (uint32_t)-error);
	}
	e->super = (void *)((char *)frame_data(e->super_frame) + EXT2_SUPER_AT % EXT2_BLOCK_SIZE);
	error = ext2_super_check(e, read_only);
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
