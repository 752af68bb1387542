/*
 * sleep.c: do nothing for a while.
 *
 * Floor: user space.
 */
#include <stdlib.h>
#include <time.h>

#include "help.h"

static const char help[] =
	"usage: sleep SECONDS\n"
	"Wait that long; 0.5 is possible.\n";

int main(int argc, char **argv)
{
	struct timespec left;
	double seconds;
	char *end;

	help_check(argc, argv, help);
	if (argc != 2)
		help_usage(help);
	seconds = strtod(argv[1], &end);
	if (end == argv[1] || *end || !(seconds >= 0) || seconds > 1e9)
		help_usage(help);
	left.tv_sec = (time_t)seconds;
	left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
	while (nanosleep(&left, &left) < 0)
		continue;
	return 0;
}
