/*
 * find.c: walk through directories.
 *
 * Floor: user space.  Names come in the order of the directory.  Symbolic
 * links are named and not followed, so the walk ends.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "help.h"

static const char help[] =
	"usage: find [PATH...] [-name PATTERN] [-type f|d|l]\n"
	"Print PATH (.) and all that is below, if it is called like PATTERN\n"
	"(* ? [...]) and is a file, a directory or a symbolic link.\n";

static const char *pattern;
static mode_t type;
static int failed;

static void walk(const char *path, const char *name);

static int wanted(const char *name, mode_t mode)
{
	return (!pattern || fnmatch(pattern, name, 0) == 0)
	       && (!type || (mode & S_IFMT) == type);
}

static void walk_into(const char *path)
{
	const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
	DIR *dir = opendir(path);
	struct dirent *d;

	if (!dir) {
		warn("%s", path);
		failed = 1;
		return;
	}
	while ((d = readdir(dir))) {
		char *full;

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (asprintf(&full, "%s%s%s", path, slash, d->d_name) < 0)
			err(1, "%s", path);
		walk(full, d->d_name);
		free(full);
	}
	closedir(dir);
}

static void walk(const char *path, const char *name)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		warn("%s", path);
		failed = 1;
		return;
	}
	if (wanted(name, st.st_mode))
		puts(path);
	if (S_ISDIR(st.st_mode))
		walk_into(path);
}

/* -name PATTERN, -type LETTER. */
static void set_option(const char *option, const char *value)
{
	if (value && strcmp(option, "-name") == 0)
		pattern = value;
	else if (value && strcmp(option, "-type") == 0 && strlen(value) == 1
		 && strchr("fdl", *value))
		type = *value == 'f' ? S_IFREG : *value == 'd' ? S_IFDIR
							       : S_IFLNK;
	else
		help_usage(help);
}

int main(int argc, char **argv)
{
	int first = 1, paths;

	help_check(argc, argv, help);
	for (; first < argc && argv[first][0] != '-'; first++)
		continue;
	paths = first;
	for (; first < argc; first += 2)
		set_option(argv[first], argv[first + 1]);
	if (paths == 1)
		walk(".", ".");
	for (int i = 1; i < paths; i++) {
		const char *slash = strrchr(argv[i], '/');

		walk(argv[i], slash && slash[1] ? slash + 1 : argv[i]);
	}
	return failed;
}
