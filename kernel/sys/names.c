/*
 * Names: mkdir, rmdir, link, symlink, readlink, unlink, rename, mknod.
 *
 * Each comes in two kinds, with and without a directory's descriptor to start from: the second is the first with
 * AT_FDCWD.
 *
 * Floor 8.  Read next: attr.c
 */
#include "fs/namei.h"
#include "kernel/sys/syscall.h"
#include "kernel/x86/ucopy.h"
#include "mm/phys/frame.h"
#include "mm/phys/kmalloc.h"

/* ---- directories ---- */

static long mkdir_at(int dirfd, uva_t path, uint32_t mode)
{
	struct user_path at;
	long r = path_fetch(dirfd, path, &at);

	if (r == 0) {
		r = fs_mkdir(at.base, at.text, mode & ~proc_current()->umask);
		path_drop(&at);
	}
	return r;
}

long sys_mkdir(const struct sysargs *a)
{
	return mkdir_at(AT_FDCWD, arg(a, 0), arg(a, 1));
}

long sys_mkdirat(const struct sysargs *a)
{
	return mkdir_at((int)arg(a, 0), arg(a, 1), arg(a, 2));
}

/* Only of regular files: what a device's number would mean here is the table of /dev. */
static long mknod_at(int dirfd, uva_t path, uint32_t mode)
{
	struct user_path at;
	long r;

	if ((mode & S_IFMT) != 0 && (mode & S_IFMT) != S_IFREG) {
		return -EPERM;
	}
	r = path_fetch(dirfd, path, &at);
	if (r == 0) {
		r = fs_make_file(at.base, at.text, mode & ~proc_current()->umask);
		path_drop(&at);
	}
	return r;
}

long sys_mknod(const struct sysargs *a)
{
	return mknod_at(AT_FDCWD, arg(a, 0), arg(a, 1));
}

long sys_mknodat(const struct sysargs *a)
{
	return mknod_at((int)arg(a, 0), arg(a, 1), arg(a, 2));
}

/* ---- names that go ---- */

typedef int (*remove_fn)(struct inode *cwd, const char *path);

static long remove_at(int dirfd, uva_t path, remove_fn remove)
{
	struct user_path at;
	long r = path_fetch(dirfd, path, &at);

	if (r == 0) {
		r = remove(at.base, at.text);
		path_drop(&at);
	}
	return r;
}

long sys_unlink(const struct sysargs *a)
{
	return remove_at(AT_FDCWD, arg(a, 0), fs_unlink);
}

long sys_rmdir(const struct sysargs *a)
{
	return remove_at(AT_FDCWD, arg(a, 0), fs_rmdir);
}

long sys_unlinkat(const struct sysargs *a)
{
	if (arg(a, 2) & ~(uint32_t)AT_REMOVEDIR) {
		return -EINVAL;
	}
	return remove_at((int)arg(a, 0), arg(a, 1), arg(a, 2) ? fs_rmdir : fs_unlink);
}

/* ---- links ---- */

static long link_at(int from_fd, uva_t from, int to_fd, uva_t to, uint32_t flags)
{
	struct user_path at;
	struct inode *target;
	long r;

	if (flags & ~(uint32_t)AT_SYMLINK_FOLLOW) {
		return -EINVAL;
	}
	r = path_inode(from_fd, from, flags ? 0 : AT_SYMLINK_NOFOLLOW, &target);
	if (r < 0) {
		return r;
	}
	r = path_fetch(to_fd, to, &at);
	if (r == 0) {
		r = fs_link(at.base, at.text, target);
		path_drop(&at);
	}
	inode_put(target);
	return r;
}

long sys_link(const struct sysargs *a)
{
	return link_at(AT_FDCWD, arg(a, 0), AT_FDCWD, arg(a, 1), 0);
}

long sys_linkat(const struct sysargs *a)
{
	return link_at((int)arg(a, 0), arg(a, 1), (int)arg(a, 2), arg(a, 3), arg(a, 4));
}

static long symlink_at(uva_t text, int dirfd, uva_t path)
{
	struct user_path leads_to, at;
	long r = path_fetch(AT_FDCWD, text, &leads_to);         /* a path, though nobody walks it now */

	if (r < 0) {
		return r;
	}
	r = path_fetch(dirfd, path, &at);
	if (r == 0) {
		r = fs_symlink(at.base, at.text, leads_to.text);
		path_drop(&at);
	}
	path_drop(&leads_to);
	return r;
}

long sys_symlink(const struct sysargs *a)
{
	return symlink_at(arg(a, 0), AT_FDCWD, arg(a, 1));
}

long sys_symlinkat(const struct sysargs *a)
{
	return symlink_at(arg(a, 0), (int)arg(a, 1), arg(a, 2));
}

static long readlink_at(int dirfd, uva_t path, uva_t to, uint32_t size)
{
	struct inode *link;
	char *text;
	long r = (int32_t)size <= 0 ? -EINVAL : path_inode(dirfd, path, AT_SYMLINK_NOFOLLOW, &link);

	if (r < 0) {
		return r;
	}
	text = kmalloc(PATH_MAX, ALLOC_WAIT);
	r = text ? link_text(link, text, PATH_MAX) : -ENOMEM;
	inode_put(link);
	if (r > 0) {
		r = (long)MIN((uint32_t)r, size);       /* cut without a word, says the interface */
		r = copy_to_user(to, text, (uint32_t)r) < 0 ? -EFAULT : r;
	}
	kfree(text);
	return r;
}

long sys_readlink(const struct sysargs *a)
{
	return readlink_at(AT_FDCWD, arg(a, 0), arg(a, 1), arg(a, 2));
}

long sys_readlinkat(const struct sysargs *a)
{
	return readlink_at((int)arg(a, 0), arg(a, 1), arg(a, 2), arg(a, 3));
}

/* ---- rename ---- */

static long rename_at(int from_fd, uva_t from_path, int to_fd, uva_t to_path)
{
	struct user_path from, to;
	long r = path_fetch(from_fd, from_path, &from);

	if (r < 0) {
		return r;
	}
	r = path_fetch(to_fd, to_path, &to);
	if (r == 0) {
		r = fs_rename(from.base, from.text, to.base, to.text);
		path_drop(&to);
	}
	path_drop(&from);
	return r;
}

long sys_rename(const struct sysargs *a)
{
	return rename_at(AT_FDCWD, arg(a, 0), AT_FDCWD, arg(a, 1));
}

long sys_renameat(const struct sysargs *a)
{
	return rename_at((int)arg(a, 0), arg(a, 1), (int)arg(a, 2), arg(a, 3));
}

/* Its flags (do not replace, exchange) change the meaning of the call: none of them exists here. */
long sys_renameat2(const struct sysargs *a)
{
	return arg(a, 4) ? -EINVAL : sys_renameat(a);
}
