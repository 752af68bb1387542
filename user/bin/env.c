/*
 * env.c: print the environment, or run a program with more in it.
 *
 * Floor: user space.
 */
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "help.h"

static const char help[] =
	"usage: env [NAME=VALUE...] [COMMAND [ARG...]]\n"
	"Run COMMAND with these variables set too; without one, print all.\n";

int main(int argc, char **argv)
{
	int i = 1;

	help_check(argc, argv, help);
	for (; i < argc && strchr(argv[i], '='); i++) {
		if (putenv(argv[i]) != 0)
			err(126, "%s", argv[i]);
	}
	if (i == argc) {
		for (char **e = environ; *e; e++)
			puts(*e);
		return 0;
	}
	command_become(argv + i);
}
