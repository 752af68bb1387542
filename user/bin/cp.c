/*
 * cp.c: copy a file by read and write, as every Unix has done since 1971.
 *
 * Floor: user space.  Each byte is copied twice by the processor: from the
 * page cache into the buffer, and from the buffer into the page cache.
 * `cp -v` prints the same figures as `mcp -v`.
 *
 * Read next: user/bin/mcp.c, which does without.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ends.h"
#include "figures.h"
#include "help.h"
#include "into.h"

static const char help[] =
	"usage: cp [-rv] SRC DST\n"
	"       cp [-rv] SRC... DIRECTORY\n"
	"Copy the file SRC to DST, or each SRC into DIRECTORY, by read and\n"
	"write.\n"
	"  -r  a directory with all that is in it, links as links\n"
	"  -v  print what it cost, one `name value` a line; the copy then\n"
	"      ends with fdatasync, like that of mcp\n";

enum { VERBOSE = 1, RECURSIVE = 2 };

enum { OPEN_DIRECTORIES = 16 };		/* at once; deeper ones are reopened */

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

/* Returns the bytes copied, or -1 after a message. */
static off_t copy_data(const struct ends *e, const char *src, const char *dst)
{
	off_t total = 0;
	ssize_t got;

	while ((got = read(e->in, buffer, sizeof buffer)) > 0) {
		if (write_all(e->out, buffer, got) < 0) {
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

/* ---- trees ------------------------------------------------------------ */

static struct {
	char to[PATH_MAX];		/* what the tree is called there */
	size_t skip;			/* bytes of its name here */
	off_t total;
	int failed;
} tree;

static int copy_link(const char *src, const char *dst)
{
	char text[PATH_MAX];
	ssize_t n = readlink(src, text, sizeof text - 1);

	if (n < 0)
		return -1;
	text[n] = '\0';
	return symlink(text, dst);
}

static int copy_directory(const char *dst, mode_t mode)
{
	return mkdir(dst, mode) < 0 && !into_is_directory(dst) ? -1 : 0;
}

/* The copy lies in what is copied, and the walk has come to it? */
static int walks_in_circles(const struct stat *here)
{
	struct stat there;

	return S_ISDIR(here->st_mode) && stat(tree.to, &there) == 0
	       && there.st_dev == here->st_dev && there.st_ino == here->st_ino;
}

/* One of a tree, a directory before what is in it. */
static int copy_one(const char *path, const struct stat *st, int type,
		    struct FTW *where)
{
	char dst[PATH_MAX];
	off_t bytes = 0;

	(void)where;
	if (walks_in_circles(st)) {
		warnx("%s: cannot be copied into itself", path);
		return 1;
	}
	snprintf(dst, sizeof dst, "%s%s", tree.to, path + tree.skip);
	if (S_ISREG(st->st_mode))
		bytes = copy(path, dst, 0);
	else if (type == FTW_D)
		bytes = copy_directory(dst, st->st_mode & 0777);
	else if (type == FTW_SL)
		bytes = copy_link(path, dst);
	else
		errno = type == FTW_DNR ? EACCES : EINVAL, bytes = -1;
	if (bytes < 0 && !S_ISREG(st->st_mode))
		warn("%s", path);
	tree.failed |= bytes < 0;
	tree.total += bytes < 0 ? 0 : bytes;
	return 0;
}

/* Returns the bytes copied, or -1 after a message. */
static off_t copy_tree(const char *src, const char *dst)
{
	int r;

	snprintf(tree.to, sizeof tree.to, "%s", into_path(src, dst));
	tree.skip = strlen(src);
	tree.total = 0;
	tree.failed = 0;
	r = nftw(src, copy_one, OPEN_DIRECTORIES, FTW_PHYS);
	if (r < 0)
		warn("%s", src);
	return r != 0 || tree.failed ? -1 : tree.total;
}

int main(int argc, char **argv)
{
	unsigned options = help_options(&argc, &argv, "vr", help);
	int verbose = options & VERBOSE, failed = 0;
	const char *dst;
	off_t bytes = 0;

	if (argc < 2 || (argc > 2 && !into_is_directory(argv[argc - 1])))
		help_usage(help);
	dst = argv[argc - 1];
	if (verbose) {
		warm_up();
		figures_begin();
	}
	for (int i = 0; i < argc - 1; i++) {
		off_t n = options & RECURSIVE ? copy_tree(argv[i], dst)
					      : copy(argv[i], dst, verbose);

		failed |= n < 0;
		bytes += n;
	}
	if (failed)
		return 1;
	if (verbose) {
		figures_end();
		figures_print(bytes);
	}
	return 0;
}
