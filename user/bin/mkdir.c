/*
 * mkdir.c: make directories.
 *
 * Floor: user space.  [POSIX mkdir]  Read next: user/bin/rmdir.c.
 */
#include <err.h>
#include <string.h>
#include <sys/stat.h>

#include "help.h"
#include "into.h"

static const char help[] =
	"usage: mkdir [-p] DIRECTORY...\n"
	"Make directories.\n"
	"  -p  also those on the way; one that is there is no error\n";

/* Each beginning of @path that ends before a slash, then all of it. */
static int make_all(char *path)
{
	for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		if (mkdir(path, 0777) < 0 && !into_is_directory(path))
			return -1;
		*p = '/';
	}
	return mkdir(path, 0777) < 0 && !into_is_directory(path) ? -1 : 0;
}

int main(int argc, char **argv)
{
	unsigned parents = help_options(&argc, &argv, "p", help);
	int failed = 0;

	if (argc == 0)
		help_usage(help);
	for (int i = 0; i < argc; i++) {
		if ((parents ? make_all(argv[i]) : mkdir(argv[i], 0777)) == 0)
			continue;
		warn("%s", argv[i]);
		failed = 1;
	}
	return failed;
}
