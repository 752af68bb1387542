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
	static char line[BUFSIZ];
	int i = 1, newline = 1;

	help_check(argc, argv, help);
	/* Not the end of the line by itself: a control file takes an order a write. */
	setvbuf(stdout, line, _IOFBF, sizeof line);
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
