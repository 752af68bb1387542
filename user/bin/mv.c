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
	const char *dst;
	int failed = 0;

	help_options(&argc, &argv, "", help);
	if (argc < 2)
		help_usage(help);
	dst = argv[argc - 1];
	if (argc > 2 && !into_is_directory(dst))
		help_usage(help);
	for (int i = 0; i < argc - 1; i++) {
		if (rename(argv[i], into_path(argv[i], dst)) < 0) {
			warn("%s", argv[i]);
			failed = 1;
		}
	}
	return failed;
}
