/*
 * vmstat.c: the kernel's counters, since boot or over one command.
 *
 * Floor: user space.  `vmstat mcp a b` answers what the whole machine did
 * while the copy ran, the driver and the flusher included; `mcp -v` answers
 * what the copying process did.
 *
 * Read next: kernel/counters.h, what each of them means.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "counters.h"
#include "help.h"

static const char help[] =
	"usage: vmstat [COMMAND [ARG...]]\n"
	"Print the counters of the machine that are not 0: since boot, or\n"
	"what they grew by while COMMAND ran.\n";

static struct counters before, after;

static void picture(struct counters *c)
{
	if (counters_read(c, COUNTERS_MACHINE) < 0)
		err(1, "%s", COUNTERS_MACHINE);
}

static void print(const struct counters *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		if (c->item[i].value != 0)
			printf("%-24s %12" PRIu64 "\n", c->item[i].name,
			       c->item[i].value);
	}
}

static void run(char **argv)
{
	pid_t pid = command_start(argv);
	int status;

	if (waitpid(pid, &status, 0) < 0)
		err(1, "wait");
	if (WIFSIGNALED(status))
		warnx("%s: killed by signal %d", argv[0], WTERMSIG(status));
}

int main(int argc, char **argv)
{
	help_check(argc, argv, help);
	if (argc > 1 && argv[1][0] == '-')
		help_usage(help);
	picture(&before);
	if (argc == 1) {
		print(&before);
		return 0;
	}
	run(argv + 1);
	picture(&after);
	counters_diff(&after, &before, &after);
	print(&after);
	return 0;
}
