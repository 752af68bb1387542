/*
 * head.c: the first lines.
 *
 * Floor: user space.  Read next: user/bin/tail.c.
 */
#include <stdio.h>

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
	help_check(argc, argv, help);
	lines = files_lines(&argv, lines, help);
	return files_each(argv, print);
}
