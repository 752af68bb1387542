/*
 * time.c: how long a command takes.
 *
 * Floor: user space.  Real time is the clock's; the processor's is counted by
 * the tick, in user mode only, so a short command has used none.
 */
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "command.h"
#include "help.h"

static const char help[] =
	"usage: time COMMAND [ARG...]\n"
	"Run COMMAND; then say on standard error how many seconds it took, and\n"
	"how many of them the processor ran it.\n";

static double seconds(const struct timespec *t)
{
	return (double)t->tv_sec + (double)t->tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct timespec begin, end;
	struct rusage used;
	int status;
	pid_t pid;

	help_check(argc, argv, help);
	if (argc < 2)
		help_usage(help);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	pid = command_start(argv + 1);
	if (wait4(pid, &status, 0, &used) < 0)
		err(126, "wait");
	clock_gettime(CLOCK_MONOTONIC, &end);
	fprintf(stderr, "real %.3f\nuser %.3f\n", seconds(&end) - seconds(&begin),
		(double)used.ru_utime.tv_sec
		+ (double)used.ru_utime.tv_usec / 1e6);
	return command_status(status);
}
