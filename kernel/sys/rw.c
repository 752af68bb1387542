/*
 * The content of files: read, write, position, size, durability.
 *
 * Floor 8.  Read next: stat.c
 */
#include "kernel/sys/syscall.h"
#include "kernel/x86/ucopy.h"

long sys_read(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);

	return f ? restartable(file_read(f, a->arg[1], a->arg[2], NULL)) : -EBADF;
}

long sys_write(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);

	return f ? restartable(file_write(f, a->arg[1], a->arg[2], NULL)) : -EBADF;
}

long sys_pread64(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);
	loff_t pos = arg_loff(a, 3);

	return f ? restartable(file_read(f, a->arg[1], a->arg[2], &pos)) : -EBADF;
}

long sys_pwrite64(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);
	loff_t pos = arg_loff(a, 3);

	return f ? restartable(file_write(f, a->arg[1], a->arg[2], &pos)) : -EBADF;
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

	if (!f || a->arg[2] > IOV_MAX) {
		return f ? -EINVAL : -EBADF;
	}
	for (uint32_t i = 0; i < a->arg[2]; i++) {
		struct iovec v;
		int r = copy_from_user(&v, a->arg[1] + i * (uint32_t)sizeof(v), sizeof(v));

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
			return done ? (long)done : restartable(r);
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
	return transfer_all(a, file_read);
}

long sys_writev(const struct sysargs *a)
{
	return transfer_all(a, file_write);
}

/* ---- position and size ---- */

long sys_lseek(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);
	loff_t at = 0;
	long r = f ? file_seek(f, (int32_t)a->arg[1], (int)a->arg[2], &at) : -EBADF;

	if (r < 0) {
		return r;
	}
	return at > INT32_MAX ? -EOVERFLOW : (long)at;
}

/* Unlike everywhere else the high half comes first [Linux llseek(2)]. */
long sys_llseek(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);
	loff_t at = 0;
	loff_t offset = (loff_t)((uint64_t)a->arg[1] << 32 | a->arg[2]);
	long r = f ? file_seek(f, offset, (int)a->arg[4], &at) : -EBADF;

	return r < 0 ? r : copy_to_user(a->arg[3], &at, sizeof(at));
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
	return truncate_path(a->arg[0], (int32_t)a->arg[1]);
}

long sys_truncate64(const struct sysargs *a)
{
	return truncate_path(a->arg[0], arg_loff(a, 1));
}

long sys_ftruncate(const struct sysargs *a)
{
	return truncate_file(arg_file(a, 0), (int32_t)a->arg[1]);
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

	return f ? file_readdir(f, a->arg[1], a->arg[2]) : -EBADF;
}
