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
#include "kernel/lib/radix.h"

static inline uint64_t fd_bit(int fd)
{
	return (uint64_t)1 << fd;
}

static void fd_set(struct fdtable *t, int fd, struct file *f, bool cloexec)
{
	t->file[fd] = f;
	if (f) {
		t->open |= fd_bit(fd);
	} else {
		t->open &= ~fd_bit(fd);
	}
	if (cloexec) {
		t->cloexec |= fd_bit(fd);
	} else {
		t->cloexec &= ~fd_bit(fd);
	}
}

/* See file.h. */
int fd_install(struct fdtable *t, struct file *f, int lowest, bool cloexec)
{
	uint64_t unused;
	int fd;

	if ((unsigned)lowest >= NR_FDS) {
		return -EINVAL;                 /* as F_DUPFD [POSIX fcntl] */
	}
	unused = ~t->open >> lowest << lowest;
	if (!unused) {
		return -EMFILE;
	}
	fd = (int)radix_first(unused);
	fd_set(t, fd, f, cloexec);
	return fd;
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

/* A child's table, which is empty: the same files, one more reference each. */
void fd_copy(struct fdtable *to, const struct fdtable *from)
{
	for (uint64_t left = from->open; left; left &= left - 1) {
		unsigned fd = radix_first(left);

		to->file[fd] = from->file[fd];
		file_hold(to->file[fd]);
	}
	to->open = from->open;
	to->cloexec = from->cloexec;
}

static void close_these(struct fdtable *t, uint64_t mask)
{
	for (uint64_t left = t->open & mask; left; left &= left - 1) {
		(void)fd_close(t, (int)radix_first(left));
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
