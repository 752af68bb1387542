/*
 * false.c: the command that fails.
 *
 * Floor: user space.
 * Read next: user/bin/sh/sh.c, which keeps the status in $?.
 */
#include "help.h"

int main(int argc, char **argv)
{
	help_check(argc, argv, "usage: false\nStatus 1.\n");
	return 1;
}
