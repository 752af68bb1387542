/*
 * rmdir.c: remove empty directories.
 *
 * Floor: user space.  [POSIX rmdir]  Read next: user/test/t-mkdir.c.
 */
#include <err.h>
#include <unistd.h>

#include "help.h"

static const char help[] =
	"usage: rmdir DIRECTORY...\n"
	"Remove directories that are empty.\n";

int main(int argc, char **argv)
{
	int failed = 0;

	help_options(&argc, &argv, "", help);
	if (argc == 0)
		help_usage(help);
	for (int i = 0; i < argc; i++) {
		if (rmdir(argv[i]) < 0) {
			warn("%s", argv[i]);
			failed = 1;
		}
	}
	return failed;
}
