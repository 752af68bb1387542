/*
 * read(2) through the page cache: find, copy out.  The generic body, the same for every file
 * system.
 *
 * A reference to the page is enough.  No lock: readers never wait for one another, nor for a writer
 * in the middle of a page; one that is truncated under a reader stays in memory, nameless, until
 * that is done.
 *
 * Floor 6.  Read next: write.c
 */
#include "fs/file.h"

#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/x86/ucopy.h"
#include "mm/cache/pcache.h"

enum { READ_BATCH = 16 };               /* pages looked up at once: 64 bytes of stack */


/* Page @i, found in the cache, is used: tell readahead and reclaim.  Returns 1 if readahead had
 * brought it in. */
static unsigned note_use(struct mapping *m, struct readahead *ra, struct frame *f, pgoff_t i)
{
	if (ra->prev == i) {
		return 0;               /* the same page by small pieces is one use */
	}
	if (frame_is(f, FR_MARK)) {
		frame_clear(f, FR_MARK);
		ra_mark_hit(m, ra, f);
	}
	ra->prev = i;
	return pcache_use(m, f);
}

/* Read from at most READ_BATCH pages; one that has to be read from the disk ends the batch, for it
 * brings its neighbours.  Returns bytes (> 0), or -errno if none. */
static int read_batch(struct mapping *m, struct readahead *ra, uva_t buf, uint32_t n, loff_t pos)
{
	struct frame *f[READ_BATCH];
	pgoff_t i = (pgoff_t)(pos >> PAGE_SHIFT);
	uint32_t off = (uint32_t)pos & PAGE_MASK, done = 0;
	unsigned want = MIN((off + n + PAGE_MASK) >> PAGE_SHIFT, (uint32_t)READ_BATCH);
	unsigned k = 0, hits = 0, brought = 0;
	bool missed = false;
	int r = 0;

	pcache_find(m, i, want, f);
	for (; k < want && !missed; k++, off = 0) {
		uint32_t len = MIN(PAGE_SIZE - off, n - done);

		if (!f[k] || !frame_is(f[k], FR_UPTODATE)) {
			missed = true;
			frame_put_many(f + k, want - k);
			want = k;
			r = pcache_get(m, ra, i + k, &f[k]);
			if (r < 0) {
				break;
			}
			want = k + 1;
		} else {
			hits++;
		}
		brought += note_use(m, ra, f[k], i + k);
		r = copy_to_user(buf + done, (char *)frame_data(f[k]) + off, len);
		if (r < 0) {
			break;
		}
		done += len;
	}
	frame_put_many(f, want);
	count_add(C_CACHE_HITS, hits);
	if (brought) {
		count_add(C_RA_USED, brought);
	}
	return done ? (int)done : r;
}

/* All of a small read when its one page is there.  Returns bytes, or -EAGAIN: go the long way. */
static int read_quickly(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	pgoff_t i = (pgoff_t)(pos >> PAGE_SHIFT);
	struct frame *page = pcache_find_within(&f->inode->mapping, i, pos + n);
	int r = -EAGAIN;

	if (!page) {
		return r;
	}
	if (frame_is(page, FR_UPTODATE)) {
		unsigned brought = note_use(&f->inode->mapping, &f->ra, page, i);

		if (brought) {
			count_add(C_RA_USED, brought);
		}
		r = copy_to_user(buf, (char *)frame_data(page) + (pos & PAGE_MASK), n);
		count_add(C_CACHE_HITS, 1);
		if (r == 0) {
			count_add(C_BYTES_COPIED_READ, n);
			r = (int)n;
		}
	}
	frame_put(page);
	return r;
}

/* Not inline: the way above, of a small read, is short. */
static __attribute__((noinline)) int read_all(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	struct mapping *m = &f->inode->mapping;
	loff_t size = mapping_size(m);
	uint32_t done = 0;
	int r = 0;

	if (pos >= size) {
		return 0;
	}
	n = (uint32_t)MIN((loff_t)n, size - pos);
	while (done < n) {
		r = read_batch(m, &f->ra, buf + done, n - done, pos + done);
		if (r < 0) {
			break;
		}
		done += (uint32_t)r;
	}
	if (r == -ERANGE || (r < 0 && pos + done >= mapping_size(m))) {
		r = 0;                  /* truncated meanwhile, and longer again perhaps: that is the end, no error */
	}
	count_add(C_BYTES_COPIED_READ, done);
	return done ? (int)done : r;
}

/* See file.h.  Sleeps.  Returns: bytes, 0 at the end; -EFAULT -EIO -ENOMEM if not even one. */
int rw_read(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	if (f->flags & O_DIRECT) {
		return direct_read(f, buf, n, pos);
	}
	if (n <= PAGE_SIZE - ((uint32_t)pos & PAGE_MASK)) {
		int r = read_quickly(f, buf, n, pos);

		if (r != -EAGAIN) {
			return r;
		}
	}
	return read_all(f, buf, n, pos);
}

/* See file.h.  Sleeps.  Returns: bytes, fewer than @n only at the end of the file or before an error.
 * */
int rw_read_kernel(struct inode *i, void *to, uint32_t n, loff_t pos)
{
	struct mapping *m = &i->mapping;
	loff_t size = mapping_size(m);
	struct readahead ra;
	uint32_t done = 0;

	if (pos >= size) {
		return 0;
	}
	ra_init(&ra);
	n = (uint32_t)MIN((loff_t)n, size - pos);
	while (done < n) {
		uint32_t off = (uint32_t)(pos + done) & PAGE_MASK;
		uint32_t len = MIN(PAGE_SIZE - off, n - done);
		struct frame *f;
		int r = pcache_get(m, &ra, (pgoff_t)((pos + done) >> PAGE_SHIFT), &f);

		if (r < 0) {
			return done || r == -ERANGE ? (int)done : r;
		}
		memcpy((char *)to + done, (char *)frame_data(f) + off, len);
		frame_put(f);
		done += len;
	}
	return (int)done;
}
