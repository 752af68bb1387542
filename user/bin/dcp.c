/*
 * dcp.c: copy a file by O_DIRECT, the way that the four calls compete with.
 *
 * Floor: user space.  The disk reads into the buffer and writes out of it;
 * nothing passes through the page cache, and no byte through the processor.
 * One thread has one buffer, so the disk reads or writes, never both: to
 * overlap them takes two threads, or asynchronous I/O.
 *
 * `dcp -v` prints the same figures as `mcp -v` and `cp -v`.
 *
 * Read next: user/lib/direct.h, O_DIRECT made of the four calls.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ends.h"
#include "figures.h"
#include "help.h"
#include "whole.h"

enum { BLOCK = 4096 };		/* what O_DIRECT wants all to be multiples of */

static const char help[] =
	"usage: dcp [-v] [--buffer KIB] SRC DST\n"
	"Copy the file SRC to DST by O_DIRECT, past the page cache.\n"
	"  -v            print what it cost, one `name value` a line\n"
	"  --buffer KIB  read and write by so much (1024)\n";

enum { WARM_UP = 5 };		/* bytes: no whole block, so every call is made */

static size_t size = 1024 * 1024;
static char *buffer;

static size_t whole_blocks(size_t n)
{
	return (n + BLOCK - 1) & -(size_t)BLOCK;
}

/* The last block is written whole, zeros behind its end, and then cut. */
static int copy_data(const struct ends *e)
{
	off_t total = 0;
	ssize_t got;

	while ((got = read(e->in, buffer, size)) > 0) {
		size_t n = whole_blocks(got);

		memset(buffer + got, 0, n - got);
		if (write_whole(e->out, buffer, n) < 0)
			return -1;
		total += got;
	}
	if (got < 0)
		return -1;
	if (total % BLOCK != 0 && ftruncate(e->out, total) < 0)
		return -1;
	return fdatasync(e->out);
}

/* Returns the bytes of the file, or -1 after a message. */
static off_t copy(const char *src, const char *dst)
{
	struct ends e;
	int result = -1;

	if (ends_open(&e, src, dst) < 0)
		return -1;
	if (fcntl(e.in, F_SETFL, O_DIRECT) == 0
	    && fcntl(e.out, F_SETFL, O_DIRECT) == 0)
		result = copy_data(&e);
	if (result < 0)
		warn("%s to %s", src, dst);
	if (ends_close(&e, dst) < 0)
		return -1;
	return result < 0 ? -1 : e.size;
}

int main(int argc, char **argv)
{
	int verbose = figures_options(argc, &argv, "--buffer", &size, help);
	off_t bytes;

	buffer = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buffer == MAP_FAILED)
		err(1, "%zu bytes", size);
	if (verbose) {
		memset(buffer, 1, size);	/* no page of it is missing */
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
