/*
 * cp.c: copy a file by read and write, as every Unix has done since 1971.
 *
 * Floor: user space.  Each byte is copied twice by the processor: from the
 * page cache into the buffer, and from the buffer into the page cache.
 * `cp -v` prints the same figures as `mcp -v`.
 *
 * Read next: user/bin/mcp.c, which does without.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ends.h"
#include "figures.h"
#include "help.h"
#include "holes.h"

static const char help[] =
	"usage: cp [-v] SRC DST\n"
	"Copy the file SRC to DST by read and write.  Holes stay holes.\n"
	"  -v  print what it cost, one `name value` a line; the copy then\n"
	"      ends with fdatasync, like that of mcp\n";

static char buffer[65536];

static int write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put < 0)
			return -1;
		p += put;
		n -= put;
	}
	return 0;
}

/* Copy @len bytes, or up to the end.  Returns how many, or -1 after a message. */
static off_t copy_part(const struct ends *e, const char *src, const char *dst,
		       off_t len)
{
	off_t total = 0;
	ssize_t got = 1;

	while (total < len && got > 0) {
		off_t left = len - total, all = sizeof buffer;

		got = read(e->in, buffer, left < all ? left : all);
		if (got > 0 && write_all(e->out, buffer, got) < 0) {
			warn("%s", dst);
			return -1;
		}
		total += got;
	}
	if (got < 0) {
		warn("%s", src);
		return -1;
	}
	return total;
}

/* What of a file is not a hole, where it belongs; then the exact size. */
static off_t copy_file(const struct ends *e, const char *src, const char *dst)
{
	off_t from, end = 0;
	int more;

	while ((more = next_data(e->in, e->size, &from, &end)) > 0) {
		if (lseek(e->in, from, SEEK_SET) < 0
		    || lseek(e->out, from, SEEK_SET) < 0) {
			warn("%s to %s", src, dst);
			return -1;
		}
		if (copy_part(e, src, dst, end - from) < 0)
			return -1;
	}
	if (more < 0) {
		warn("%s", src);
		return -1;
	}
	if (end < e->size && ftruncate(e->out, e->size) < 0) {
		warn("%s", dst);
		return -1;
	}
	return e->size;
}

/* Returns the bytes copied, or -1 after a message. */
static off_t copy_data(const struct ends *e, const char *src, const char *dst)
{
	if (S_ISREG(e->mode) && e->size > 0)
		return copy_file(e, src, dst);
	return copy_part(e, src, dst, INT64_MAX);
}

static off_t copy(const char *src, const char *dst, int sync)
{
	struct ends e;
	off_t total;

	if (ends_open(&e, src, dst) < 0)
		return -1;
	total = copy_data(&e, src, dst);
	if (total >= 0 && sync && fdatasync(e.out) < 0) {
		warn("%s", dst);
		total = -1;
	}
	return ends_close(&e, dst) < 0 ? -1 : total;
}

/* One measured round on a small file, as mcp does. */
static void warm_up(void)
{
	char from[64], to[64];
	int fd;

	snprintf(from, sizeof from, "/tmp/cp-%d.in", (int)getpid());
	snprintf(to, sizeof to, "/tmp/cp-%d.out", (int)getpid());
	fd = open(from, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write_all(fd, buffer, sizeof buffer) < 0 || fsync(fd) < 0)
		err(1, "%s", from);
	close(fd);
	figures_begin();
	if (copy(from, to, 1) < 0)
		exit(1);
	figures_end();
	unlink(from);
	unlink(to);
}

int main(int argc, char **argv)
{
	int verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	off_t bytes;

	help_check(argc, argv, help);
	argc -= verbose;
	argv += verbose;
	if (argc != 3 || (argv[1][0] == '-' && argv[1][1]))
		help_usage(help);
	if (verbose) {
		warm_up();
		figures_begin();
	}
	bytes = copy(argv[1], argv[2], verbose);
	if (bytes < 0)
		return 1;
	if (verbose) {
		figures_end();
		figures_print(bytes);
	}
	return 0;
}
