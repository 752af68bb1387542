/*
 * echo.c: print the arguments.
 *
 * Floor: user space.  Read next: user/bin/cat.c.
 */
#include <stdio.h>
#include <string.h>

#include "help.h"

static const char help[] =
	"usage: echo [-n] [WORD...]\n"
	"Print the words with a blank between them.\n"
	"  -n  do not end the line\n";

int main(int argc, char **argv)
{
	int i = 1, newline = 1;

	help_check(argc, argv, help);
	if (argc > 1 && strcmp(argv[1], "-n") == 0) {
		newline = 0;
		i = 2;
	}
	for (; i < argc; i++) {
		fputs(argv[i], stdout);
		if (i + 1 < argc)
			putchar(' ');
	}
	if (newline)
		putchar('\n');
	return 0;
}
