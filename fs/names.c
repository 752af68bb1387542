/*
 * Names made and removed: mkdir, symlink, link, mknod; unlink, rmdir.
 *
 * All of them walk to the directory first and then look the last component up under its lock, so that the name
 * is still what it was when it is made or removed.  A reference is given up only after the lock: it may be the
 * last one to a file without names, and freeing that takes long.
 *
 * Floor 6.  [POSIX mkdir, symlink, link, unlink, rmdir]  Read next: rename.c
 */
#include "fs/namei.h"

#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

/* See namei.h. */
int dir_may_grow(const struct inode *dir)
{
	if (dir->fs->read_only) {
		return -EROFS;
	}
	return dir->nlink > 0 ? 0 : -ENOENT;
}

/* ---- new names ---- */

/* Walk to where the new name @path goes.  Owns: after success the directory is locked, with a reference. */
static int new_begin(struct inode *cwd, const char *path, struct inode **dir, struct lastname *last)
{
	struct inode *there = NULL;
	int r = namei_parent(cwd, path, dir, last);

	if (r < 0) {
		return r;
	}
	if (!lastname_plain(last)) {
		inode_put(*dir);
		return -EEXIST;
	}
	mutex_lock(&(*dir)->lock);
	r = (*dir)->ops->lookup(*dir, last->name, last->len, &there);
	r = r == 0 ? -EEXIST : r == -ENOENT ? dir_may_grow(*dir) : r;
	if (r == 0) {
		return 0;
	}
	mutex_unlock(&(*dir)->lock);
	if (there) {
		inode_put(there);
	}
	inode_put(*dir);
	return r;
}

/* Owns: gives up both references; @made may be NULL. */
static void new_end(struct inode *dir, struct inode *made)
{
	mutex_unlock(&dir->lock);
	inode_put(dir);
	if (made) {
		inode_put(made);
	}
}

/* As new_begin(), for what is no directory: "name/" is none that it could have. */
static int new_begin_file(struct inode *cwd, const char *path, struct inode **dir, struct lastname *last)
{
	int r = new_begin(cwd, path, dir, last);

	if (r == 0 && last->must_be_dir) {
		new_end(*dir, NULL);
		r = -ENOENT;
	}
	return r;
}

/* mkdir(2).  Sleeps.  Returns: 0; -EEXIST; -EROFS; -EPERM; what the walk or the file system says. */
int fs_mkdir(struct inode *cwd, const char *path, uint32_t mode)
{
	struct inode *dir, *made = NULL;
	struct lastname last;
	int r = new_begin(cwd, path, &dir, &last);

	if (r < 0) {
		return r;
	}
	mode = S_IFDIR | (mode & 01777);
	r = dir->ops->mkdir ? dir->ops->mkdir(dir, last.name, last.len, mode, &made) : -EPERM;
	new_end(dir, made);
	return r;
}

/* mknod(2) of a regular file.  Sleeps.  Returns: as fs_mkdir(). */
int fs_make_file(struct inode *cwd, const char *path, uint32_t mode)
{
	struct inode *dir, *made = NULL;
	struct lastname last;
	int r = new_begin_file(cwd, path, &dir, &last);

	if (r < 0) {
		return r;
	}
	mode = S_IFREG | (mode & 07777);
	r = dir->ops->create ? dir->ops->create(dir, last.name, last.len, mode, &made) : -EPERM;
	new_end(dir, made);
	return r;
}

/* symlink(2).  Nobody asks where @text leads.  Sleeps.  Returns: as fs_mkdir(); -ENOENT for an empty text. */
int fs_symlink(struct inode *cwd, const char *path, const char *text)
{
	unsigned size = (unsigned)strlen(text);
	struct inode *dir, *made = NULL;
	struct lastname last;
	int r;

	if (size == 0 || size >= PATH_MAX) {
		return size ? -ENAMETOOLONG : -ENOENT;
	}
	r = new_begin_file(cwd, path, &dir, &last);
	if (r < 0) {
		return r;
	}
	r = dir->ops->symlink ? dir->ops->symlink(dir, last.name, last.len, text, size, &made) : -EPERM;
	new_end(dir, made);
	return r;
}

/* link(2): one more name for @target.  Sleeps.  Returns: as fs_mkdir(); -EXDEV; -EPERM for a directory, which would
 * make a graph of the tree. */
int fs_link(struct inode *cwd, const char *path, struct inode *target)
{
	struct inode *dir;
	struct lastname last;
	int r = new_begin_file(cwd, path, &dir, &last);

	if (r < 0) {
		return r;
	}
	if (dir->fs != target->fs) {
		r = -EXDEV;
	} else if (inode_is(target, S_IFDIR) || !dir->ops->link) {
		r = -EPERM;
	} else {
		r = dir->ops->link(dir, last.name, last.len, target);
	}
	new_end(dir, NULL);
	return r;
}

/* ---- names that go ---- */

/* Remove the name of @target, which was found under it.  Locks: dir->lock held. */
static int unlink_found(struct inode *dir, const struct lastname *last, struct inode *target)
{
	if (inode_is(target, S_IFDIR)) {
		return -EISDIR;
	}
	if (last->must_be_dir) {
		return -ENOTDIR;
	}
	if (dir->fs->read_only) {
		return -EROFS;
	}
	return dir->ops->unlink ? dir->ops->unlink(dir, last->name, last->len, target) : -EPERM;
}

/* The same for a directory.  Locks: dir->lock and fs->rename held. */
static int rmdir_found(struct inode *dir, const struct lastname *last, struct inode *target)
{
	if (!inode_is(target, S_IFDIR)) {
		return -ENOTDIR;
	}
	if (mount_point(target)) {
		return -EBUSY;
	}
	if (dir->fs->read_only) {
		return -EROFS;
	}
	return dir->ops->rmdir ? dir->ops->rmdir(dir, last->name, last->len, target) : -EPERM;
}

/* Look up @last and remove it by @found, which is one of the two above. */
static int remove_name(struct inode *dir, const struct lastname *last,
                       int (*found)(struct inode *dir, const struct lastname *last, struct inode *target))
{
	struct inode *target = NULL;
	int r;

	mutex_lock(&dir->lock);
	r = dir->ops->lookup(dir, last->name, last->len, &target);
	if (r == 0) {
		r = found(dir, last, target);
	}
	mutex_unlock(&dir->lock);
	if (target) {
		inode_put(target);      /* perhaps the last: frees the file, so without the lock */
	}
	return r;
}

/* unlink(2).  Sleeps.  Returns: 0; -EISDIR; -EROFS; -EPERM; what the walk or the file system says. */
int fs_unlink(struct inode *cwd, const char *path)
{
	struct inode *dir;
	struct lastname last;
	int r = namei_parent(cwd, path, &dir, &last);

	if (r < 0) {
		return r;
	}
	r = lastname_plain(&last) ? remove_name(dir, &last, unlink_found) : -EISDIR;
	inode_put(dir);
	return r;
}

/* What rmdir says of "/", "." and "..", whatever they lead to [POSIX rmdir]. */
static int rmdir_refusal(const struct lastname *last)
{
	return last->len == 0 ? -EBUSY : last->len == 1 ? -EINVAL : -ENOTEMPTY;
}

/*
 * rmdir(2).  Under fs->rename, as everything that locks two directories: then no order among them is needed,
 * and nobody finds the tree changed between two looks.
 *
 * Sleeps.  Returns: 0; -ENOTDIR; -ENOTEMPTY; -EBUSY for a mount point; -EINVAL; as fs_unlink().
 */
int fs_rmdir(struct inode *cwd, const char *path)
{
	struct inode *dir;
	struct lastname last;
	int r = namei_parent(cwd, path, &dir, &last);

	if (r < 0) {
		return r;
	}
	if (lastname_plain(&last)) {
		mutex_lock(&dir->fs->rename);
		r = remove_name(dir, &last, rmdir_found);
		mutex_unlock(&dir->fs->rename);
	} else {
		r = rmdir_refusal(&last);
	}
	inode_put(dir);
	return r;
}
