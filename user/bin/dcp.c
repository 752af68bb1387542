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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ends.h"
#include "figures.h"
#include "help.h"

enum { BLOCK = 4096 };		/* what O_DIRECT wants all to be multiples of */

static const char help[] =
	"usage: dcp [-v] [--buffer KIB] SRC DST\n"
	"Copy the file SRC to DST by O_DIRECT, past the page cache.\n"
	"  -v            print what it cost, one `name value` a line\n"
	"  --buffer KIB  read and write by so much (1024)\n";

static size_t size = 1024 * 1024;
static char *buffer;

static size_t whole_blocks(size_t n)
{
	return (n + BLOCK - 1) & -(size_t)BLOCK;
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put <= 0)
			return -1;
		p += put;
		n -= put;
	}
	return 0;
}

/* The last block is written whole, zeros behind its end, and then cut. */
static int copy_data(const struct ends *e)
{
	off_t total = 0;
	ssize_t got;

	while ((got = read(e->in, buffer, size)) > 0) {
		size_t n = whole_blocks(got);

		memset(buffer + got, 0, n - got);
		if (write_all(e->out, buffer, n) < 0)
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

/*
 * As in mcp, one measured round on a small file, so that no page of this
 * program is missing; the buffer's own pages are made by being filled.
 */
static void warm_up(void)
{
	char from[64], to[64];
	int fd;

	snprintf(from, sizeof from, "/tmp/dcp-%d.in", (int)getpid());
	snprintf(to, sizeof to, "/tmp/dcp-%d.out", (int)getpid());
	fd = open(from, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, "warm\n", 5) != 5 || fsync(fd) < 0)
		err(1, "%s", from);
	close(fd);
	memset(buffer, 1, size);
	figures_begin();
	if (copy(from, to) < 0)
		exit(1);
	figures_end();
	unlink(from);
	unlink(to);
}

static size_t buffer_size(const char *s)
{
	char *end = NULL;
	unsigned long kib = s ? strtoul(s, &end, 10) : 0;

	if (!s || *end || kib < 4 || kib > 16384)
		errx(2, "--buffer takes 4 to 16384 (KiB)");
	return whole_blocks(kib * 1024);
}

/* Returns the index of the first argument that is not an option. */
static int options(char **argv, int *verbose)
{
	int i = 1;

	for (; argv[i] && argv[i][0] == '-' && argv[i][1]; i++) {
		if (strcmp(argv[i], "-v") == 0)
			*verbose = 1;
		else if (strcmp(argv[i], "--buffer") == 0)
			size = buffer_size(argv[++i]);
		else
			help_usage(help);
	}
	return i;
}

int main(int argc, char **argv)
{
	int verbose = 0;
	off_t bytes;
	int i;

	help_check(argc, argv, help);
	i = options(argv, &verbose);
	if (argc - i != 2)
		help_usage(help);
	buffer = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buffer == MAP_FAILED)
		err(1, "%zu bytes", size);
	if (verbose) {
		warm_up();
		figures_begin();
	}
	bytes = copy(argv[i], argv[i + 1]);
	if (bytes < 0)
		return 1;
	if (verbose) {
		figures_end();
		figures_print(bytes);
	}
	return 0;
}
