/*
 * Open files: what every kind has in common.  Positions, access modes, limits; then the file's own
 * op.
 *
 * Files with positions are read and written at f->pos under f->lock, so that two processes that
 * share a file description never get or overwrite each other's bytes.  Files without (terminals)
 * take no lock: a reader that waits for a key must not stop the writer on the same description.
 *
 * Floor 6.  Read next: rw.c
 */
#include "fs/file.h"

#include "kernel/lib/errno.h"
#include "kernel/x86/ucopy.h"

#define IO_MAX 0x7ffff000u      /* bytes of one call, as Linux has it: the result fits an int */

enum { SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE };    /* lseek(2), Linux values */

typedef int (*transfer_fn)(struct file *f, uva_t buf, uint32_t n, loff_t pos);

/* Has anybody else the description?  Else the position needs no lock, for processes have one thread. */
static bool pos_shared(const struct file *f)
{
	return atomic_read(&f->refs) > 1;
}

/* The position is ours until pos_unlock().  Returns what that wants to know. */
static bool pos_lock(struct file *f)
{
	bool shared = pos_shared(f);

	if (shared) {
		mutex_lock(&f->lock);
	}
	return shared;
}

static void pos_unlock(struct file *f, bool locked)
{
	if (locked) {
		mutex_unlock(&f->lock);
	}
}

/* Locks: the position is the caller's. */
static inline int transfer_here(struct file *f, transfer_fn op, uva_t buf, uint32_t n)
{
	int r = op(f, buf, n, f->pos);

	if (r > 0) {
		f->pos += (uint32_t)r;
	}
	return r;
}

static __attribute__((noinline)) int transfer_shared(struct file *f, transfer_fn op, uva_t buf, uint32_t n)
{
	int r;

	mutex_lock(&f->lock);
	r = transfer_here(f, op, buf, n);
	mutex_unlock(&f->lock);
	return r;
}

static __attribute__((noinline)) int transfer_at(struct file *f, transfer_fn op, uva_t buf, uint32_t n, loff_t pos)
{
	loff_t before;
	bool locked;
	int r;

	if (!f->ops->seekable) {
		return -ESPIPE;
	}
	if (pos < 0) {
		return -EINVAL;
	}
	if (!(f->flags & O_APPEND)) {
		return op(f, buf, n, pos);
	}
	locked = pos_lock(f);           /* a write goes to the end and leaves the position there */
	before = f->pos;
	r = op(f, buf, n, pos);
	f->pos = before;
	pos_unlock(f, locked);
	return r;
}

static inline int transfer(struct file *f, transfer_fn op, uva_t buf, uint32_t n, const loff_t *pos)
{
	if (!op) {
		return inode_is(f->inode, S_IFDIR) ? -EISDIR : -EINVAL;
	}
	n = MIN(n, IO_MAX);
	if (!user_range(buf, n)) {
		return -EFAULT;
	}
	if (pos) {
		return transfer_at(f, op, buf, n, *pos);
	}
	if (!f->ops->seekable) {
		return op(f, buf, n, 0);
	}
	return pos_shared(f) ? transfer_shared(f, op, buf, n) : transfer_here(f, op, buf, n);
}

/* read(2), pread(2).  [POSIX read]  Sleeps.  Returns: bytes, 0 at the end; -EBADF -EISDIR -EINVAL
 * -EFAULT -ESPIPE, or the op's. */
int file_read(struct file *f, uva_t buf, uint32_t n, const loff_t *pos)
{
	return file_readable(f) ? transfer(f, f->ops->read, buf, n, pos) : -EBADF;
}

/* write(2), pwrite(2).  [POSIX write]  Sleeps.  Returns: as file_read(). */
int file_write(struct file *f, uva_t buf, uint32_t n, const loff_t *pos)
{
	return file_writable(f) ? transfer(f, f->ops->write, buf, n, pos) : -EBADF;
}

/*
 * SEEK_DATA: the first byte of data at or after @off; SEEK_HOLE: the same of a hole, and there is one at the end of
 * every file.  What has a place on the disk is data, so dirty pages are: no place, no dirt.  Whole pages.
 * [Linux lseek(2)]  Returns: the position; -ENXIO past the end, or when no data follows; -EIO -ENOMEM.
 */
static loff_t seek_stretch(struct inode *i, loff_t off, int whence)
{
	loff_t size = mapping_size(&i->mapping);
	pgoff_t page = (pgoff_t)(off >> PAGE_SHIFT), end = size_pages(size);
	bool want = whence == SEEK_HOLE, hole = false;

	if (off < 0 || off >= size) {
		return -ENXIO;
	}
	if (!i->ops || !i->ops->stretch) {
		return want ? size : off;
	}
	while (page < end) {
		int n = i->ops->stretch(i, page, end - page, &hole);

		if (n < 0) {
			return n;
		}
		if (hole == want) {
			return MAX(off, (loff_t)page << PAGE_SHIFT);
		}
		page += (pgoff_t)n;
	}
	return want ? size : -ENXIO;
}

/* @off from @base, which is no less than 0. */
static loff_t seek_from(const struct file *f, loff_t base, loff_t off)
{
	loff_t at = (loff_t)((uint64_t)base + (uint64_t)off), max = f->inode->fs->max_size;

	if (at < 0) {
		return off < 0 ? -EINVAL : -EOVERFLOW;
	}
	return at > max && max ? -EINVAL : at;
}

/* Where a seek leads that has to look at the file.  Not inline: the others, below, are short.  Sleeps. */
static __attribute__((noinline)) loff_t seek_by_content(const struct file *f, loff_t off, int whence)
{
	if (whence == SEEK_END) {
		return seek_from(f, mapping_size(&f->inode->mapping), off);
	}
	return whence <= SEEK_HOLE ? seek_stretch(f->inode, off, whence) : -EINVAL;
}

/* Locks: the position is the caller's. */
static inline loff_t seek(struct file *f, loff_t off, int whence)
{
	loff_t at = whence == SEEK_SET ? seek_from(f, 0, off)
	          : whence == SEEK_CUR ? seek_from(f, f->pos, off)
	          : seek_by_content(f, off, whence);

	if (at >= 0) {
		f->pos = at;
	}
	return at;
}

static __attribute__((noinline)) loff_t seek_shared(struct file *f, loff_t off, int whence)
{
	loff_t at;

	mutex_lock(&f->lock);
	at = seek(f, off, whence);
	mutex_unlock(&f->lock);
	return at;
}

/* lseek(2).  [POSIX lseek]  Sleeps.  Returns: the position; -ESPIPE -EINVAL -EOVERFLOW, or as seek_stretch(). */
loff_t file_seek(struct file *f, loff_t off, int whence)
{
	if (!f->ops->seekable) {
		return -ESPIPE;
	}
	return pos_shared(f) ? seek_shared(f, off, whence) : seek(f, off, whence);
}

/* ftruncate(2).  [POSIX ftruncate]  Sleeps. */
int file_truncate(struct file *f, loff_t size)
{
	if (!file_writable(f)) {
		return -EINVAL;                 /* and not EBADF [POSIX ftruncate] */
	}
	return f->ops->truncate ? f->ops->truncate(f, size) : inode_truncate(f->inode, size);
}

/* getdents64(2).  Sleeps.  Returns: bytes, 0 at the end, -ENOTDIR, or the op's. */
int file_readdir(struct file *f, uva_t buf, uint32_t n)
{
	bool locked;
	int r;

	if (!f->ops->readdir) {
		return -ENOTDIR;
	}
	locked = pos_lock(f);
	r = f->ops->readdir(f, buf, n);
	pos_unlock(f, locked);
	return r;
}
