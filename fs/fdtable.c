/*
 * Descriptor tables: small numbers for open files, one table a process.
 *
 * No lock: a table belongs to one process and processes have one thread.  Files are shared, by
 * reference.
 *
 * Floor 6.
 */
#include "fs/file.h"

#include "kernel/lib/errno.h"

static inline uint64_t fd_bit(int fd)
{
	return (uint64_t)1 << fd;
}

static void fd_set(struct fdtable *t, int fd, struct file *f, bool cloexec)
{
	t->file[fd] = f;
	if (cloexec) {
		t->cloexec |= fd_bit(fd);
	} else {
		t->cloexec &= ~fd_bit(fd);
	}
}

/* See file.h. */
int fd_install(struct fdtable *t, struct file *f, int lowest, bool cloexec)
{
	if ((unsigned)lowest >= NR_FDS) {
		return -EINVAL;                 /* as F_DUPFD [POSIX fcntl] */
	}
	for (int fd = lowest; fd < (int)NR_FDS; fd++) {
		if (!t->file[fd]) {
			fd_set(t, fd, f, cloexec);
			return fd;
		}
	}
	return -EMFILE;
}

/* close(2).  Sleeps if it was the last reference.  Returns: 0 or -EBADF. */
int fd_close(struct fdtable *t, int fd)
{
	struct file *f = fd_file(t, fd);

	if (!f) {
		return -EBADF;
	}
	fd_set(t, fd, NULL, false);             /* first: closing may sleep */
	file_put(f);
	return 0;
}

/* dup2(2).  Sleeps if @to was open.  Returns: @to, or -EBADF. */
int fd_dup2(struct fdtable *t, int from, int to, bool cloexec)
{
	struct file *f = fd_file(t, from), *old;

	if (!f || (unsigned)to >= NR_FDS) {
		return -EBADF;
	}
	if (from == to) {
		return to;
	}
	old = t->file[to];
	file_hold(f);
	fd_set(t, to, f, cloexec);
	if (old) {
		file_put(old);
	}
	return to;
}

/* A child's table: the same files, one more reference each. */
void fd_copy(struct fdtable *to, const struct fdtable *from)
{
	*to = *from;
	for (unsigned fd = 0; fd < NR_FDS; fd++) {
		if (to->file[fd]) {
			file_hold(to->file[fd]);
		}
	}
}

static void close_these(struct fdtable *t, uint64_t mask)
{
	for (int fd = 0; fd < (int)NR_FDS; fd++) {
		if (t->file[fd] && (mask & fd_bit(fd))) {
			(void)fd_close(t, fd);
		}
	}
}

/* Close what must not outlive exec.  Sleeps. */
void fd_close_exec(struct fdtable *t)
{
	close_these(t, t->cloexec);
}

/* Close everything.  Sleeps. */
void fd_close_all(struct fdtable *t)
{
	close_these(t, ~(uint64_t)0);
}
