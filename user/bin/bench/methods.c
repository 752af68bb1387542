/*
 * methods.c: the ways to copy a file.
 *
 * Floor: user space.  Each is written as its friends would write it, and each
 * leaves the copy on the disk.  Buffers are there, and touched, before anything
 * is measured: methods_prepare().
 *
 * Read next: copy.c, which measures them.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <magpie.h>

enum { BUFFER = 4 * MIB, PIPE_SIZE = MIB };

static char *buffer;			/* page-aligned, for read and O_DIRECT */
static int pipe_in[2] = { -1, -1 };	/* between the two halves of a splice */

static size_t at_most(off_t n, size_t limit)
{
	return n < (off_t)limit ? (size_t)n : limit;
}

/* Returns @r if it is a number of bytes, or -1: a copy that stops is none. */
static ssize_t some(ssize_t r)
{
	if (r == 0)
		errno = EIO;
	return r > 0 ? r : -1;
}

/* readahead, mmap(MAP_UNCACHED), mwrite, fdatasync_area: user/bin/mcp.c tells how. */
static int four(int in, int out, off_t size, size_t unit)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_UNCACHED, in, 0);

	if (p == MAP_FAILED || readahead(in, 0, unit) < 0)
		return -1;
	for (off_t at = 0; at < size; at += unit) {
		size_t n = at_most(size - at, unit);

		readahead(in, at + n, unit);
		if (mwrite(out, p + at, n) != (ssize_t)n)
			return -1;
		if (at > 0 && fdatasync_area(out, at - unit, unit) < 0)
			return -1;
	}
	return munmap(p, size) < 0 ? -1 : fdatasync_area(out, 0, 0);
}

/* The four calls, nothing written out: both files stay in memory. */
static int four_cache(int in, int out, off_t size, size_t unit)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_UNCACHED, in, 0);

	if (p == MAP_FAILED)
		return -1;
	for (off_t at = 0; at < size; at += unit) {
		size_t n = at_most(size - at, unit);

		if (mwrite(out, p + at, n) != (ssize_t)n)
			return -1;
	}
	return munmap(p, size);
}

static int loop_read_write(int in, int out, off_t size, size_t unit)
{
	while (size > 0) {
		ssize_t n = some(read(in, buffer, at_most(size, unit)));

		if (n < 0 || write(out, buffer, n) != n)
			return -1;
		size -= n;
	}
	return 0;
}

static int read_write(int in, int out, off_t size, size_t unit)
{
	return loop_read_write(in, out, size, unit) < 0 ? -1 : fdatasync(out);
}

/* One mapping of the whole source, written a piece at a time. */
static int loop_mmap_write(int in, int out, off_t size, size_t unit)
{
	char *p = mmap(NULL, size, PROT_READ, MAP_SHARED, in, 0);

	if (p == MAP_FAILED)
		return -1;
	for (off_t at = 0; at < size; at += unit) {
		size_t n = at_most(size - at, unit);

		if (write(out, p + at, n) != (ssize_t)n)
			return -1;
	}
	return munmap(p, size);
}

static int mmap_write(int in, int out, off_t size, size_t unit)
{
	return loop_mmap_write(in, out, size, unit) < 0 ? -1 : fdatasync(out);
}

static int by_sendfile(int in, int out, off_t size, size_t unit)
{
	while (size > 0) {
		ssize_t n = some(sendfile(out, in, NULL, at_most(size, unit)));

		if (n < 0)
			return -1;
		size -= n;
	}
	return fdatasync(out);
}

static int by_copy_file_range(int in, int out, off_t size, size_t unit)
{
	while (size > 0) {
		ssize_t n = some(copy_file_range(in, NULL, out, NULL,
						 at_most(size, unit), 0));

		if (n < 0)
			return -1;
		size -= n;
	}
	return fdatasync(out);
}

/* File to pipe to file; without SPLICE_F_MOVE, which does nothing any more. */
static int by_splice(int in, int out, off_t size, size_t unit)
{
	while (size > 0) {
		ssize_t n = some(splice(in, NULL, pipe_in[1], NULL,
					at_most(size, unit), 0));

		if (n < 0)
			return -1;
		size -= n;
		while (n > 0) {
			ssize_t m = some(splice(pipe_in[0], NULL, out, NULL, n, 0));

			if (m < 0)
				return -1;
			n -= m;
		}
	}
	return fdatasync(out);
}

static const struct method methods[] = {
	{ "four", four, 0 },
	{ "four-cache", four_cache, 0 },
	{ "direct", read_write, O_DIRECT },
	{ "read-write", read_write, 0 },
	{ "mmap-write", mmap_write, 0 },
	{ "sendfile", by_sendfile, 0 },
	{ "copy_file_range", by_copy_file_range, 0 },
	{ "splice", by_splice, 0 },
	{ "mmap-write-cache", loop_mmap_write, 0 },
	{ "read-write-cache", loop_read_write, 0 },
};

/*
 * Returns: the method, or NULL.
 */
const struct method *method_named(const char *name)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

/*
 * Make the buffers.
 * Returns: 0, or -1 with errno.
 */
int methods_prepare(void)
{
	buffer = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buffer == MAP_FAILED || pipe(pipe_in) < 0)
		return -1;
	memset(buffer, 1, BUFFER);
	fcntl(pipe_in[1], F_SETPIPE_SZ, PIPE_SIZE);	/* where there is such a thing */
	return 0;
}
