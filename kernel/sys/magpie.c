/*
 * The calls that Magpie is about, as far as they are not mmap: readahead, mwrite, fdatasync_area.  What
 * they mean is said where they are done: mm/cache/readahead.c, mm/space/mwrite.c, fs/sync.c.  Here is
 * what may be asked of them.
 *
 * And one for tests: where is a page, and in what state?
 *
 * Floor 8.  [LT 2002-05-11]   Read next: mm/space/mwrite.c
 */
#include "kernel/sys/syscall.h"
#include "kernel/x86/ucopy.h"
#include "mm/cache/pcache.h"
#include "mm/cache/readahead.h"

#define LENGTH_MAX 0x7ffff000u          /* as for read and write: the result is a positive number */

/* ---- readahead ---- */

/* Start reading what there is of [@off, @off + @len). */
static void read_ahead(struct file *f, loff_t off, loff_t len)
{
	loff_t end, size = mapping_size(&f->inode->mapping);

	if (__builtin_add_overflow(off, len, &end) || end > size) {
		end = size;
	}
	if (off < end) {
		pgoff_t first = (pgoff_t)(off >> PAGE_SHIFT);

		ra_start(&f->inode->mapping, first, size_pages(end) - first, FR_AHEAD,
		         ALLOC_WAIT | ALLOC_HINT);
	}
}

/* Sleeps for memory at most, never for the device.  Returns: 0; -EBADF, -EINVAL. */
long sys_readahead(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);
	loff_t off = arg_loff(a, 1);

	if (!f || !file_readable(f)) {
		return -EBADF;
	}
	if (!file_paged(f) || off < 0) {
		return -EINVAL;
	}
	read_ahead(f, off, (loff_t)arg(a, 3));
	return 0;
}

/* ---- fadvise ---- */

enum { ADVICE_WILLNEED = 3, ADVICE_DONTNEED = 4, ADVICE_LAST = 5 };

/*
 * Advice is a hint, too.  Of what is not needed any more, whatever is clean and unused leaves the
 * cache, the whole file's for any range of it: the range may not be all of a page.  [POSIX
 * posix_fadvise]
 */
static long advise(struct file *f, loff_t off, loff_t len, int advice)
{
	if (!f) {
		return -EBADF;
	}
	if (!file_regular(f)) {
		return -ESPIPE;
	}
	if (len < 0 || advice < 0 || advice > ADVICE_LAST) {
		return -EINVAL;
	}
	if (advice == ADVICE_WILLNEED) {
		read_ahead(f, off, len ? len : mapping_size(&f->inode->mapping));
	} else if (advice == ADVICE_DONTNEED) {
		(void)pcache_drop_clean(&f->inode->mapping);
	}
	return 0;
}

/* Returns: 0; -EBADF -ESPIPE -EINVAL. */
long sys_fadvise64(const struct sysargs *a)
{
	return advise(arg_file(a, 0), arg_loff(a, 1), (loff_t)arg(a, 3), (int)arg(a, 4));
}

/* Returns: 0; -EBADF -ESPIPE -EINVAL. */
long sys_fadvise64_64(const struct sysargs *a)
{
	return advise(arg_file(a, 0), arg_loff(a, 1), arg_loff(a, 3), (int)arg(a, 5));
}

/* ---- mwrite ---- */

/* How many pages may be moved to @pos, of the @len bytes at @va?  0: none are asked for; -errno. */
static long check_move(struct file *f, uva_t va, uint32_t len, loff_t pos)
{
	loff_t max = f->inode->fs->max_size ? f->inode->fs->max_size : (loff_t)1 << 44;

	if (pos & PAGE_MASK) {
		return -EINVAL;
	}
	if (len == 0) {
		return 0;
	}
	len = MIN(len, LENGTH_MAX);
	if (!user_range(va, len) || space_covers(task_current()->space, va, len) < 0) {
		return -EFAULT;
	}
	max &= ~(loff_t)PAGE_MASK;
	if (pos >= max) {
		return -EFBIG;
	}
	return (long)(MIN((loff_t)len, max - pos) >> PAGE_SHIFT);
}

/* Locks: f->lock and the inode's are held. */
static long move_pages(struct file *f, uva_t va, uint32_t len)
{
	struct inode *i = f->inode;
	loff_t pos = f->flags & O_APPEND ? mapping_size(&i->mapping) : f->pos;
	long n = check_move(f, va, len, pos);

	if (n <= 0) {
		return n;
	}
	n = mwrite(task_current()->space, va, (unsigned)n, &i->mapping, (pgoff_t)(pos >> PAGE_SHIFT));
	if (n > 0) {
		f->pos = pos + ((loff_t)n << PAGE_SHIFT);
		i->mtime = i->ctime = inode_now();
		inode_dirty(i);
		n <<= PAGE_SHIFT;
	}
	return n;
}

/* Returns: bytes moved; -EBADF, -EINVAL, -EFAULT, -EFBIG, -ENOSPC, -EIO, -ENOMEM.  Sleeps. */
long sys_mwrite(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);
	uva_t va = arg(a, 1);
	uint32_t len = arg(a, 2);
	long r;

	if (!f || !file_writable(f)) {
		return -EBADF;
	}
	if (!file_paged(f) || ((va | len) & PAGE_MASK)) {
		return -EINVAL;
	}
	mutex_lock(&f->lock);
	mutex_lock(&f->inode->lock);
	r = move_pages(f, va, len);
	mutex_unlock(&f->inode->lock);
	if (r > 0 && (f->flags & O_DSYNC)) {
		int error = file_sync_range(f, f->pos - r, r, true);

		r = error < 0 ? error : r;
	}
	mutex_unlock(&f->lock);
	return r;
}

/* ---- fdatasync_area ---- */

/* Returns: 0; -EBADF, -EINVAL, or the write error that this open file has not heard of.  Sleeps. */
long sys_fdatasync_area(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);

	return f ? file_sync_range(f, arg_loff(a, 1), arg_loff(a, 3), true) : -EBADF;
}

/* ---- for tests ---- */

enum page_query { QUERY_FILE, QUERY_ADDRESS, QUERY_STATE, QUERY_TABLE, QUERY_DROP };

enum { STATE_UPTODATE = 1, STATE_DIRTY = 2, STATE_WRITEBACK = 4, STATE_LOCKED = 8, STATE_MAPPED = 16 };

static long state_of(const struct frame *f)
{
	return (frame_is(f, FR_UPTODATE) ? STATE_UPTODATE : 0) | (frame_is(f, FR_DIRTY) ? STATE_DIRTY : 0) |
	       (frame_is(f, FR_WRITEBACK) ? STATE_WRITEBACK : 0) |
	       (frame_is(f, FR_LOCKED) ? STATE_LOCKED : 0) |
	       (atomic_read(&f->maps) > 0 ? STATE_MAPPED : 0);
}

static long query_file(struct file *f, enum page_query what, pgoff_t index)
{
	struct frame *frame;
	long r;

	if (!f) {
		return -EBADF;
	}
	if (what == QUERY_DROP) {
		return (long)pcache_drop_clean(&f->inode->mapping);
	}
	frame = pcache_find_one(&f->inode->mapping, index);
	if (!frame) {
		return 0;
	}
	r = what == QUERY_FILE ? (long)frame_pfn(frame) : state_of(frame);
	frame_put(frame);
	return r;
}

static long query_address(enum page_query what, uva_t va)
{
	struct pagetable *pt = &task_current()->space->pt;
	struct frame *frame;
	long r = 0;

	va = page_round_down(va);
	if (va >= USER_TOP) {
		return -EFAULT;
	}
	if (what == QUERY_TABLE) {
		return pt_skip(pt, va, 1, NULL) == 0;
	}
	if (pt_lookup(pt, va, &frame)) {
		r = (long)frame_pfn(frame);
		frame_put(frame);
	}
	return r;
}

/* magpie_page(what, descriptor or address, page of the file): see user/lib/magpie.h. */
long sys_magpie_page(const struct sysargs *a)
{
	switch (arg(a, 0)) {
	case QUERY_FILE:
	case QUERY_STATE:
	case QUERY_DROP:
		return query_file(arg_file(a, 1), arg(a, 0), arg(a, 2));
	case QUERY_ADDRESS:
	case QUERY_TABLE:
		return query_address(arg(a, 0), arg(a, 1));
	default:
		return -EINVAL;
	}
}
