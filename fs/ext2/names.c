/*
 * inode_ops on names that are there, or are to be: look up, link, unlink, rmdir; and reading a symbolic link.
 *
 * Locks: the directory's inode.lock held throughout.
 *
 * Floor 6.  Read next: rename.c
 */
#include "fs/ext2/volume.h"
#include "fs/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

/*
 * The inode that @name names.
 *
 * Sleeps.
 * Owns:    a reference to *@out is the caller's.
 * Returns: 0; -ENOENT; -EIO; -ENOMEM.
 */
int ext2_lookup(struct inode *dir, const char *name, unsigned len, struct inode **out)
{
	uint32_t ino = ext2_known_find(dir, name, len);
	struct ext2_cursor c;
	int error;

	if (!ino) {
		error = ext2_dir_find(dir, name, len, &c);
		if (error) {
			return error;
		}
		ino = c.entry->ino;
		ext2_cursor_end(&c);
		ext2_known_add(dir, name, len, ino);
	}
	return inode_get(dir->fs, ino, out);
}

/*
 * @dir has one subdirectory more, whose ".." is a link to it, or one fewer.  It never falls below what it has by
 * itself, however the disk has counted.
 *
 * Locks: dir->lock held.
 */
void ext2_parent_gains(struct inode *dir)
{
	dir->nlink++;
	inode_dirty(dir);
}

void ext2_parent_loses(struct inode *dir)
{
	dir->nlink -= dir->nlink > 2;
	inode_dirty(dir);
}

/*
 * inode_ops.link: one more name for @target, which is no directory.  It is counted before it is there: a count that
 * is too high keeps a file, one that is too low frees it under somebody's name.
 *
 * Locks:   takes target->lock.  Sleeps.
 * Returns: 0; -ENOENT when the last name has just gone; -EMLINK; -ENOSPC; -EROFS; -EIO; -ENOMEM.
 */
int ext2_link(struct inode *dir, const char *name, unsigned len, struct inode *target)
{
	int error;

	mutex_lock(&target->lock);
	if (target->nlink == 0) {
		error = -ENOENT;
	} else if (target->nlink >= EXT2_LINK_MAX) {
		error = -EMLINK;
	} else {
		target->nlink++;
		error = ext2_dir_add(dir, name, len, target);
		target->nlink -= error != 0;
	}
	if (!error) {
		target->ctime = inode_now();
		inode_dirty(target);
	}
	mutex_unlock(&target->lock);
	return error;
}

/*
 * inode_ops.unlink: remove @name, which is @target's.  The file goes with its last link and its last user
 * (ext2_destroy).
 *
 * Locks:   takes target->lock: the directory's comes first, and @target is none.  Sleeps.
 * Returns: 0; -EROFS; -EIO; -ENOMEM.
 */
int ext2_unlink(struct inode *dir, const char *name, unsigned len, struct inode *target)
{
	struct ext2_cursor c;
	int error;

	mutex_lock(&target->lock);
	error = ext2_dir_find(dir, name, len, &c);
	if (!error) {
		error = ext2_drop_begin(target);
		if (!error) {
			ext2_dir_remove(&c);
			ext2_drop_link(target);
		}
		ext2_cursor_end(&c);
	}
	mutex_unlock(&target->lock);
	return error;
}

/* Remove @name; @target is locked. */
static int rmdir_locked(struct inode *dir, const char *name, unsigned len, struct inode *target)
{
	struct ext2_cursor c;
	int error = ext2_dir_empty(target);

	if (error) {
		return error;
	}
	error = ext2_dir_find(dir, name, len, &c);
	if (error) {
		return error;
	}
	error = ext2_drop_begin(target);
	if (!error) {
		ext2_dir_remove(&c);
		ext2_drop_link(target);
		ext2_parent_loses(dir);
	}
	ext2_cursor_end(&c);
	return error;
}

/*
 * inode_ops.rmdir: remove @name, which is that of the directory @target.  Somebody may still be in it: nothing new
 * can be made there, and it goes with its last user.
 *
 * Locks:   fs->rename held; takes target->lock.  Sleeps.
 * Returns: 0; -ENOTEMPTY; -EROFS; -EIO; -ENOMEM.
 */
int ext2_rmdir(struct inode *dir, const char *name, unsigned len, struct inode *target)
{
	int error;

	if (target == dir) {
		return ext2_corrupt(ext2_of(dir), dir->ino, "a directory that is in itself, links", dir->nlink);
	}
	mutex_lock(&target->lock);
	error = rmdir_locked(dir, name, len, target);
	mutex_unlock(&target->lock);
	return error;
}

/*
 * inode_ops.readlink: the text of a symbolic link, not terminated.
 *
 * Sleeps.
 * Returns: its length, cut to @size; -EINVAL when it is none; -EIO; -ENOMEM.
 */
int ext2_readlink(struct inode *i, char *to, unsigned size)
{
	unsigned length = (unsigned)MIN(mapping_size(&i->mapping), (loff_t)size);

	if (!inode_is(i, S_IFLNK)) {
		return -EINVAL;
	}
	if (ext2_node(i)->mapped) {
		return rw_read_kernel(i, to, length, 0);
	}
	memcpy(to, ext2_node(i)->block, length);
	return (int)length;
}
