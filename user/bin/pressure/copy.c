/*
 * copy.c: see copy.h.
 *
 * Floor: user space.  The steps are those of mcp: while a window moves the
 * next one is being read, and the one before it is written out.
 *
 * Read next: pressure.c
 */
#define _GNU_SOURCE
#include "copy.h"

#include <magpie.h>

#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char buffer[65536];

/*
 * The source's whole windows; the target's number is the caller's to say.
 */
void copy_begin(struct copy *c, int in, int out, int by_read)
{
	struct stat st;

	if (fstat(in, &st) < 0 || st.st_size < WINDOW)
		errx(1, "the source must have 2 MiB at least");
	c->in = in;
	c->out = out;
	c->sources = st.st_size / WINDOW;
	c->mapped = NULL;
	if (by_read)
		return;
	c->mapped = mmap(NULL, (size_t)c->sources * WINDOW,
			 PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_UNCACHED,
			 in, 0);
	if (c->mapped == MAP_FAILED)
		err(1, "mmap");
}

static off_t source(const struct copy *c, unsigned i)
{
	return (off_t)(i % c->sources) * WINDOW;
}

static off_t target(const struct copy *c, unsigned i)
{
	return (off_t)(i % c->targets) * WINDOW;
}

/* The four calls; but for the last, which both ways share. */
static int move(const struct copy *c, unsigned i)
{
	char *p = c->mapped + source(c, i);
	size_t left = WINDOW;

	if (i + 1 < c->windows)
		readahead(c->in, source(c, i + 1), WINDOW);
	if (lseek(c->out, target(c, i), SEEK_SET) < 0)
		return -1;
	while (left > 0) {
		ssize_t moved = mwrite(c->out, p, left);

		if (moved <= 0)
			return -1;
		p += moved;
		left -= moved;
	}
	return 0;
}

static int read_and_write(const struct copy *c, unsigned i)
{
	for (unsigned at = 0; at < WINDOW; at += sizeof buffer) {
		if (pread(c->in, buffer, sizeof buffer, source(c, i) + at)
		    != sizeof buffer
		    || pwrite(c->out, buffer, sizeof buffer, target(c, i) + at)
		    != sizeof buffer)
			return -1;
	}
	return 0;
}

/*
 * Copy window @i; then see to it that the one before is on the disk.
 * Returns: 0, or -1 with errno.
 */
int copy_window(const struct copy *c, unsigned i)
{
	int result = c->mapped ? move(c, i) : read_and_write(c, i);

	if (result == 0 && i > 0 && !c->lazy)
		result = fdatasync_area(c->out, target(c, i - 1), WINDOW);
	return result;
}

/*
 * All that was copied is on the disk.
 */
int copy_end(const struct copy *c)
{
	if (c->mapped)
		munmap(c->mapped, (size_t)c->sources * WINDOW);
	return fdatasync_area(c->out, 0, 0);
}

/* Window @i of the source against what should be its copy. */
static unsigned compare(const struct copy *c, unsigned i)
{
	static char in[4096], out[4096];
	unsigned wrong = 0;

	for (unsigned at = 0; at < WINDOW; at += sizeof in) {
		wrong += pread(c->in, in, sizeof in, source(c, i) + at)
			 != sizeof in
			 || pread(c->out, out, sizeof out, target(c, i) + at)
			 != sizeof out
			 || memcmp(in, out, sizeof in) != 0;
	}
	return wrong;
}

/*
 * How many pages of the destination are not what was copied to them last.
 */
unsigned copy_wrong_pages(const struct copy *c)
{
	unsigned first = c->windows > c->targets ? c->windows - c->targets : 0;
	unsigned wrong = 0;

	for (unsigned i = first; i < c->windows; i++)
		wrong += compare(c, i);
	return wrong;
}
