/*
 * head.c: the first lines.
 *
 * Floor: user space.  Read next: user/bin/tail.c.
 */
#include <stdio.h>
#include <string.h>

#include "files.h"
#include "help.h"

static const char help[] =
	"usage: head [-n LINES] [FILE...]\n"
	"Print the first LINES (10) of each file, or of standard input.\n";

static long lines = 10;

static int print(FILE *f, const char *name)
{
	int c;

	(void)name;
	for (long n = 0; n < lines && (c = getc(f)) != EOF; ) {
		putchar(c);
		n += c == '\n';
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
	if (argc > i && argv[i][0] == '-' && argv[i][1])
		help_usage(help);
	return files_each(argv + i, print);
}
