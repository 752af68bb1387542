/*
 * Descriptors: open, pipe, close, dup, fcntl, ioctl.
 *
 * Floor 8.  Read next: rw.c
 */
#include "fs/namei.h"
#include "fs/pipe.h"
#include "kernel/sys/syscall.h"
#include "kernel/x86/ucopy.h"

/* ---- open ---- */

static long open_at(int dirfd, uva_t path, uint32_t flags, uint32_t mode)
{
	struct proc *p = proc_current();
	struct user_path at;
	struct file *f;
	long r = path_fetch(dirfd, path, &at);

	if (r < 0) {
		return r;
	}
	r = file_open(at.base, at.text, flags, mode & ~p->umask, &f);
	path_drop(&at);
	if (r < 0) {
		return r;
	}
	r = fd_install(&p->fds, f, 0, (flags & O_CLOEXEC) != 0);
	if (r < 0) {
		file_put(f);
	}
	return r;
}

long sys_open(const struct sysargs *a)
{
	return open_at(AT_FDCWD, arg(a, 0), arg(a, 1), arg(a, 2));
}

long sys_openat(const struct sysargs *a)
{
	return open_at((int)arg(a, 0), arg(a, 1), arg(a, 2), arg(a, 3));
}

long sys_creat(const struct sysargs *a)
{
	return open_at(AT_FDCWD, arg(a, 0), O_CREAT | O_WRONLY | O_TRUNC, arg(a, 1));
}

long sys_close(const struct sysargs *a)
{
	return fd_close(&proc_current()->fds, (int)arg(a, 0));
}

/* ---- pipe ---- */

/* Owns: takes over the references to both. */
static long install_both(struct file *reader, struct file *writer, bool cloexec, int32_t fd[2])
{
	struct fdtable *t = &proc_current()->fds;

	fd[0] = fd_install(t, reader, 0, cloexec);
	if (fd[0] < 0) {
		file_put(reader);
		file_put(writer);
		return fd[0];
	}
	fd[1] = fd_install(t, writer, 0, cloexec);
	if (fd[1] < 0) {
		(void)fd_close(t, fd[0]);
		file_put(writer);
		return fd[1];
	}
	return 0;
}

static long make_pipe(uva_t to, uint32_t flags)
{
	struct fdtable *t = &proc_current()->fds;
	struct file *reader, *writer;
	int32_t fd[2];
	long r;

	if (flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK)) {
		return -EINVAL;
	}
	r = pipe_create(flags & O_NONBLOCK, &reader, &writer);
	if (r == 0) {
		r = install_both(reader, writer, (flags & O_CLOEXEC) != 0, fd);
	}
	if (r == 0) {
		r = copy_to_user(to, fd, sizeof(fd));
		if (r < 0) {
			(void)fd_close(t, fd[0]);
			(void)fd_close(t, fd[1]);
		}
	}
	return r;
}

long sys_pipe(const struct sysargs *a)
{
	return make_pipe(arg(a, 0), 0);
}

long sys_pipe2(const struct sysargs *a)
{
	return make_pipe(arg(a, 0), arg(a, 1));
}

/* ---- dup ---- */

static long dup_above(struct file *f, uint32_t lowest, bool cloexec)
{
	long r;

	file_hold(f);
	/* As a number of its own kind an enormous lowest is negative, and refused. */
	r = fd_install(&proc_current()->fds, f, (int)lowest, cloexec);
	if (r < 0) {
		file_put(f);
	}
	return r;
}

long sys_dup(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);

	return f ? dup_above(f, 0, false) : -EBADF;
}

long sys_dup2(const struct sysargs *a)
{
	return fd_dup2(&proc_current()->fds, (int)arg(a, 0), (int)arg(a, 1), false);
}

long sys_dup3(const struct sysargs *a)
{
	if (arg(a, 0) == arg(a, 1) || (arg(a, 2) & ~(uint32_t)O_CLOEXEC)) {
		return -EINVAL;
	}
	return fd_dup2(&proc_current()->fds, (int)arg(a, 0), (int)arg(a, 1), arg(a, 2) != 0);
}

/* ---- fcntl, ioctl ---- */

enum { F_DUPFD = 0, F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, F_DUPFD_CLOEXEC = 1030 };
enum { FD_CLOEXEC = 1 };

static void set_cloexec(struct fdtable *t, uint32_t fd, bool on)
{
	uint64_t bit = 1ull << fd;

	t->cloexec = on ? t->cloexec | bit : t->cloexec & ~bit;
}

/* Only these can change while a file is open [POSIX fcntl]. */
static long set_flags(struct file *f, uint32_t flags)
{
	const uint32_t may = O_APPEND | O_NONBLOCK | O_DIRECT;

	if ((flags & O_DIRECT) && !direct_possible(f->inode)) {
		return -EINVAL;
	}
	mutex_lock(&f->lock);
	f->flags = (f->flags & ~may) | (flags & may);
	mutex_unlock(&f->lock);
	return 0;
}

long sys_fcntl(const struct sysargs *a)
{
	struct fdtable *t = &proc_current()->fds;
	struct file *f = arg_file(a, 0);

	if (!f) {
		return -EBADF;
	}
	switch (arg(a, 1)) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return dup_above(f, arg(a, 2), arg(a, 1) == F_DUPFD_CLOEXEC);
	case F_GETFD:
		return t->cloexec >> arg(a, 0) & 1 ? FD_CLOEXEC : 0;
	case F_SETFD:
		set_cloexec(t, arg(a, 0), (arg(a, 2) & FD_CLOEXEC) != 0);
		return 0;
	case F_GETFL:
		return (long)f->flags;
	case F_SETFL:
		return set_flags(f, arg(a, 2));
	default:
		return -EINVAL;
	}
}

long sys_ioctl(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);

	if (!f) {
		return -EBADF;
	}
	return f->ops->ioctl ? f->ops->ioctl(f, arg(a, 1), arg(a, 2)) : -ENOTTY;
}
