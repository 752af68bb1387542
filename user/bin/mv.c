/*
 * mv.c: give files another name.
 *
 * Floor: user space.  Only names move: nothing is copied, so both must be on
 * one file system [POSIX rename].
 * Read next: user/test/t-rename.c.
 */
#include <err.h>
#include <stdio.h>

#include "help.h"
#include "into.h"

static const char help[] =
	"usage: mv SRC DST\n"
	"       mv SRC... DIRECTORY\n"
	"Rename SRC to DST, replacing what is there, or move each SRC into\n"
	"DIRECTORY.\n";

int main(int argc, char **argv)
{
	const char *dst = argv[argc - 1];
	int failed = 0;

	help_check(argc, argv, help);
	if (argc < 3 || (argc > 3 && !into_is_directory(dst)))
		help_usage(help);
	for (int i = 1; i < argc - 1; i++) {
		if (rename(argv[i], into_path(argv[i], dst)) < 0) {
			warn("%s", argv[i]);
			failed = 1;
		}
	}
	return failed;
}
