/*
 * write(2) through the page cache: grab (locked), place, copy in, dirty.
 *
 * Copying in happens under the frame lock, where a page fault could want that very frame.  So the
 * user's page is touched first, then copied with the variant that gives up on a fault; if it does
 * (the page was reclaimed in between), nothing is lost and the page is done again.
 *
 * What a reader may see is decided by the order of words: a page that did not hold the file's
 * content becomes up to date only when it is complete, and dirty only when it has a place.
 *
 * Floor 6.  Read next: sync.c
 */
#include "fs/file.h"

#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/x86/mmu.h"
#include "kernel/x86/ucopy.h"
#include "mm/cache/order.h"
#include "mm/cache/pcache.h"
#include "mm/cache/writeback.h"

enum { BALANCE_PAGES = 64 };            /* written between two looks at the dirty limit */

/* A piece of one page on its way to the cache, from the user or, where @kernel is not NULL, from there. */
struct piece {
	uva_t       from;
	const char *kernel;
	loff_t      pos;
	uint32_t    off, len;           /* where in the page: [off, off + len) */
};

static inline pgoff_t piece_index(const struct piece *p)
{
	return (pgoff_t)(p->pos >> PAGE_SHIFT);
}

/* Bring in what the user has at @buf: of @len (<= a page) bytes, how many can be read. */
static uint32_t touch_user(uva_t buf, uint32_t len)
{
	uint32_t first = PAGE_SIZE - (buf & PAGE_MASK);         /* bytes up to the next page */
	char c;

	if (copy_from_user(&c, buf, 1) < 0) {
		return 0;
	}
	if (len > first && copy_from_user(&c, buf + first, 1) < 0) {
		return first;
	}
	return len;
}

/* The piece, to @to, under a frame lock.  Returns how many bytes of it could not be had. */
static uint32_t bring(char *to, const struct piece *p)
{
	if (!p->kernel) {
		return copy_from_user_nofault(to, p->from, p->len);
	}
	if (p->len == PAGE_SIZE) {
		page_copy(to, p->kernel);
	} else {
		memmove(to, p->kernel, p->len);         /* from this very page, perhaps */
	}
	return 0;
}

/* Place before dirt. */
static int find_place(struct mapping *m, struct frame *f)
{
	int r;

	if (!m->ops->prepare) {
		return -EROFS;
	}
	r = m->ops->prepare(m, f->index, &f, 1);
	return r > 0 ? 0 : r < 0 ? r : -ENOSPC;
}

static bool past_end(struct mapping *m, pgoff_t index)
{
	return index >= size_pages(mapping_size(m));
}

/* The piece ends at @end of the file, which is at least so long from now on.  Before the page is
 * let go of: who writes it out takes what is behind the end for nobody's. */
static void grow(struct mapping *m, loff_t end)
{
	if (end <= m->size) {
		return;                 /* it changes under the lock that we are called with */
	}
	spin_lock(&m->lock);
	m->size = end;
	spin_unlock(&m->lock);
}

/*
 * The page holds the file's content: change part of it.  Once it has a new place it must become
 * dirty, even if the copy brought nothing: that block's own content is somebody's old data.
 */
static int overwrite(struct mapping *m, struct frame *f, const struct piece *p)
{
	int r = f->place ? 0 : find_place(m, f);
	uint32_t got;

	if (r < 0) {
		return r;
	}
	got = p->len - bring((char *)frame_data(f) + p->off, p);
	pcache_dirty(f);
	if (got > 0) {
		grow(m, p->pos + got);
	}
	return (int)got;
}

/*
 * The page holds nothing yet, and nothing of the file outside the piece: make it whole.  Copied
 * before it is placed, and not readable until both are done, so that failing at either leaves no
 * trace.
 */
static int compose(struct mapping *m, struct frame *f, const struct piece *p)
{
	char *data = frame_data(f);
	int r = 0;

	memset(data, 0, p->off);
	memset(data + p->off + p->len, 0, PAGE_SIZE - p->off - p->len);
	if (bring(data + p->off, p) == 0) {
		r = f->place ? 0 : find_place(m, f);
		if (r == 0) {
			frame_set(f, FR_UPTODATE);
			pcache_dirty(f);
			grow(m, p->pos + p->len);
			return (int)p->len;
		}
	}
	if (past_end(m, piece_index(p))) {
		pcache_forget(f);       /* no file has such a page */
	}
	return r;
}

/* Must the page be read before the piece is put in?  Not if the piece covers all that the file has
 * there. */
static bool needs_old(struct mapping *m, const struct piece *p)
{
	loff_t start = p->pos - p->off, size = mapping_size(m);

	loff_t end = MIN(size, start + (loff_t)PAGE_SIZE);

	return size > start && (p->off > 0 || start + p->len < end);
}

/* Write one piece.  Returns: bytes written; 0: do it again; -errno. */
static int write_piece(struct mapping *m, struct piece *p)
{
	struct frame *f;
	int r;

	p->len = p->kernel ? p->len : touch_user(p->from, p->len);
	if (p->len == 0) {
		return -EFAULT;
	}
	order_begin();                          /* it may need a new block */
	r = pcache_grab(m, piece_index(p), &f);
	if (r < 0) {
		goto out;
	}
	if (!frame_is(f, FR_UPTODATE) && needs_old(m, p)) {
		r = pcache_fill(m, f);
	}
	if (r == 0 && f->mapping == m) {        /* waiting for the disk may have cost it its name */
		r = frame_is(f, FR_UPTODATE) ? overwrite(m, f, p) : compose(m, f, p);
	}
	frame_unlock(f);
	frame_put(f);
out:
	order_end();
	return r;
}

/* Writing starts past the end at @size: what lies between reads as zeros, so the rest of the last
 * page must be, whatever a mapping of it has left there. */
static void zero_tail(struct mapping *m, loff_t size)
{
	uint32_t used = (uint32_t)size & PAGE_MASK;
	struct frame *f = used ? pcache_find_one(m, (pgoff_t)(size >> PAGE_SHIFT)) : NULL;

	if (!f) {
		return;
	}
	frame_lock(f);
	if (f->mapping == m && frame_is(f, FR_UPTODATE)) {
		memset((char *)frame_data(f) + used, 0, PAGE_SIZE - used);
	}
	frame_unlock(f);
	frame_put(f);
}

/* Go on behind the first @n bytes of the piece. */
static inline void advance(struct piece *p, uint32_t n)
{
	p->pos += n;
	p->from += n;
	p->kernel = p->kernel ? p->kernel + n : NULL;
}

/* Write @n bytes from @kernel, or, if that is NULL, from the user's @buf.  See rw_write_pages(). */
static int write_pages(struct mapping *m, loff_t limit, const char *kernel, uva_t buf, uint32_t n, loff_t pos)
{
	struct piece p = { .from = buf, .kernel = kernel, .pos = pos };
	loff_t size = m->size;
	uint32_t done = 0;
	int r = 0;

	if (pos >= limit) {
		return -EFBIG;
	}
	if (pos > size) {
		zero_tail(m, size);
	}
	n = (uint32_t)MIN((loff_t)n, limit - pos);
	while (done < n) {
		p.off = (uint32_t)p.pos & PAGE_MASK;
		p.len = MIN(PAGE_SIZE - p.off, n - done);
		r = write_piece(m, &p);
		if (r < 0) {
			break;
		}
		done += (uint32_t)r;
		if (done < n && piece_index(&p) % BALANCE_PAGES == 0) {
			wb_balance(m);
		}
		advance(&p, (uint32_t)r);
	}
	wb_balance(m);
	count_add(C_BYTES_COPIED_WRITE, done);
	return done ? (int)done : r;
}

/* See file.h.  Locks: the lock that guards the size of @m held.  Sleeps. */
int rw_write_pages(struct mapping *m, loff_t limit, uva_t buf, uint32_t n, loff_t pos)
{
	return write_pages(m, limit, NULL, buf, n, pos);
}

/* How large the file may become: by the file system, and for programs that know small files only. */
static loff_t largest(const struct file *f)
{
	loff_t max = f->inode->fs->max_size ? f->inode->fs->max_size : INT64_MAX;

	return f->flags & O_LARGEFILE ? max : MIN(max, SMALL_FILE_MAX);
}

/* The body of both calls below.  Locks: takes inode.lock.  Sleeps. */
static inline int write_file(struct file *f, const char *kernel, uva_t buf, uint32_t n, loff_t pos)
{
	struct inode *i = f->inode;
	struct mapping *m = &i->mapping;
	int r = 0;

	mutex_lock(&i->lock);
	if (f->flags & O_APPEND) {
		pos = f->pos = mapping_size(m);
	}
	if (n > 0 && (f->flags & O_DIRECT) && !kernel) {
		r = direct_write(f, largest(f), buf, n, pos);
	} else if (n > 0) {
		r = write_pages(m, largest(f), kernel, buf, n, pos);
	}
	if (r > 0) {
		i->mtime = i->ctime = inode_now();
		inode_dirty(i);
	}
	mutex_unlock(&i->lock);
	if (r > 0 && (f->flags & O_DSYNC)) {
		int error = file_sync_range(f, pos, r, true);

		return error < 0 ? error : r;
	}
	return r;
}

/* See file.h.  Locks: takes inode.lock.  Sleeps.  Returns: bytes; -EFAULT -EIO -ENOMEM -ENOSPC -EFBIG
 * if not even one. */
int rw_write(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	return write_file(f, NULL, buf, n, pos);
}

/* See file.h.  The same, without -EFAULT. */
int rw_write_kernel(struct file *f, const void *from, uint32_t n, loff_t pos)
{
	return write_file(f, from, 0, n, pos);
}
