/*
 * rm.c: remove files.
 *
 * Floor: user space.  A file that is still open stays readable until its last
 * descriptor is closed [POSIX unlink].
 * Read next: user/test/t-unlink-open.c.
 */
#include <err.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "help.h"

static const char help[] =
	"usage: rm [-f] FILE...\n"
	"Remove files.\n"
	"  -f  a file that does not exist is no error\n";

int main(int argc, char **argv)
{
	int force, failed = 0;

	help_check(argc, argv, help);
	force = argc > 1 && strcmp(argv[1], "-f") == 0;
	if (argc < 2 + force && !force)
		help_usage(help);
	for (int i = 1 + force; i < argc; i++) {
		if (unlink(argv[i]) == 0 || (force && errno == ENOENT))
			continue;
		warn("%s", argv[i]);
		failed = 1;
	}
	return failed;
}
