/*
 * sort.c: lines in order, byte by byte.
 *
 * Floor: user space.
 */
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "help.h"

static const char help[] =
	"usage: sort [-nru] [FILE...]\n"
	"Print the lines of all files, or of standard input, in order.\n"
	"  -n  by the number they begin with   -r  the other way round\n"
	"  -u  equal ones once\n";

static char **lines;
static size_t n, room;
static int by_number, reverse, unique;

static void keep(char *line, ssize_t length)
{
	if (length > 0 && line[length - 1] == '\n')
		line[length - 1] = '\0';
	if (n == room) {
		room = room ? 2 * room : 64;
		lines = realloc(lines, room * sizeof *lines);
		if (!lines)
			err(2, "memory");
	}
	lines[n++] = line;
}

static int read_lines(FILE *f, const char *name)
{
	(void)name;
	for (;;) {
		char *line = NULL;
		size_t size = 0;
		ssize_t length = getline(&line, &size, f);

		if (length < 0) {
			free(line);
			return 0;
		}
		keep(line, length);
	}
}

static int compare(const void *a, const void *b)
{
	const char *s = *(char *const *)a, *t = *(char *const *)b;
	long x = by_number ? atol(s) : 0, y = by_number ? atol(t) : 0;
	int order = x != y ? (x > y) - (x < y) : strcmp(s, t);

	return reverse ? -order : order;
}

int main(int argc, char **argv)
{
	unsigned options = help_options(&argc, &argv, "nru", help);
	int failed;

	by_number = options & 1;
	reverse = options & 2;
	unique = options & 4;
	failed = files_each(argv, read_lines);
	if (n > 0)
		qsort(lines, n, sizeof *lines, compare);
	for (size_t k = 0; k < n; k++) {
		if (!unique || k == 0 || compare(&lines[k - 1], &lines[k]) != 0)
			puts(lines[k]);
	}
	return failed;
}
