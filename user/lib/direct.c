/*
 * direct.c: see direct.h.
 *
 * Floor: user space.
 *
 *	direct_read:	map the file over the buffer, touch: the pages leave
 *			the page cache and are the buffer's
 *	direct_write:	the buffer's pages become the file's, go to the disk,
 *			and come back the same way
 *	splice_file:	map, mwrite: nothing is touched
 *
 * Read next: fs/direct.c, the real thing.
 */
#define _GNU_SOURCE
#include "direct.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = MAGPIE_PAGE, WINDOW = MAGPIE_TABLE_SPAN };

static sigjmp_buf lost;
static volatile size_t owned;		/* bytes, so far */

static int fails(int error)
{
	errno = error;
	return -1;
}

static size_t whole_pages(size_t n)
{
	return (n + PAGE - 1) & -(size_t)PAGE;
}

static int aligned(const void *buf, size_t len, off_t offset)
{
	return (((uintptr_t)buf | len | (size_t)offset) & (PAGE - 1)) == 0;
}

/* May the buffer be used at all?  O_DIRECT says EFAULT where a touch kills. */
static int mapped(void *buf, size_t len)
{
	return msync(buf, len, MS_ASYNC) == 0;
}

/* How much of [@offset, @offset + @len) the file has. */
static ssize_t in_file(int fd, off_t offset, size_t len)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if (offset < 0 || !S_ISREG(st.st_mode))
		return fails(EINVAL);
	if (offset >= st.st_size)
		return 0;
	return st.st_size - offset < (off_t)len ? st.st_size - offset
						: (off_t)len;
}

/* ---- pages of our own ------------------------------------------------- */

static void cannot_be_read(int sig)
{
	(void)sig;
	siglongjmp(lost, 1);
}

/* Touch each page as a write does, but change nothing. */
static void touch(char *p, size_t n)
{
	if (sigsetjmp(lost, 1) == 0) {
		for (owned = 0; owned < n; owned += PAGE)
			__atomic_fetch_or(p + owned, 0, __ATOMIC_RELAXED);
	}
}

/*
 * Make each page ours: stolen from the page cache or, if others use it, copied.
 * Returns: how many bytes; fewer if one cannot be read.
 */
static size_t own(char *p, size_t n)
{
	struct sigaction catch = { .sa_handler = cannot_be_read }, before;

	sigaction(SIGBUS, &catch, &before);
	touch(p, n);
	sigaction(SIGBUS, &before, NULL);
	return owned < n ? owned : n;
}

/*
 * Put pages of the file in the place of those at @buf.  Where they cannot be
 * read, the buffer has zeros: nobody shall be hurt by touching it.
 * Returns: how many bytes.
 */
static ssize_t put_under(void *buf, size_t n, int fd, off_t offset)
{
	size_t len = whole_pages(n), had;

	if (mmap(buf, len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_UNCACHED | MAP_FIXED, fd, offset)
	    == MAP_FAILED)
		return -1;
	had = own(buf, n);
	if (had < n)
		mmap((char *)buf + had, len - had, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return had > 0 ? (ssize_t)had : fails(EIO);
}

/*
 * As pread(2) of a file opened with O_DIRECT.
 * Returns: bytes, 0 at the end, or -1 with errno.
 */
ssize_t direct_read(int fd, void *buf, size_t len, off_t offset)
{
	ssize_t n;

	if (readahead(fd, offset, len) < 0)
		return -1;
	n = in_file(fd, offset, len);
	if (n <= 0)
		return n;
	if (!aligned(buf, len, offset))
		return fails(EINVAL);
	if (!mapped(buf, whole_pages(n)))
		return fails(EFAULT);
	return put_under(buf, n, fd, offset);
}

/* ---- writing ---------------------------------------------------------- */

/* mwrite() has no offset: it goes by the file position, which stays. */
static ssize_t mwrite_at(int fd, char *p, size_t len, off_t offset)
{
	off_t here = lseek(fd, 0, SEEK_CUR);
	ssize_t moved = 0, n = 1;

	if (here >= 0 && lseek(fd, offset, SEEK_SET) < 0)
		return -1;
	for (; (size_t)moved < len && n > 0; moved += n > 0 ? n : 0)
		n = mwrite(fd, p + moved, len - moved);
	if (here >= 0)
		lseek(fd, here, SEEK_SET);
	return moved > 0 || n >= 0 ? moved : -1;
}

/* Who may not read the file has a copy of the buffer moved, and keeps it. */
static ssize_t write_copy(int fd, const void *buf, size_t len, off_t offset)
{
	char *copy = mmap(NULL, len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t moved;

	if (copy == MAP_FAILED)
		return -1;
	memcpy(copy, buf, len);
	moved = mwrite_at(fd, copy, len, offset);
	munmap(copy, len);
	return moved;
}

/*
 * As pwrite(2) of a file opened with O_DIRECT.
 * Returns: bytes, or -1 with errno.
 */
ssize_t direct_write(int fd, void *buf, size_t len, off_t offset)
{
	int flags = fcntl(fd, F_GETFL);
	int may_read = (flags & O_ACCMODE) != O_WRONLY;
	ssize_t moved, back;
	int error = 0;

	if (flags < 0 || len == 0)
		return flags < 0 ? -1 : 0;
	if (offset < 0 || !aligned(buf, len, offset))
		return fails(EINVAL);
	if (!mapped(buf, len))
		return fails(EFAULT);
	moved = may_read ? mwrite_at(fd, buf, len, offset)
			 : write_copy(fd, buf, len, offset);
	if (moved <= 0)
		return moved;
	if (flags & O_APPEND)
		offset = lseek(fd, 0, SEEK_END) - moved;
	if (fdatasync_area(fd, offset, moved) < 0)
		error = errno;
	back = may_read ? put_under(buf, moved, fd, offset) : moved;
	return error ? fails(error) : back;
}

/* ---- splice ----------------------------------------------------------- */

/* One mapping's worth.  What is less than a page is copied. */
static ssize_t splice_window(int in, off_t from, int out, off_t to, size_t n)
{
	size_t pages = n & -(size_t)PAGE;
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_UNCACHED, in, from);
	ssize_t moved;

	if (p == MAP_FAILED)
		return -1;
	moved = pages > 0 ? mwrite_at(out, p, pages, to) : 0;
	if (moved == (ssize_t)pages && pages < n) {
		ssize_t rest = pwrite(out, p + pages, n - pages, to + moved);

		moved = rest > 0 ? moved + rest : moved > 0 ? moved : rest;
	}
	munmap(p, n);
	return moved;
}

/*
 * Move up to @len bytes from file to file, as splice(2) would.
 * Returns: bytes, 0 at the end of @in, or -1 with errno.
 */
ssize_t splice_file(int in, off_t in_offset, int out, off_t out_offset,
		    size_t len)
{
	ssize_t n = in_file(in, in_offset, len), done = 0, moved = 1;

	if (n < 0 || in_file(out, out_offset, 0) < 0)
		return -1;			/* one of them is not a file */
	if ((in_offset | out_offset) & (PAGE - 1))
		return fails(EINVAL);
	while (done < n && moved > 0) {
		size_t now = n - done < WINDOW ? n - done : WINDOW;

		readahead(in, in_offset + done, 2 * WINDOW);
		moved = splice_window(in, in_offset + done, out,
				      out_offset + done, now);
		done += moved > 0 ? moved : 0;
	}
	return done > 0 ? done : moved < 0 ? -1 : 0;
}
