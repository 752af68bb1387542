/*
 * O_DIRECT: read(2) and write(2) between the user's pages and the disk, past the cache.
 *
 *      user pages      pinned, by the batch: mm/space/pin.c
 *         |  ^
 *         v  |         a request for each run on the disk, all at once, then one wait: direct_batch.c
 *      device
 *
 * Position, length and address are multiples of the file system's block, a page, as they were for Linux 2.4
 * [Linux open(2)]; else -EINVAL.  So a page of the file is a page of memory, and no byte is copied.
 *
 * What a write places has somebody's old bytes until the transfer ends, so only pages past the end of the file, where
 * nobody can look, are placed; the size follows when they are written.  A hole inside the file is filled through the
 * cache and written out at once, which is what Linux does for ext2.
 *
 * Locks: inode.lock from beginning to end (no block of ours is freed, no other writer), in it space.lock by the batch.
 *
 * Floor 6.  Read next: direct_batch.c; user/lib/direct.c, the same by the four calls
 */
#include "fs/direct.h"

#include "fs/file.h"
#include "kernel/lib/errno.h"
#include "mm/cache/pcache.h"

/* Has this file a disk that can be read and written past the cache? */
bool direct_possible(const struct inode *i)
{
	return inode_is(i, S_IFREG) && i->ops->extent;
}

static bool aligned(uva_t buf, uint32_t n, loff_t pos)
{
	return ((buf | n | (uint32_t)pos) & PAGE_MASK) == 0;
}

/* Read @n pages from page @first on.  Locks: inode.lock held.  Returns: pages, or -errno if none. */
static int read_pages(struct inode *i, uva_t buf, unsigned n, pgoff_t first)
{
	struct batch b;
	unsigned done = 0;
	int error = batch_begin(&b, i, IO_READ, n);

	if (error) {
		return error;
	}
	while (done < n && !error) {
		b.first = first + done;
		done += batch_move(&b, buf + done * PAGE_SIZE, n - done, &error);
	}
	batch_end(&b);
	return done ? (int)done : error;
}

/*
 * read(2) of a file that was opened with O_DIRECT.  See file.h.
 * Locks:   takes inode.lock.  Sleeps.
 * Returns: bytes, 0 at the end; -EINVAL -EFAULT -EIO -ENOMEM if not even one.
 */
int direct_read(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	struct inode *i = f->inode;
	loff_t left;
	int r = 0;

	mutex_lock(&i->lock);
	left = i->mapping.size - pos;
	if (left <= 0 || n == 0) {
		r = 0;                  /* aligned or not, or who has read a file of odd length could not see its end */
	} else if (!aligned(buf, n, pos)) {
		r = -EINVAL;
	} else {
		n = (uint32_t)MIN((loff_t)n, left);
		r = read_pages(i, buf, size_pages(n), (pgoff_t)(pos >> PAGE_SHIFT));
	}
	mutex_unlock(&i->lock);
	return r > 0 ? (int)MIN((uint32_t)r << PAGE_SHIFT, n) : r;
}

/* The hole at page @at of the file, or what of it @n pages cover.  Locks: inode.lock held.  Returns: pages; -errno. */
static int fill_hole(struct inode *i, loff_t limit, uva_t buf, unsigned n, pgoff_t at)
{
	struct mapping *m = &i->mapping;
	struct extent e;
	int r = i->ops->extent(i, at, n, EXTENT_FIND, &e);

	if (r < 0) {
		return r;
	}
	n = MIN(e.n, size_pages(mapping_size(m)) - at);
	r = rw_write_pages(m, limit, buf, n << PAGE_SHIFT, (loff_t)at << PAGE_SHIFT);
	if (r > 0) {
		int error = direct_write_cached(m, at, (unsigned)r >> PAGE_SHIFT);

		pcache_drop(m, at, (unsigned)r >> PAGE_SHIFT, TAKE_CLEAN);
		r = error ? error : r >> PAGE_SHIFT;
	}
	return r;
}

/* Write @n pages from page @first on.  Locks: inode.lock held.  Returns: pages, or -errno if none. */
static int write_pages(struct inode *i, loff_t limit, uva_t buf, unsigned n, pgoff_t first)
{
	struct batch b;
	unsigned done = 0;
	int error = batch_begin(&b, i, IO_WRITE, n);

	if (error) {
		return error;
	}
	while (done < n && !error) {
		int got;

		b.first = first + done;
		got = (int)batch_move(&b, buf + done * PAGE_SIZE, n - done, &error);
		if (got == 0 && !error) {
			got = fill_hole(i, limit, buf + done * PAGE_SIZE, n - done, b.first);
			error = MIN(got, 0);
		}
		if (got > 0) {
			int grown;

			done += (unsigned)got;
			grown = pcache_extend(&i->mapping, (loff_t)(first + done) << PAGE_SHIFT);
			error = error ? error : grown;
		}
	}
	if (error) {
		i->ops->trim(i);
	}
	batch_end(&b);
	return done ? (int)done : error;
}

/*
 * The body of rw_write() with O_DIRECT.  See file.h.
 * Locks:   inode.lock held.  Sleeps.
 * Returns: bytes; -EINVAL -EFBIG -EFAULT -EIO -ENOMEM -ENOSPC if not even one page.
 */
int direct_write(struct file *f, loff_t limit, uva_t buf, uint32_t n, loff_t pos)
{
	int r;

	if (!aligned(buf, n, pos)) {
		return -EINVAL;
	}
	limit &= ~(loff_t)PAGE_MASK;
	if (pos >= limit) {
		return -EFBIG;
	}
	n = (uint32_t)MIN((loff_t)n, limit - pos);
	r = write_pages(f->inode, limit, buf, n >> PAGE_SHIFT, (pgoff_t)(pos >> PAGE_SHIFT));
	return r > 0 ? r << PAGE_SHIFT : r;
}
