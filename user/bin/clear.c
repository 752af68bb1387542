/*
 * clear.c: an empty screen.
 *
 * Floor: user space.  [ECMA-48 8.3.39 ED, 8.3.21 CUP]
 */
#include <stdio.h>

#include "help.h"

static const char help[] = "usage: clear\nClear the screen.\n";

int main(int argc, char **argv)
{
	help_check(argc, argv, help);
	if (argc > 1)
		help_usage(help);
	fputs("\033[2J\033[H", stdout);
	return 0;
}
