/*
 * true.c: the command that succeeds.
 *
 * Floor: user space.
 * Read next: user/bin/sh/sh.c, which keeps the status in $?.
 */
#include "help.h"

int main(int argc, char **argv)
{
	help_check(argc, argv, "usage: true\nStatus 0.\n");
	return 0;
}
