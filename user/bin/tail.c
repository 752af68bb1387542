/*
 * tail.c: the last lines.
 *
 * Floor: user space.  Keeps as many lines as are wanted, in a ring.
 */
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "help.h"

static const char help[] =
	"usage: tail [-n LINES] [FILE...]\n"
	"Print the last LINES (10) of each file, or of standard input.\n";

struct line {
	char *text;
	size_t room;
	ssize_t length;
};

static long lines = 10;
static struct line *ring;

static int print(FILE *f, const char *name)
{
	unsigned long n = 0;
	struct line *l;

	(void)name;
	for (;; n++) {
		l = &ring[n % lines];
		l->length = getline(&l->text, &l->room, f);
		if (l->length < 0)
			break;
	}
	/* The one that met the end has lost its place to nobody. */
	for (unsigned long i = n < (unsigned long)lines ? 0 : n - lines + 1;
	     i < n; i++) {
		l = &ring[i % lines];
		fwrite(l->text, 1, l->length, stdout);
	}
	return 0;
}

int main(int argc, char **argv)
{
	int i = 1;

	help_check(argc, argv, help);
	if (argc > 1 && strcmp(argv[1], "-n") == 0) {
		lines = files_number(argv[2], help);
		i = 3;
	}
	lines++;			/* a place for the one not there */
	ring = calloc(lines, sizeof *ring);
	if (!ring)
		err(1, "memory");
	if (argc > i && argv[i][0] == '-' && argv[i][1])
		help_usage(help);
	return files_each(argv + i, print);
}
