/*
 * files.c: see files.h.
 *
 * Floor: user space.
 */
#include "files.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"

static int one(const char *name, file_fn *fn)
{
	int standard = strcmp(name, "-") == 0;
	FILE *f = standard ? stdin : fopen(name, "r");
	int status;

	if (!f) {
		warn("%s", name);
		return 1;
	}
	status = fn(f, name);
	if (ferror(f)) {
		warn("%s", name);
		status = 1;
	}
	if (!standard)
		fclose(f);
	return status;
}

/*
 * Call @fn for each file of @names, a NULL at their end; - is standard input,
 * and so are no names at all.
 * Returns: the highest that @fn returned; 1 (at least) after a message about a
 * file that could not be read.
 */
int files_each(char **names, file_fn *fn)
{
	int worst = 0;

	if (!*names)
		return one("-", fn);
	for (; *names; names++) {
		int status = one(*names, fn);

		if (status > worst)
			worst = status;
	}
	return worst;
}

/*
 * The number that @s is, 0 or more; anything else is wrong usage.
 */
long files_number(const char *s, const char *usage)
{
	char *end;
	long n = s ? strtol(s, &end, 10) : -1;

	if (n < 0 || end == s || *end)
		help_usage(usage);
	return n;
}

/*
 * The options of head and tail, `-n LINES` or `-LINES`, and then only files:
 * @argv is left at the first of them.
 * Returns: LINES, @normal without the option.
 */
long files_lines(char ***argv, long normal, const char *usage)
{
	char **a = *argv;

	if (*a && *++a && (*a)[0] == '-' && (*a)[1]) {
		int apart = strcmp(*a, "-n") == 0;

		a += apart;
		normal = files_number(*a ? *a + !apart : NULL, usage);
		a++;
	}
	if (*a && (*a)[0] == '-' && (*a)[1])
		help_usage(usage);
	*argv = a;
	return normal;
}
