/*
 * sync.c: bring everything to the disk.
 *
 * Floor: user space.  Who wants to hear of errors uses fsync(2): this call has
 * no way to tell them.
 */
#include <unistd.h>

#include "help.h"

static const char help[] =
	"usage: sync\n"
	"Write everything that is not on the disk yet, and wait.\n";

int main(int argc, char **argv)
{
	help_check(argc, argv, help);
	if (argc > 1)
		help_usage(help);
	sync();
	return 0;
}
