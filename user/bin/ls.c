/*
 * ls.c: list directories.
 *
 * Floor: user space.  Read next: user/bin/cat.c.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "help.h"

static const char help[] =
	"usage: ls [-la] [FILE...]\n"
	"List files, and what is in directories, sorted by name.\n"
	"  -l  with mode, links, owner, group, size and time\n"
	"  -a  also names that begin with a dot\n";

static int long_form, all;

static char type_letter(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFLNK:
		return 'l';
	case S_IFIFO:
		return 'p';
	}
	return '-';
}

static void print_mode(mode_t mode)
{
	static const char letters[] = "rwxrwxrwx";

	putchar(type_letter(mode));
	for (int i = 0; i < 9; i++)
		putchar(mode & (0400 >> i) ? letters[i] : '-');
}

/* One line for the file at @path, called @name. */
static int print_entry(const char *path, const char *name)
{
	struct stat st;
	char when[20];

	if (!long_form) {
		puts(name);
		return 0;
	}
	if (lstat(path, &st) < 0) {
		warn("%s", path);
		return 1;
	}
	print_mode(st.st_mode);
	strftime(when, sizeof when, "%Y-%m-%d %H:%M", gmtime(&st.st_mtime));
	printf(" %3u %4u %4u %10lld %s %s\n", (unsigned)st.st_nlink,
	       (unsigned)st.st_uid, (unsigned)st.st_gid,
	       (long long)st.st_size, when, name);
	return 0;
}

static int shown(const struct dirent *d)
{
	return all || d->d_name[0] != '.';
}

static int list_directory(const char *path)
{
	struct dirent **list;
	int failed = 0;
	int n = scandir(path, &list, shown, alphasort);

	if (n < 0) {
		warn("%s", path);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		char *full;

		if (asprintf(&full, "%s/%s", path, list[i]->d_name) < 0)
			err(1, "%s", path);
		failed |= print_entry(full, list[i]->d_name);
		free(full);
		free(list[i]);
	}
	free(list);
	return failed;
}

/* @several: more than one was asked for, so each directory has a title. */
static int list(const char *path, int several)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		warn("%s", path);
		return 1;
	}
	if (!S_ISDIR(st.st_mode))
		return print_entry(path, path);
	if (several)
		printf("%s:\n", path);
	return list_directory(path);
}

int main(int argc, char **argv)
{
	unsigned options = help_options(&argc, &argv, "la", help);
	int failed = 0;

	long_form = options & 1;
	all = options & 2;
	if (argc == 0)
		return list(".", 0);
	for (int i = 0; i < argc; i++)
		failed |= list(argv[i], argc > 1);
	return failed;
}
