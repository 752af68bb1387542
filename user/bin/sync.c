/*
 * sync.c: bring everything to the disk.
 *
 * Floor: user space.  Who wants to hear of errors uses fsync(2): this call has
 * no way to tell them.
 */
#include <unistd.h>

#include "help.h"

int main(int argc, char **argv)
{
	help_check(argc, argv, "usage: sync\n"
		   "Write everything that is not on the disk yet, and wait.\n");
	sync();
	return 0;
}
