/*
 * The content of files: read, write, position, size, durability.
 *
 * Floor 8.  Read next: stat.c
 */
#include "kernel/sys/syscall.h"
#include "kernel/x86/ucopy.h"

/* Would a reader have to wait?  Only what can be polled makes anybody wait. */
static __attribute__((noinline)) bool read_waits(struct file *f)
{
	return file_readable(f) && f->ops->poll && !(f->ops->poll(f) & (POLLIN | POLLHUP));
}

/* With O_NONBLOCK a reader that would have to wait is told so instead. */
static inline int read_file(struct file *f, uva_t buf, uint32_t n, const loff_t *pos)
{
	if ((f->flags & O_NONBLOCK) && read_waits(f)) {
		return -EAGAIN;
	}
	return file_read(f, buf, n, pos);
}

/* Who writes where nobody is left to read hears of it by a signal, too [POSIX write]. */
static inline int write_file(struct file *f, uva_t buf, uint32_t n, const loff_t *pos)
{
	int r = file_write(f, buf, n, pos);

	if (r == -EPIPE) {
		(void)signal_kill(proc_current()->pid, SIGPIPE, SI_USER);
	}
	return r;
}

long sys_read(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);

	return f ? restartable(a, read_file(f, arg(a, 1), arg(a, 2), NULL)) : -EBADF;
}

long sys_write(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);

	return f ? restartable(a, write_file(f, arg(a, 1), arg(a, 2), NULL)) : -EBADF;
}

long sys_pread64(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);
	loff_t pos = arg_loff(a, 3);

	return f ? restartable(a, file_read(f, arg(a, 1), arg(a, 2), &pos)) : -EBADF;
}

long sys_pwrite64(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);
	loff_t pos = arg_loff(a, 3);

	return f ? restartable(a, file_write(f, arg(a, 1), arg(a, 2), &pos)) : -EBADF;
}

/* ---- several buffers at once ---- */

enum { IOV_MAX = 1024 };

struct iovec { uva_t base; uint32_t len; };

typedef int (*transfer_fn)(struct file *f, uva_t buf, uint32_t n, const loff_t *pos);

/* Buffer after buffer, until one is not filled.  What was done counts more than what then went wrong. */
static long transfer_all(const struct sysargs *a, transfer_fn transfer)
{
	struct file *f = arg_file(a, 0);
	uint32_t done = 0;

	if (!f || arg(a, 2) > IOV_MAX) {
		return f ? -EINVAL : -EBADF;
	}
	for (uint32_t i = 0; i < arg(a, 2); i++) {
		struct iovec v;
		int r = copy_from_user(&v, arg(a, 1) + i * (uint32_t)sizeof(v), sizeof(v));

		if (r == 0 && v.len > INT32_MAX - done) {
			r = -EINVAL;
		}
		if (r == 0 && v.len == 0) {
			continue;
		}
		if (r == 0) {
			r = transfer(f, v.base, v.len, NULL);
		}
		if (r < 0) {
			return done ? (long)done : restartable(a, r);
		}
		done += (uint32_t)r;
		if ((uint32_t)r < v.len) {
			break;
		}
	}
	return (long)done;
}

long sys_readv(const struct sysargs *a)
{
	return transfer_all(a, read_file);
}

long sys_writev(const struct sysargs *a)
{
	return transfer_all(a, write_file);
}

/* ---- position and size ---- */

long sys_lseek(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);
	loff_t at = f ? file_seek(f, (int32_t)arg(a, 1), (int)arg(a, 2)) : -EBADF;

	return at == (int32_t)at ? (long)at : -EOVERFLOW;
}

/* Unlike everywhere else the high half comes first [Linux llseek(2)]. */
long sys_llseek(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);
	loff_t offset = (loff_t)((uint64_t)arg(a, 1) << 32 | arg(a, 2));
	loff_t at = f ? file_seek(f, offset, (int)arg(a, 4)) : -EBADF;

	return at < 0 ? (long)at : copy_to_user(arg(a, 3), &at, sizeof(at));
}

static long truncate_path(uva_t path, loff_t size)
{
	struct user_path at;
	struct file *f;
	long r = size < 0 ? -EINVAL : path_fetch(AT_FDCWD, path, &at);

	if (r < 0) {
		return r;
	}
	r = file_open(at.base, at.text, O_WRONLY, 0, &f);
	path_drop(&at);
	if (r < 0) {
		return r;
	}
	r = file_truncate(f, size);
	file_put(f);
	return r;
}

static long truncate_file(struct file *f, loff_t size)
{
	if (!f) {
		return -EBADF;
	}
	return size < 0 ? -EINVAL : file_truncate(f, size);
}

long sys_truncate(const struct sysargs *a)
{
	return truncate_path(arg(a, 0), (int32_t)arg(a, 1));
}

long sys_truncate64(const struct sysargs *a)
{
	return truncate_path(arg(a, 0), arg_loff(a, 1));
}

long sys_ftruncate(const struct sysargs *a)
{
	return truncate_file(arg_file(a, 0), (int32_t)arg(a, 1));
}

long sys_ftruncate64(const struct sysargs *a)
{
	return truncate_file(arg_file(a, 0), arg_loff(a, 1));
}

/* ---- durability ---- */

long sys_fsync(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);

	return f ? file_sync_range(f, 0, 0, false) : -EBADF;
}

long sys_fdatasync(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);

	return f ? file_sync_range(f, 0, 0, true) : -EBADF;
}

long sys_sync(const struct sysargs *a)
{
	(void)a;
	(void)fs_sync_all();            /* cannot fail, says the interface: fsync(2) can */
	return 0;
}

long sys_getdents64(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);

	return f ? file_readdir(f, arg(a, 1), arg(a, 2)) : -EBADF;
}
