/*
 * mcp.c: copy a file by Magpie's four calls.
 *
 * Floor: user space.  What moves is the pages: the frame that the disk driver
 * filled for the source is the frame that it writes out for the destination.
 *
 *	source       | done     | window   | window    | to do ...
 *	                          mwrite     readahead
 *	destination  | on disk  | dirty    |
 *	               fdatasync_area
 *
 * Invariant: at most three windows are in memory, one being read, one moving
 * and one on its way to the disk, however large the file is.
 *
 * Read next: user/lib/magpie.h, the manual of the calls.
 */
#define _GNU_SOURCE
#include <magpie.h>

#include <err.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ends.h"
#include "figures.h"
#include "help.h"
#include "holes.h"

static const char help[] =
	"usage: mcp [-v] [--window KIB] SRC DST\n"
	"Copy the file SRC to DST without copying a byte.  Holes stay holes.\n"
	"  -v            print what it cost, one `name value` a line\n"
	"  --window KIB  read ahead, move and write out by so much (2048)\n";

/*
 * Windows that one mapping covers: 128 MiB of address space by default, so
 * that a file may be larger than the address space.
 */
enum { STRETCH = 64 };

enum { WARM_UP = 5 };	/* bytes: no whole page, so every call is made */

static size_t window = 2048 * 1024;

struct progress {
	off_t end;		/* of this part of the source, which is no hole */
	off_t written;		/* what is before is on the disk */
};

static size_t whole_pages(size_t n)
{
	return (n + MAGPIE_PAGE - 1) & -(size_t)MAGPIE_PAGE;
}

static size_t at_most(off_t n, size_t limit)
{
	return n < (off_t)limit ? (size_t)n : limit;
}

/* All of it, in as many calls as the kernel wants. */
static int move(int out, char *p, size_t len)
{
	while (len > 0) {
		ssize_t moved = mwrite(out, p, len);

		if (moved <= 0)
			return -1;
		p += moved;
		len -= moved;
	}
	return 0;
}

/*
 * Up to @at it has moved.  What lies more than a window back goes to the disk.
 */
static int write_behind(int out, off_t at, struct progress *now)
{
	off_t len = at - (off_t)window - now->written;

	if (len < (off_t)window)
		return 0;
	if (fdatasync_area(out, now->written, len) < 0)
		return -1;
	now->written += len;
	return 0;
}

/*
 * The source is mapped from @from at @p.  While this window moves, the next
 * one is being read; then the one before it is written out.
 */
static int move_windows(const struct ends *e, char *p, off_t from, size_t len,
			struct progress *now)
{
	for (size_t done = 0; done < len; done += window) {
		off_t at = from + done;
		size_t n = at_most(len - done, window);

		readahead(e->in, at + n, at_most(now->end - at - n, window));
		if (move(e->out, p + done, whole_pages(n)) < 0)
			return -1;
		if (write_behind(e->out, at + n, now) < 0)
			return -1;
	}
	return 0;
}

/* Map a part of the source and move it.  Nothing in it is ever touched. */
static int move_stretch(const struct ends *e, off_t from, size_t len,
			struct progress *now)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_UNCACHED, e->in, from);
	int result;

	if (p == MAP_FAILED)
		return -1;
	result = move_windows(e, p, from, len, now);
	if (munmap(p, len) < 0)
		return -1;
	return result;
}

/* A part without holes, stretch by stretch. */
static int move_data(const struct ends *e, off_t from, struct progress *now)
{
	size_t len;

	if (lseek(e->out, from, SEEK_SET) < 0)
		return -1;
	readahead(e->in, from, at_most(now->end - from, window));
	for (; from < now->end; from += len) {
		len = at_most(now->end - from, STRETCH * window);
		if (move_stretch(e, from, len, now) < 0)
			return -1;
	}
	return 0;
}

/* What is not a hole; then the exact size, and all of it on disk. */
static int move_file(const struct ends *e)
{
	struct progress now = { 0, 0 };
	off_t from;
	int more;

	while ((more = next_data(e->in, e->size, &from, &now.end)) > 0) {
		if (move_data(e, from, &now) < 0)
			return -1;
	}
	if (more < 0)
		return -1;
	if ((now.end < e->size || e->size % MAGPIE_PAGE != 0)
	    && ftruncate(e->out, e->size) < 0)
		return -1;
	return fdatasync_area(e->out, now.written, 0);
}

/* Returns the bytes of the file, or -1 after a message. */
static off_t copy(const char *src, const char *dst)
{
	struct stat st;
	struct ends e;
	int result;

	if (stat(src, &st) == 0 && !S_ISREG(st.st_mode)) {
		warnx("%s: not a regular file", src);
		return -1;
	}
	if (ends_open(&e, src, dst) < 0)
		return -1;
	result = move_file(&e);
	if (result < 0)
		warn("%s to %s", src, dst);
	if (ends_close(&e, dst) < 0)
		return -1;
	return result < 0 ? -1 : e.size;
}

int main(int argc, char **argv)
{
	int verbose = figures_options(argc, &argv, "--window", &window, help);
	off_t bytes;

	if (verbose) {
		figures_warm_up(copy, WARM_UP);
		figures_begin();
	}
	bytes = copy(argv[0], argv[1]);
	if (bytes < 0)
		return 1;
	if (verbose) {
		figures_end();
		figures_print(bytes);
	}
	return 0;
}
