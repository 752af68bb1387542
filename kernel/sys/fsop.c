/*
 * Where a process is, and what it may do there: access, the working directory, umask.
 *
 * Floor 8.  Read next: names.c
 */
#include "fs/namei.h"
#include "kernel/sys/syscall.h"
#include "kernel/x86/ucopy.h"
#include "mm/phys/frame.h"
#include "mm/phys/kmalloc.h"

#define MODE_X   0111u
#define MODE_ALL 0777u

enum { X_OK = 1, W_OK = 2, R_OK = 4 };

/* The superuser, who is everybody here, may read and write anything, and run what anybody may run [POSIX 4.5]. */
static long check_access(struct inode *i, uint32_t want)
{
	if ((want & W_OK) && i->fs->read_only) {
		return -EROFS;
	}
	if ((want & X_OK) && !inode_is(i, S_IFDIR) && !(i->mode & MODE_X)) {
		return -EACCES;
	}
	return 0;
}

static long access_at(int dirfd, uva_t path, uint32_t want)
{
	struct inode *i;
	long r = want & ~(uint32_t)(R_OK | W_OK | X_OK) ? -EINVAL : path_inode(dirfd, path, 0, &i);

	if (r == 0) {
		r = check_access(i, want);
		inode_put(i);
	}
	return r;
}

long sys_access(const struct sysargs *a)
{
	return access_at(AT_FDCWD, arg(a, 0), arg(a, 1));
}

long sys_faccessat(const struct sysargs *a)
{
	return access_at((int)arg(a, 0), arg(a, 1), arg(a, 2));
}

/* ---- the working directory ---- */

/* Owns: takes over the reference to @i. */
static long set_cwd(struct inode *i)
{
	struct proc *p = proc_current();
	struct inode *old = p->cwd;

	if (!inode_is(i, S_IFDIR)) {
		inode_put(i);
		return -ENOTDIR;
	}
	p->cwd = i;
	inode_put(old);
	return 0;
}

long sys_chdir(const struct sysargs *a)
{
	struct inode *i;
	long r = path_inode(AT_FDCWD, arg(a, 0), 0, &i);

	return r < 0 ? r : set_cwd(i);
}

long sys_fchdir(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);

	if (!f) {
		return -EBADF;
	}
	inode_hold(f->inode);
	return set_cwd(f->inode);
}

long sys_getcwd(const struct sysargs *a)
{
	char *text = kmalloc(PATH_MAX, ALLOC_WAIT);
	long r;

	if (!text) {
		return -ENOMEM;
	}
	r = fs_path_of(proc_current()->cwd, text, PATH_MAX);
	if (r > 0 && (uint32_t)r > arg(a, 1)) {
		r = -ERANGE;
	}
	if (r > 0 && copy_to_user(arg(a, 0), text, (uint32_t)r) < 0) {
		r = -EFAULT;
	}
	kfree(text);
	return r;
}

long sys_umask(const struct sysargs *a)
{
	struct proc *p = proc_current();
	uint32_t old = p->umask;

	p->umask = arg(a, 0) & MODE_ALL;
	return (long)old;
}
