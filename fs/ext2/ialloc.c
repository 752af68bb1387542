/*
 * Inode numbers: from the bitmaps, and back.  A new file's inode goes where its directory's is.
 *
 * Floor 6.  [ext2 §3.4]  Read next: inode.c
 */
#include "fs/ext2/bitmap.h"
#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"

enum change { TAKE, GIVE_BACK };

/* The counts that go with one bit of the bitmap.  Locks: alloc lock held.  Sleeps. */
static void count(struct ext2 *e, uint32_t g, uint32_t mode, enum change how)
{
	struct ext2_group *d = ext2_group(e, g);
	bool directory = (mode & S_IFMT) == S_IFDIR;

	if (how == TAKE) {
		d->free_inodes_count--;
		e->super->free_inodes_count--;
		d->used_dirs_count += directory;
	} else {
		d->free_inodes_count++;
		e->super->free_inodes_count++;
		d->used_dirs_count -= directory && d->used_dirs_count > 0;
	}
	ext2_group_changed(e, g);
}

/* 1: got one; 0: this group has none; -errno.  Locks: alloc lock held.  Sleeps. */
static int alloc_in_group(struct ext2 *e, uint32_t g, uint32_t mode, uint32_t *ino)
{
	struct ext2_group *d = ext2_group(e, g);
	uint32_t from = g == 0 ? e->first_ino - 1 : 0, bit;
	struct frame *f;
	int error;

	if (d->free_inodes_count == 0) {
		return 0;
	}
	error = meta_get(e->bdev, d->inode_bitmap, &f);
	if (error) {
		return error;
	}
	bit = bitmap_next(frame_data(f), from, e->inodes_per_group, BITMAP_FREE);
	if (bit == e->inodes_per_group || e->super->free_inodes_count == 0) {
		error = ext2_corrupt(e, 0, "inodes are counted wrong in group", g);
	} else {
		bitmap_fill(frame_data(f), bit, 1, BITMAP_USED);
		meta_dirty(f);
		count(e, g, mode, TAKE);
		*ino = g * e->inodes_per_group + bit + 1;       /* there is no inode 0 */
	}
	meta_put(f);
	return error ? error : 1;
}

/*
 * A free inode number near that of @near, for a file of @mode; it is now in use.
 *
 * Locks:   takes the alloc lock.  Sleeps.
 * Returns: 0; -ENOSPC; -EROFS; what the last bad group said.
 */
int ext2_alloc_ino(struct ext2 *e, uint32_t near, uint32_t mode, uint32_t *ino)
{
	int got = 0, error = -ENOSPC;

	if (e->fs.read_only) {
		return -EROFS;
	}
	mutex_lock(&e->alloc_lock);
	for (uint32_t k = 0; k < e->groups && got <= 0; k++) {
		uint32_t g = ((near - 1) / e->inodes_per_group + k) % e->groups;

		got = alloc_in_group(e, g, mode, ino);
		if (got < 0) {
			error = got;
		}
	}
	mutex_unlock(&e->alloc_lock);
	return got > 0 ? 0 : error;
}

/* Locks: alloc lock held.  Sleeps. */
static int free_locked(struct ext2 *e, uint32_t ino, uint32_t mode)
{
	uint32_t g = (ino - 1) / e->inodes_per_group, bit = (ino - 1) % e->inodes_per_group;
	struct ext2_group *d = ext2_group(e, g);
	struct frame *f;
	int error = meta_get(e->bdev, d->inode_bitmap, &f);

	if (error) {
		return error;
	}
	if (bitmap_next(frame_data(f), bit, bit + 1, BITMAP_USED) != bit ||
	    d->free_inodes_count >= e->inodes_per_group) {
		error = ext2_corrupt(e, ino, "freed twice, or counted wrong in group", g);
	} else {
		bitmap_fill(frame_data(f), bit, 1, BITMAP_FREE);
		meta_dirty(f);
		count(e, g, mode, GIVE_BACK);
	}
	meta_put(f);
	return error;
}

/*
 * @ino, of a file of @mode, is free again.
 *
 * Locks:   takes the alloc lock.  Sleeps.
 * Returns: 0; -EIO; -ENOMEM.
 */
int ext2_free_ino(struct ext2 *e, uint32_t ino, uint32_t mode)
{
	int error;

	mutex_lock(&e->alloc_lock);
	error = free_locked(e, ino, mode);
	mutex_unlock(&e->alloc_lock);
	return error;
}
