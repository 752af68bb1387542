/*
 * From file to file inside the kernel, for sendfile(2) and copy_file_range(2), in the plain way: a page of the
 * source, found or read, is copied into a page of the destination, as write(2) would.
 *
 * It saves a program one of the two copies of read(2) and write(2), and the calls.  What saves the other is
 * mwrite: mm/space/mwrite.c.
 *
 * Floor 6.  [Linux sendfile(2), copy_file_range(2)]   Read next: write.c
 */
#include "fs/file.h"
#include "kernel/lib/errno.h"
#include "mm/cache/pcache.h"

/* See file.h. */
bool copy_possible(const struct file *in, const struct file *out)
{
	return in->ops->read == rw_read && out->ops->write == rw_write;
}

/*
 * What the page at @from of @in has, at most @n bytes.  A reference to it is enough, as for read(2).
 * Returns: bytes; 0 where the file has become shorter; -errno.
 */
static int copy_page(struct file *in, loff_t from, struct file *out, loff_t to, uint32_t n)
{
	uint32_t off = (uint32_t)from & PAGE_MASK;
	struct frame *f;
	int r = pcache_get(&in->inode->mapping, &in->ra, (pgoff_t)(from >> PAGE_SHIFT), &f);

	if (r < 0) {
		return r == -ERANGE ? 0 : r;
	}
	r = rw_write_kernel(out, (char *)frame_data(f) + off, MIN(n, PAGE_SIZE - off), to);
	frame_put(f);
	return r;
}

/*
 * See file.h.  Each page by itself, so others may read and write both files meanwhile.
 * Locks: takes the inode.lock of @out, page by page.  Sleeps.
 * Returns: bytes; -EIO -ENOMEM -ENOSPC -EFBIG if not even one.
 */
int copy_range(struct file *in, loff_t from, struct file *out, loff_t to, uint32_t n)
{
	loff_t size = mapping_size(&in->inode->mapping);
	uint32_t done = 0;
	int r = 1;

	if (from >= size) {
		return 0;
	}
	n = (uint32_t)MIN((loff_t)n, size - from);
	while (done < n && r > 0) {
		r = copy_page(in, from + done, out, to + done, n - done);
		done += r > 0 ? (uint32_t)r : 0;
	}
	return done ? (int)done : r;
}
