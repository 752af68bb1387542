/*
 * help.c: see help.h.
 *
 * Floor: user space.
 */
#include "help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * If the first argument is --help, print @text and leave.
 * @text begins with the usage line and ends with a newline.
 */
void help_check(int argc, char **argv, const char *text)
{
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(text, stdout);
		exit(EXIT_SUCCESS);
	}
}

/*
 * Complain about wrong usage: the first line of @text, and status 2.
 */
_Noreturn void help_usage(const char *text)
{
	fprintf(stderr, "%.*s\n", (int)strcspn(text, "\n"), text);
	exit(2);
}
