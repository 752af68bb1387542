/*
 * bench.c: what do copies and system calls cost here?
 *
 * Floor: user space.  Prints tab-separated lines; tools/magpie bench makes
 * tables and pictures of them.
 *
 * Read next: bench.h.
 */
#include "bench.h"

#include <err.h>
#include <string.h>
#include <unistd.h>

#include "help.h"

static const char help[] =
	"usage: bench [-C DIR] copy METHOD:UNIT_KIB:MIB:new|over:cold|cached ...\n"
	"       bench [-C DIR] ops [NAME ...]\n"
	"       bench [-C DIR] cross [PAGES ...]\n"
	"       bench [-C DIR] random\n"
	"Measure copies of a file; single operations; moving against copying, by pages a\n"
	"call; reads at random places.  In units of the time stamp: instructions, on a\n"
	"machine with --icount.\n"
	"  -C DIR   work in DIR (/tmp)\n"
	"Methods: four four-cache direct read-write mmap-write sendfile copy_file_range\n"
	"splice mmap-write-cache read-write-cache\n";

int main(int argc, char **argv)
{
	const char *dir = "/tmp";

	help_check(argc, argv, help);
	argv++;
	if (*argv && strcmp(*argv, "-C") == 0) {
		if (!argv[1])
			help_usage(help);
		dir = argv[1];
		argv += 2;
	}
	if (!*argv)
		help_usage(help);
	if (chdir(dir) < 0)
		err(1, "%s", dir);
	if (strcmp(*argv, "copy") == 0)
		return copy_run(argv + 1);
	if (strcmp(*argv, "ops") == 0)
		return ops_run(argv + 1);
	if (strcmp(*argv, "cross") == 0)
		return cross_run(argv + 1);
	if (strcmp(*argv, "random") == 0)
		return random_run();
	help_usage(help);
}
