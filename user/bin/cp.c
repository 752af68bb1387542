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
#include <ftw.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ends.h"
#include "figures.h"
#include "help.h"
#include "holes.h"
#include "into.h"
#include "whole.h"

static const char help[] =
	"usage: cp [-rv] SRC DST\n"
	"       cp [-rv] SRC... DIRECTORY\n"
	"Copy the file SRC to DST, or each SRC into DIRECTORY, by read and\n"
	"write.  Holes stay holes.\n"
	"  -r  a directory with all that is in it, links as links\n"
	"  -v  print what it cost, one `name value` a line; the copy then\n"
	"      ends with fdatasync, like that of mcp\n";

enum { VERBOSE = 1, RECURSIVE = 2 };

enum { OPEN_DIRECTORIES = 16 };		/* at once; deeper ones are reopened */

static char buffer[65536];

/* Copy @len bytes, or up to the end.  Returns how many, or -1 after a message. */
static off_t copy_part(const struct ends *e, const char *src, const char *dst,
		       off_t len)
{
	off_t total = 0;
	ssize_t got = 1;

	while (total < len && got > 0) {
		off_t left = len - total, all = sizeof buffer;

		got = read(e->in, buffer, left < all ? left : all);
		if (got > 0 && write_whole(e->out, buffer, got) < 0) {
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

/* As mcp does. */
static off_t copy_to_disk(const char *src, const char *dst)
{
	return copy(src, dst, 1);
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

/* Whatever it is that is not a file.  Returns 0, or -1 after a message. */
static int copy_other(const char *src, const char *dst, const struct stat *st)
{
	int r = -1;

	if (S_ISDIR(st->st_mode))
		r = copy_directory(dst, st->st_mode & 0777);
	else if (S_ISLNK(st->st_mode))
		r = copy_link(src, dst);
	else
		errno = EINVAL;
	if (r < 0)
		warn("%s", src);
	return r;
}

/* One of a tree, a directory before what is in it. */
static int copy_one(const char *path, const struct stat *st, int type,
		    struct FTW *where)
{
	char dst[PATH_MAX];
	off_t bytes;

	(void)type, (void)where;
	if (walks_in_circles(st)) {
		warnx("%s: cannot be copied into itself", path);
		return 1;
	}
	snprintf(dst, sizeof dst, "%s%s", tree.to, path + tree.skip);
	bytes = S_ISREG(st->st_mode) ? copy(path, dst, 0)
				     : copy_other(path, dst, st);
	if (bytes < 0)
		tree.failed = 1;
	else
		tree.total += bytes;
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
		figures_warm_up(copy_to_disk, sizeof buffer);
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
