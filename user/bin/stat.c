/*
 * stat.c: what is known about files.
 *
 * Floor: user space.  [POSIX lstat]  Read next: user/bin/ls.c.
 */
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "help.h"

static const char help[] =
	"usage: stat [-L] FILE...\n"
	"Show what is known about files, one `name value` a line.\n"
	"  -L  of a symbolic link, what it leads to\n";

static const char *kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
		return "character device";
	case S_IFBLK:
		return "block device";
	case S_IFIFO:
		return "pipe";
	}
	return "unknown";
}

static void show_time(const char *name, time_t t)
{
	char text[32];

	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime(&t));
	printf("%-8s %s\n", name, text);
}

static void show_link(const char *path)
{
	char text[PATH_MAX];
	ssize_t n = readlink(path, text, sizeof text);

	if (n >= 0)
		printf("%-8s %.*s\n", "leads_to", (int)n, text);
}

static void show(const char *path, const struct stat *st)
{
	printf("%-8s %s\n", "name", path);
	printf("%-8s %s\n", "kind", kind(st->st_mode));
	if (S_ISLNK(st->st_mode))
		show_link(path);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		printf("%-8s %u,%u\n", "device", major(st->st_rdev),
		       minor(st->st_rdev));
	printf("%-8s %lld\n", "size", (long long)st->st_size);
	printf("%-8s %lld\n", "blocks", (long long)st->st_blocks);
	printf("%-8s %llu\n", "inode", (unsigned long long)st->st_ino);
	printf("%-8s %u\n", "links", (unsigned)st->st_nlink);
	printf("%-8s %04o\n", "mode", (unsigned)st->st_mode & 07777);
	printf("%-8s %u\n", "owner", (unsigned)st->st_uid);
	printf("%-8s %u\n", "group", (unsigned)st->st_gid);
	show_time("access", st->st_atime);
	show_time("modify", st->st_mtime);
	show_time("change", st->st_ctime);
}

int main(int argc, char **argv)
{
	unsigned follow = help_options(&argc, &argv, "L", help);
	int failed = 0;

	if (argc == 0)
		help_usage(help);
	for (int i = 0; i < argc; i++) {
		struct stat st;

		if ((follow ? stat : lstat)(argv[i], &st) < 0) {
			warn("%s", argv[i]);
			failed = 1;
			continue;
		}
		show(argv[i], &st);
	}
	return failed;
}
