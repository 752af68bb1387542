/*
 * rm.c: remove files.
 *
 * Floor: user space.  A file that is still open stays readable until its last
 * descriptor is closed [POSIX unlink].
 * Read next: user/test/t-unlink.c.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#include "help.h"

static const char help[] =
	"usage: rm [-fr] FILE...\n"
	"Remove files.\n"
	"  -f  a file that does not exist is no error\n"
	"  -r  directories too, with all that is in them\n";

enum { FORCE = 1, RECURSIVE = 2 };

enum { OPEN_DIRECTORIES = 16 };		/* at once; deeper ones are reopened */

static unsigned options;
static int failed;

static void complain(const char *path)
{
	if (errno == ENOENT && (options & FORCE))
		return;
	warn("%s", path);
	failed = 1;
}

/* One of a tree, a directory after all that was in it. */
static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *where)
{
	(void)st, (void)type, (void)where;
	if (remove(path) < 0)
		complain(path);
	return 0;
}

int main(int argc, char **argv)
{
	options = help_options(&argc, &argv, "fr", help);
	if (argc == 0 && !(options & FORCE))
		help_usage(help);
	for (int i = 0; i < argc; i++) {
		int r = options & RECURSIVE
			? nftw(argv[i], remove_one, OPEN_DIRECTORIES,
			       FTW_DEPTH | FTW_PHYS)
			: unlink(argv[i]);

		if (r < 0)
			complain(argv[i]);
	}
	return failed;
}
