/*
 * grep.c: lines that match a regular expression.
 *
 * Floor: user space.  Matching is the C library's.  [POSIX grep]
 */
#define _GNU_SOURCE
#include <err.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#include "files.h"
#include "help.h"

static const char help[] =
	"usage: grep [-cEinqv] PATTERN [FILE...]\n"
	"Print the lines of files, or of standard input, that match PATTERN.\n"
	"  -c  only their number       -E  PATTERN is an extended expression\n"
	"  -i  capitals or not         -n  with line numbers\n"
	"  -q  nothing, only succeed   -v  lines that do not match\n"
	"Exit status: 0 if there are any, 1 if not, 2 after an error.\n";

enum {				/* as in help_options() below */
	COUNT = 1, EXTENDED = 2, NO_CASE = 4, NUMBERS = 8, QUIET = 16,
	INVERTED = 32,
};

static unsigned options;
static int with_names, found;
static regex_t pattern;

static void report(const char *name, unsigned long number, const char *line,
		   size_t n)
{
	if (with_names)
		printf("%s:", name);
	if (options & NUMBERS)
		printf("%lu:", number);
	fwrite(line, 1, n, stdout);
	putchar('\n');
}

static int search(FILE *f, const char *name)
{
	unsigned long number = 0, hits = 0;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, f)) >= 0) {
		if (n > 0 && line[n - 1] == '\n')
			line[--n] = '\0';
		number++;
		if ((regexec(&pattern, line, 0, NULL, 0) == 0)
		    == !!(options & INVERTED))
			continue;
		found = 1;
		hits++;
		if (!(options & (QUIET | COUNT)))
			report(name, number, line, n);
	}
	free(line);
	if ((options & (QUIET | COUNT)) == COUNT) {
		if (with_names)
			printf("%s:", name);
		printf("%lu\n", hits);
	}
	return 0;
}

int main(int argc, char **argv)
{
	int flags = REG_NOSUB, error;
	char why[128];

	options = help_options(&argc, &argv, "cEinqv", help);
	if (argc == 0)
		help_usage(help);
	flags |= options & EXTENDED ? REG_EXTENDED : 0;
	flags |= options & NO_CASE ? REG_ICASE : 0;
	error = regcomp(&pattern, argv[0], flags);
	if (error) {
		regerror(error, &pattern, why, sizeof why);
		errx(2, "%s: %s", argv[0], why);
	}
	with_names = argc > 2;
	if (files_each(argv + 1, search) != 0)
		return 2;
	return !found;
}
