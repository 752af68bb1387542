/*
 * free.c: what is the memory used for?
 *
 * Floor: user space.  One frame is 4 KiB.
 * Read next: user/bin/vmstat.c.
 */
#include <err.h>
#include <stdio.h>

#include "counters.h"
#include "help.h"

static const char help[] =
	"usage: free\n"
	"Show what the memory is used for, in frames of 4 KiB and in KiB.\n";

static const struct {
	const char *name, *meaning;
} rows[] = {
	{ "frames_total", "all that the machine has" },
	{ "frames_free", "free" },
	{ "frames_cached", "page cache" },
	{ "frames_dirty", "  of it newer than the disk" },
	{ "frames_writeback", "  of it on the way to the disk" },
	{ "frames_anon", "memory of processes" },
	{ "frames_kernel", "the kernel's own" },
};

int main(int argc, char **argv)
{
	static struct counters memory;

	help_check(argc, argv, help);
	if (argc > 1)
		help_usage(help);
	if (counters_read(&memory, COUNTERS_MEMORY) < 0)
		err(1, "%s", COUNTERS_MEMORY);
	printf("%10s %10s\n", "frames", "KiB");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		unsigned long n = counters_get(&memory, rows[i].name);

		printf("%10lu %10lu  %s\n", n, n * 4, rows[i].meaning);
	}
	return 0;
}
