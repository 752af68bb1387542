/*
 * ps.c: list the processes.
 *
 * Floor: user space.  The kernel writes the table; this prints it.
 * Read next: user/bin/kill.c.
 */
#include <err.h>
#include <stdio.h>

#include "help.h"

#define TABLE "/proc/magpie/ps"

static const char help[] =
	"usage: ps\n"
	"List the processes: what " TABLE " says.\n";

int main(int argc, char **argv)
{
	int c;
	FILE *table;

	help_check(argc, argv, help);
	if (argc > 1)
		help_usage(help);
	table = fopen(TABLE, "r");
	if (!table)
		err(1, "%s", TABLE);
	while ((c = getc(table)) != EOF)
		putchar(c);
	if (ferror(table))
		err(1, "%s", TABLE);
	return 0;
}
