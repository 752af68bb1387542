/*
 * sendfile and copy_file_range: what may be asked of them.  Between regular files that are made of pages only: a
 * pipe or a terminal is EINVAL, after which programs read and write by themselves.
 *
 * A position is read before and set after: who shares a descriptor with somebody that copies, too, copies from
 * where both were.  So does Linux.
 *
 * Floor 8.  [Linux sendfile(2), copy_file_range(2)]   Read next: fs/copy.c
 */
#include "kernel/sys/syscall.h"
#include "kernel/x86/ucopy.h"

#define LENGTH_MAX 0x7ffff000u          /* as for read and write: the result is a positive number */

/* A position: the user's at @va, @size bytes of it, or, where that is NULL, the file's own. */
struct position { struct file *file; uva_t va; uint32_t size; loff_t at; };

/* Returns: 0; -EFAULT; -EINVAL for one before the file. */
static int position_get(struct position *p)
{
	int32_t narrow;
	int r;

	if (!p->va) {
		p->at = p->file->pos;
		return 0;
	}
	if (p->size == sizeof(p->at)) {
		r = copy_from_user(&p->at, p->va, sizeof(p->at));
	} else {
		r = copy_from_user(&narrow, p->va, sizeof(narrow));
		p->at = r ? 0 : narrow;
	}
	return r == 0 && p->at < 0 ? -EINVAL : r;
}

/* It is @n further on. */
static int position_put(const struct position *p, long n)
{
	loff_t at = p->at + n;

	if (!p->va) {
		p->file->pos = at;
		return 0;
	}
	return copy_to_user(p->va, &at, p->size);       /* little-endian: the low half comes first */
}

static long copy_between(struct position *in, struct position *out, uint32_t n)
{
	long r = copy_range(in->file, in->at, out->file, out->at, n);

	if (r > 0 && (position_put(in, r) < 0 || position_put(out, r) < 0)) {
		return -EFAULT;
	}
	return r;
}

/* A program that knows 32 bits of positions is told so when they end. */
static long send(const struct sysargs *a, uint32_t size)
{
	struct position out = { .file = arg_file(a, 0) };
	struct position in = { .file = arg_file(a, 1), .va = arg(a, 2), .size = size };
	uint32_t n = MIN(arg(a, 3), LENGTH_MAX);
	long r;

	if (!in.file || !file_readable(in.file) || !out.file || !file_writable(out.file)) {
		return -EBADF;
	}
	if (in.va && !in.file->ops->seekable) {
		return -ESPIPE;
	}
	r = position_get(&in);
	if (r < 0) {
		return r;
	}
	if (!copy_possible(in.file, out.file) || (out.file->flags & O_APPEND)) {
		return -EINVAL;
	}
	if (in.va && size < sizeof(in.at)) {
		n = MIN(n, (uint32_t)INT32_MAX - (uint32_t)in.at);
		if (n == 0 && arg(a, 3) > 0) {
			return -EOVERFLOW;
		}
	}
	(void)position_get(&out);               /* its own: that cannot fail */
	return copy_between(&in, &out, n);
}

/* Returns: bytes; -EBADF -ESPIPE -EFAULT -EINVAL -EOVERFLOW, or as copy_range().  Sleeps. */
long sys_sendfile(const struct sysargs *a)
{
	return send(a, sizeof(int32_t));
}

long sys_sendfile64(const struct sysargs *a)
{
	return send(a, sizeof(loff_t));
}

/* Within one file the two ranges must not touch, as far as there is anything to copy. */
static bool overlap(const struct position *in, const struct position *out, uint32_t n)
{
	loff_t left = MAX(mapping_size(&in->file->inode->mapping) - in->at, 0);

	n = (uint32_t)MIN((loff_t)n, left);
	return in->file->inode == out->file->inode && in->at < out->at + n && out->at < in->at + n;
}

static bool is_directory(const struct file *f)
{
	return inode_is(f->inode, S_IFDIR);
}

/* Of argument 5 no bit means anything.  Returns: bytes; -EBADF -EISDIR -EINVAL -EFAULT -EOVERFLOW, or as
 * copy_range().  Sleeps. */
long sys_copy_file_range(const struct sysargs *a)
{
	struct position in = { .file = arg_file(a, 0), .va = arg(a, 1), .size = sizeof(in.at) };
	struct position out = { .file = arg_file(a, 2), .va = arg(a, 3), .size = sizeof(out.at) };
	uint32_t n = MIN(arg(a, 4), LENGTH_MAX);
	long r;

	if (!in.file || !out.file) {
		return -EBADF;
	}
	r = position_get(&in);
	r = r < 0 ? r : position_get(&out);
	if (r < 0 || arg(a, 5)) {
		return r < 0 ? r : -EINVAL;
	}
	if (is_directory(in.file) || is_directory(out.file)) {
		return -EISDIR;
	}
	if (!copy_possible(in.file, out.file)) {
		return -EINVAL;
	}
	if (!file_readable(in.file) || !file_writable(out.file) || (out.file->flags & O_APPEND)) {
		return -EBADF;
	}
	if (in.at > INT64_MAX - n || out.at > INT64_MAX - n) {
		return -EOVERFLOW;
	}
	return overlap(&in, &out, n) ? -EINVAL : copy_between(&in, &out, n);
}
