/*
 * ln.c: give a file one more name, or make a symbolic link to it.
 *
 * Floor: user space.  [POSIX ln]
 * Read next: user/test/t-link.c, user/test/t-symlink.c.
 */
#include <err.h>
#include <unistd.h>

#include "help.h"
#include "into.h"

static const char help[] =
	"usage: ln [-s] TARGET NAME\n"
	"       ln [-s] TARGET... DIRECTORY\n"
	"Let NAME, or the same name in DIRECTORY, be one more name of TARGET.\n"
	"  -s  a symbolic link instead: a file that holds TARGET's path, as it\n"
	"      is written here\n";

int main(int argc, char **argv)
{
	unsigned symbolic = help_options(&argc, &argv, "s", help);
	const char *dst;
	int failed = 0;

	if (argc < 2)
		help_usage(help);
	dst = argv[argc - 1];
	if (argc > 2 && !into_is_directory(dst))
		help_usage(help);
	for (int i = 0; i < argc - 1; i++) {
		const char *name = into_path(argv[i], dst);

		if ((symbolic ? symlink : link)(argv[i], name) < 0) {
			warn("%s", name);
			failed = 1;
		}
	}
	return failed;
}
