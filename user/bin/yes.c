/*
 * yes.c: the same line for ever.
 *
 * Floor: user space.  Ends when nobody reads it any more.
 */
#include <err.h>
#include <stdio.h>

#include "help.h"

static const char help[] =
	"usage: yes [TEXT]\n"
	"Print TEXT (y) again and again.\n";

int main(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : "y";

	help_check(argc, argv, help);
	while (puts(text) >= 0)
		continue;
	err(1, "standard output");
}
