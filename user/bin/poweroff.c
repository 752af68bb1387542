/*
 * poweroff.c: write everything to the disk and switch the machine off.
 *
 * Floor: user space.  Read next: user/bin/init.c.
 */
#include <err.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "help.h"

static const char help[] =
	"usage: poweroff\n"
	"Write everything to the disk and switch the machine off.  What is on a\n"
	"ramdisk is gone then.\n";

int main(int argc, char **argv)
{
	help_check(argc, argv, help);
	if (argc > 1)
		help_usage(help);
	sync();
	reboot(RB_POWER_OFF);
	err(1, "reboot");
}
