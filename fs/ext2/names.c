/*
 * inode_ops on names: look up, create, unlink; and symbolic links.
 *
 * Locks: the directory's inode.lock held throughout.
 *
 * Floor 6.
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
	struct ext2_cursor c;
	uint32_t ino;
	int error = ext2_dir_find(dir, name, len, &c);

	if (error) {
		return error;
	}
	ino = c.entry->ino;
	ext2_cursor_end(&c);
	return inode_get(dir->fs, ino, out);
}

/* A new inode in memory, for a number that is ours: a file of @mode without content. */
static struct inode *make_inode(struct inode *dir, uint32_t ino, uint32_t mode)
{
	struct inode *i = inode_alloc(dir->fs, ino);

	if (!i) {
		return NULL;
	}
	if (ext2_node_new(i) < 0) {
		inode_put(i);
		return NULL;
	}
	i->mode = mode;
	i->nlink = 1;
	i->atime = i->mtime = i->ctime = inode_now();
	ext2_node(i)->mapped = true;
	ext2_set_ops(i);
	return i;
}

/* Name @i, then let it be found.  Only a damaged disk has the number in use already. */
static int publish(struct inode *dir, const char *name, unsigned len, struct inode *i)
{
	struct ext2_cursor c;
	int error = ext2_dir_add(dir, name, len, i);

	if (error) {
		return error;
	}
	error = inode_insert(i);
	if (error && ext2_dir_find(dir, name, len, &c) == 0) {
		ext2_dir_remove(&c);
	}
	return error ? ext2_corrupt(ext2_of(dir), i->ino, "free, but in use, named in inode", dir->ino) : 0;
}

/*
 * A new, empty file.  The block of its inode is at hand before anything is changed, so that nothing is left to
 * fail once the name is there.
 *
 * Sleeps.
 * Owns:    a reference to *@out is the caller's.
 * Returns: 0; -EEXIST; -ENOSPC; -EROFS; -EIO; -ENOMEM.
 */
int ext2_create(struct inode *dir, const char *name, unsigned len, uint32_t mode, struct inode **out)
{
	struct ext2 *e = ext2_of(dir);
	struct ext2_cursor c;
	struct ext2_inode *raw;
	struct inode *i = NULL;
	struct frame *f;
	uint32_t ino;
	int error = ext2_dir_find(dir, name, len, &c);

	if (error != -ENOENT) {
		ext2_cursor_end(&c);
		return error ? error : -EEXIST;
	}
	error = ext2_alloc_ino(e, dir->ino, mode, &ino);
	if (error) {
		return error;
	}
	error = ext2_raw_get(e, ino, &f, &raw);
	if (error) {
		goto out_ino;
	}
	i = make_inode(dir, ino, mode);
	error = i ? publish(dir, name, len, i) : -ENOMEM;
	if (!error) {
		memset(raw, 0, e->inode_size);
		ext2_fill_raw(i, raw);
		meta_dirty(f);
	}
	meta_put(f);
	if (!error) {
		*out = i;
		return 0;
	}
	if (i) {
		inode_put(i);           /* never found by anybody: just freed */
	}
out_ino:
	ext2_free_ino(e, ino, mode);
	return error;
}

/*
 * Remove @name, which is @target's.  The file goes with its last link and its last user (ext2_destroy).
 *
 * Locks:   takes target->lock: the directory's comes first, and @target is none.  Sleeps.
 * Returns: 0; -ENOENT; -EISDIR; -EROFS; -EIO; -ENOMEM.
 */
int ext2_unlink(struct inode *dir, const char *name, unsigned len, struct inode *target)
{
	struct ext2_cursor c;
	int error;

	if (inode_is(target, S_IFDIR)) {
		return -EISDIR;
	}
	if (dir->fs->read_only) {
		return -EROFS;
	}
	error = ext2_dir_find(dir, name, len, &c);
	if (error) {
		return error;
	}
	ext2_dir_remove(&c);
	mutex_lock(&target->lock);
	if (target->nlink > 0) {        /* the disk may have counted wrong */
		target->nlink--;
	}
	target->ctime = inode_now();
	inode_dirty(target);
	mutex_unlock(&target->lock);
	return 0;
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
