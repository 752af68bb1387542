/*
 * help.c: see help.h.
 *
 * Floor: user space.
 */
#include "help.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What was printed may not have arrived: on a full disk, say. */
static void check_output(void)
{
	int failed = ferror(stdout);

	if (fflush(stdout) == 0 && !failed)
		return;
	warn("standard output");
	_exit(1);
}

/*
 * To be called first.  If the first argument is --help, print @text and leave.
 * @text begins with the usage line and ends with a newline.  However the
 * program ends, output that failed makes its status 1.
 */
void help_check(int argc, char **argv, const char *text)
{
	atexit(check_output);
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(text, stdout);
		exit(EXIT_SUCCESS);
	}
}

/*
 * help_check(), and then the options: single letters of @letters, alone or
 * together after a `-`, up to the first argument that is none, or to `--`.
 * What remains is in @argc and @argv.  Any other letter is wrong usage.
 *
 * Returns: bit n for letters[n].
 */
unsigned help_options(int *argc, char ***argv, const char *letters,
		      const char *text)
{
	char **end = *argv + *argc, **a = *argc > 0 ? *argv + 1 : end;
	unsigned found = 0;
	int more = 1;

	help_check(*argc, *argv, text);
	for (; more && a < end && (*a)[0] == '-' && (*a)[1]; a++) {
		more = strcmp(*a, "--") != 0;
		for (const char *p = *a + 1; more && *p; p++) {
			const char *at = strchr(letters, *p);

			if (!at)
				help_usage(text);
			found |= 1u << (at - letters);
		}
	}
	*argc = end - a;
	*argv = a;
	return found;
}

/*
 * Complain about wrong usage: the first line of @text, and status 2.
 */
_Noreturn void help_usage(const char *text)
{
	fprintf(stderr, "%.*s\n", (int)strcspn(text, "\n"), text);
	exit(2);
}
