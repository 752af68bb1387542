/*
 * touch.c: set the times of files to now, and make those that are missing.
 *
 * Floor: user space.  [POSIX touch]  Read next: user/bin/stat.c.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "help.h"

static const char help[] =
	"usage: touch [-c] FILE...\n"
	"Set the times of files to now; make files that are not there.\n"
	"  -c  do not make any\n";

/* A file may have come or gone in between: the one who came last is right. */
static int touch(const char *path, int only_old)
{
	int fd;

	if (utimensat(AT_FDCWD, path, NULL, 0) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	if (only_old)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT, 0666);
	return fd < 0 ? -1 : close(fd);
}

int main(int argc, char **argv)
{
	unsigned only_old = help_options(&argc, &argv, "c", help);
	int failed = 0;

	if (argc == 0)
		help_usage(help);
	for (int i = 0; i < argc; i++) {
		if (touch(argv[i], only_old) < 0) {
			warn("%s", argv[i]);
			failed = 1;
		}
	}
	return failed;
}
