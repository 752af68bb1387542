/*
 * kill.c: send a signal to processes.
 *
 * Floor: user space.  Read next: user/bin/ps.c, for the numbers.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

#include "help.h"

static const char help[] =
	"usage: kill [-SIGNAL] PID...\n"
	"Send a signal (a name or a number; TERM) to processes.\n"
	"Names: HUP INT QUIT ILL ABRT FPE KILL SEGV PIPE ALRM TERM USR1 USR2\n";

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "HUP", SIGHUP },   { "INT", SIGINT },   { "QUIT", SIGQUIT },
	{ "ILL", SIGILL },   { "ABRT", SIGABRT }, { "FPE", SIGFPE },
	{ "KILL", SIGKILL }, { "SEGV", SIGSEGV }, { "PIPE", SIGPIPE },
	{ "ALRM", SIGALRM }, { "TERM", SIGTERM }, { "USR1", SIGUSR1 },
	{ "USR2", SIGUSR2 },
};

static int signal_number(const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (*s && !*end)
		return n;
	if (strncasecmp(s, "SIG", 3) == 0)
		s += 3;
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
		if (strcasecmp(s, signals[i].name) == 0)
			return signals[i].number;
	}
	errx(2, "%s: no such signal", s);
}

static int send(const char *pid, int sig)
{
	char *end;
	long n = strtol(pid, &end, 10);

	if (!*pid || *end) {
		warnx("%s: not a process number", pid);
		return 1;
	}
	if (kill(n, sig) < 0) {
		warn("%s", pid);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int i = 1, sig = SIGTERM, failed = 0;

	help_check(argc, argv, help);
	if (argc > 1 && argv[1][0] == '-')
		sig = signal_number(argv[i++] + 1);
	if (i == argc)
		help_usage(help);
	for (; i < argc; i++)
		failed |= send(argv[i], sig);
	return failed;
}
