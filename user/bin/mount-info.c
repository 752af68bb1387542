/*
 * mount-info.c: what is mounted where, and how full it is.
 *
 * Floor: user space.
 */
#include <err.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "help.h"

#define MOUNTS "/proc/mounts"

static const char help[] =
	"usage: mount-info\n"
	"Print the mounted file systems: blocks and inodes, all and free.\n";

static void print(const char *path, const char *type, const char *mode)
{
	struct statvfs s;

	if (statvfs(path, &s) < 0) {
		warn("%s", path);
		return;
	}
	printf("%-10s %-6s %-4s %6lu %9llu %9llu %8llu %8llu\n", path, type,
	       mode, s.f_bsize, (unsigned long long)s.f_blocks,
	       (unsigned long long)s.f_bfree, (unsigned long long)s.f_files,
	       (unsigned long long)s.f_ffree);
}

int main(int argc, char **argv)
{
	char path[256], type[32], mode[32];
	FILE *f;

	help_check(argc, argv, help);
	if (argc > 1)
		help_usage(help);
	f = fopen(MOUNTS, "r");
	if (!f)
		err(1, "%s", MOUNTS);
	printf("%-10s %-6s %-4s %6s %9s %9s %8s %8s\n", "path", "type", "mode",
	       "block", "blocks", "free", "inodes", "free");
	while (fscanf(f, "%*s %255s %31s %31s %*s %*s", path, type, mode) == 3)
		print(path, type, mode);
	fclose(f);
	return 0;
}
