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
#include <string.h>

#include "files.h"
#include "help.h"

static const char help[] =
	"usage: grep [-cEinqv] PATTERN [FILE...]\n"
	"Print the lines of files, or of standard input, that match PATTERN.\n"
	"  -c  only their number       -E  PATTERN is an extended expression\n"
	"  -i  capitals or not         -n  with line numbers\n"
	"  -q  nothing, only succeed   -v  lines that do not match\n"
	"Exit status: 0 if there are any, 1 if not, 2 after an error.\n";

static int count_only, quiet, inverted, numbers, with_names, found;
static regex_t pattern;

static void report(const char *name, unsigned long number, const char *line,
		   size_t n)
{
	if (with_names)
		printf("%s:", name);
	if (numbers)
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
		if ((regexec(&pattern, line, 0, NULL, 0) != 0) != inverted)
			continue;
		found = 1;
		hits++;
		if (!quiet && !count_only)
			report(name, number, line, n);
	}
	free(line);
	if (count_only && !quiet && with_names)
		printf("%s:", name);
	if (count_only && !quiet)
		printf("%lu\n", hits);
	return 0;
}

static int set_options(const char *s)
{
	int flags = 0;

	for (; *s; s++) {
		switch (*s) {
		case 'c': count_only = 1; break;
		case 'E': flags |= REG_EXTENDED; break;
		case 'i': flags |= REG_ICASE; break;
		case 'n': numbers = 1; break;
		case 'q': quiet = 1; break;
		case 'v': inverted = 1; break;
		default: help_usage(help);
		}
	}
	return flags;
}

int main(int argc, char **argv)
{
	int i = 1, flags = REG_NOSUB, error;
	char why[128];

	help_check(argc, argv, help);
	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++)
		flags |= set_options(argv[i] + 1);
	if (i == argc)
		help_usage(help);
	error = regcomp(&pattern, argv[i], flags);
	if (error) {
		regerror(error, &pattern, why, sizeof why);
		errx(2, "%s: %s", argv[i], why);
	}
	with_names = argc - i > 2;
	if (files_each(argv + i + 1, search) != 0)
		return 2;
	return !found;
}
