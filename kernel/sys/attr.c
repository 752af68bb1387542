/*
 * Attributes: chmod, chown, utime, and all their relatives.
 *
 * Everybody is the superuser here, who may change them all; they matter to programs that look, and to other
 * systems that read the disk.
 *
 * Floor 8.  [POSIX chmod, chown, utimensat]  Read next: poll.c
 */
#include "fs/namei.h"
#include "kernel/sys/syscall.h"
#include "kernel/sys/times.h"
#include "kernel/x86/ucopy.h"

/* ---- mode ---- */

static long chmod_at(int dirfd, uva_t path, uint32_t mode)
{
	struct inode *i;
	long r = path_inode(dirfd, path, 0, &i);

	if (r == 0) {
		r = inode_set_mode(i, mode);
		inode_put(i);
	}
	return r;
}

long sys_chmod(const struct sysargs *a)
{
	return chmod_at(AT_FDCWD, arg(a, 0), arg(a, 1));
}

long sys_fchmodat(const struct sysargs *a)
{
	return chmod_at((int)arg(a, 0), arg(a, 1), arg(a, 2));
}

long sys_fchmod(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);

	return f ? inode_set_mode(f->inode, arg(a, 1)) : -EBADF;
}

/* ---- owner ---- */

struct owner { uint32_t uid, gid; };            /* -1: keep, and so it is INODE_KEEP */

_Static_assert(INODE_KEEP == (uint32_t)-1, "the ABI's -1");

/* Of the calls of before there were 65,535 users. */
static uint32_t wide(uint32_t id)
{
	return (id & 0xFFFF) == 0xFFFF ? INODE_KEEP : id & 0xFFFF;
}

static struct owner owner_arg(const struct sysargs *a, unsigned k)
{
	return (struct owner){ arg(a, k), arg(a, k + 1) };
}

static struct owner owner16_arg(const struct sysargs *a)
{
	return (struct owner){ wide(arg(a, 1)), wide(arg(a, 2)) };
}

static long chown_at(int dirfd, uva_t path, uint32_t flags, struct owner o)
{
	struct inode *i;
	long r = path_inode(dirfd, path, flags, &i);

	if (r == 0) {
		r = inode_set_owner(i, o.uid, o.gid);
		inode_put(i);
	}
	return r;
}

static long chown_file(struct file *f, struct owner o)
{
	return f ? inode_set_owner(f->inode, o.uid, o.gid) : -EBADF;
}

long sys_chown(const struct sysargs *a)
{
	return chown_at(AT_FDCWD, arg(a, 0), 0, owner_arg(a, 1));
}

long sys_lchown(const struct sysargs *a)
{
	return chown_at(AT_FDCWD, arg(a, 0), AT_SYMLINK_NOFOLLOW, owner_arg(a, 1));
}

long sys_fchown(const struct sysargs *a)
{
	return chown_file(arg_file(a, 0), owner_arg(a, 1));
}

long sys_fchownat(const struct sysargs *a)
{
	if (arg(a, 4) & ~(uint32_t)AT_SYMLINK_NOFOLLOW) {
		return -EINVAL;
	}
	return chown_at((int)arg(a, 0), arg(a, 1), arg(a, 4), owner_arg(a, 2));
}

long sys_chown16(const struct sysargs *a)
{
	return chown_at(AT_FDCWD, arg(a, 0), 0, owner16_arg(a));
}

long sys_lchown16(const struct sysargs *a)
{
	return chown_at(AT_FDCWD, arg(a, 0), AT_SYMLINK_NOFOLLOW, owner16_arg(a));
}

long sys_fchown16(const struct sysargs *a)
{
	return chown_file(arg_file(a, 0), owner16_arg(a));
}

/*
 * ---- times ----
 *
 * Whole seconds, as the disk has them.  Access and modification; NULL in the array: keep.
 */

enum { ATIME, MTIME };
enum { UTIME_NOW = 0x3FFFFFFF, UTIME_OMIT = 0x3FFFFFFE, NS_MAX = 999999999 };

struct stamps { uint32_t time[2]; bool keep[2]; };

static long set_times(struct inode *i, const struct stamps *s)
{
	return inode_set_times(i, s->keep[ATIME] ? NULL : &s->time[ATIME],
	                       s->keep[MTIME] ? NULL : &s->time[MTIME]);
}

static struct stamps both_now(void)
{
	return (struct stamps){ .time = { inode_now(), inode_now() } };
}

static long set_times_at(int dirfd, uva_t path, uint32_t flags, const struct stamps *s)
{
	struct inode *i;
	long r = path_inode(dirfd, path, flags, &i);

	if (r == 0) {
		r = set_times(i, s);
		inode_put(i);
	}
	return r;
}

/* struct utimbuf: two numbers of seconds. */
long sys_utime(const struct sysargs *a)
{
	struct stamps s = both_now();

	if (arg(a, 1) && copy_from_user(s.time, arg(a, 1), sizeof(s.time)) < 0) {
		return -EFAULT;
	}
	return set_times_at(AT_FDCWD, arg(a, 0), 0, &s);
}

static int fetch_timevals(uva_t at, struct stamps *s)
{
	struct timeval t[2];

	if (at == 0) {
		return 0;
	}
	if (copy_from_user(t, at, sizeof(t)) < 0) {
		return -EFAULT;
	}
	for (unsigned k = ATIME; k <= MTIME; k++) {
		if (t[k].usec < 0 || t[k].usec >= 1000000) {
			return -EINVAL;
		}
		s->time[k] = (uint32_t)t[k].sec;
	}
	return 0;
}

static long utimes_at(int dirfd, uva_t path, uva_t times)
{
	struct stamps s = both_now();
	long r = fetch_timevals(times, &s);

	return r < 0 ? r : set_times_at(dirfd, path, 0, &s);
}

long sys_utimes(const struct sysargs *a)
{
	return utimes_at(AT_FDCWD, arg(a, 0), arg(a, 1));
}

long sys_futimesat(const struct sysargs *a)
{
	return utimes_at((int)arg(a, 0), arg(a, 1), arg(a, 2));
}

/* One of the two, in the words of utimensat. */
static int set_stamp(struct stamps *s, unsigned k, int64_t sec, int32_t nsec)
{
	if (nsec == UTIME_OMIT) {
		s->keep[k] = true;
		return 0;
	}
	if (nsec == UTIME_NOW) {
		return 0;
	}
	if (nsec < 0 || nsec > NS_MAX || sec < INT32_MIN || sec > UINT32_MAX) {
		return -EINVAL;
	}
	s->time[k] = (uint32_t)sec;
	return 0;
}

/* No path: the descriptor itself, which is what futimens(3) is made of. */
static long utimens_at(const struct sysargs *a, const struct stamps *s)
{
	struct file *f = arg_file(a, 0);

	if (arg(a, 3) & ~(uint32_t)AT_SYMLINK_NOFOLLOW) {
		return -EINVAL;
	}
	if (arg(a, 1) == 0) {
		return f ? set_times(f->inode, s) : -EBADF;
	}
	return set_times_at((int)arg(a, 0), arg(a, 1), arg(a, 3), s);
}

struct timespec32 { int32_t sec, nsec; };
struct timespec64 { int64_t sec; int32_t nsec, pad; };

long sys_utimensat(const struct sysargs *a)
{
	struct timespec32 t[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
	struct stamps s = both_now();

	if (arg(a, 2) && copy_from_user(t, arg(a, 2), sizeof(t)) < 0) {
		return -EFAULT;
	}
	if (set_stamp(&s, ATIME, t[ATIME].sec, t[ATIME].nsec) < 0 ||
	    set_stamp(&s, MTIME, t[MTIME].sec, t[MTIME].nsec) < 0) {
		return -EINVAL;
	}
	return utimens_at(a, &s);
}

long sys_utimensat64(const struct sysargs *a)
{
	struct timespec64 t[2] = { { 0, UTIME_NOW, 0 }, { 0, UTIME_NOW, 0 } };
	struct stamps s = both_now();

	if (arg(a, 2) && copy_from_user(t, arg(a, 2), sizeof(t)) < 0) {
		return -EFAULT;
	}
	if (set_stamp(&s, ATIME, t[ATIME].sec, t[ATIME].nsec) < 0 ||
	    set_stamp(&s, MTIME, t[MTIME].sec, t[MTIME].nsec) < 0) {
		return -EINVAL;
	}
	return utimens_at(a, &s);
}
