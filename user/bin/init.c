/*
 * init.c: process 1, the first program and the father of orphans.
 *
 * Floor: user space.  Two ways of life:
 *   /etc/init.args there   run the command in it (arguments that end in a zero
 *                          byte each) as the only program, and end with its
 *                          status; it reads /etc/init.stdin, or nothing
 *   otherwise              a shell on the console
 *
 * Invariant: when process 1 exits, the kernel writes everything to the disk
 * and switches the machine off with that status.
 *
 * Read next: user/bin/sh/sh.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMAND "/etc/init.args"
#define INPUT "/etc/init.stdin"

enum {
	ARGS_BYTES = 32768,
	ARGS_MAX = 1024,
};

static const char welcome[] =
	"Welcome to Magpie.  Its pages move; its bytes stay where they are.\n"
	"  mcp -v /data/big /tmp/big     copy a file without copying a byte\n"
	"  cp -v /data/big /tmp/big      the same by read and write\n"
	"  help, ls /bin, ls /test       what else there is to try\n";
static const char forgets[] =
	"The disk is in memory: it forgets everything at poweroff.\n";
static const char keeps[] =
	"What you write stays on the disk; leave with poweroff.\n";

static char args[ARGS_BYTES];

/* The kernel may start us without open files: then 0, 1, 2 are the console. */
static void open_console(void)
{
	while (fcntl(STDERR_FILENO, F_GETFD) < 0) {
		if (open("/dev/console", O_RDWR) < 0)
			exit(1);
	}
}

static void set_environment(void)
{
	setenv("PATH", "/bin", 1);
	setenv("HOME", "/", 1);
	setenv("TERM", "vt100", 0);
}

/*
 * Control-C reaches every process on the console: we ignore it, the programs
 * must not inherit that.
 */
static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		execvp(argv[0], argv);
		fprintf(stderr, "init: %s: %s\n", argv[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	if (pid < 0)
		fprintf(stderr, "init: fork: %s\n", strerror(errno));
	return pid;
}

/*
 * Reap whoever dies until it is @pid.
 * Returns: its status; a signal n counts as 128 + n.
 */
static int reap_until(pid_t pid)
{
	int status;

	for (;;) {
		pid_t dead = waitpid(-1, &status, 0);

		if (dead < 0 && errno != EINTR)
			return 1;
		if (dead != pid)
			continue;
		return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
					   : WEXITSTATUS(status);
	}
}

/*
 * Read the command.  argv points into args[].
 * Returns: the number of arguments; 0 if there is no command.
 */
static int read_command(char **argv)
{
	int fd = open(COMMAND, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, args, sizeof args - 1);
	int argc = 0;

	if (fd >= 0)
		close(fd);
	for (char *p = args; p < args + n && argc < ARGS_MAX; argc++) {
		argv[argc] = p;
		p += strlen(p) + 1;
	}
	argv[argc] = NULL;
	return argc;
}

/*
 * A command reads what came with it, else nothing.  Not the console: on a
 * machine without a person its input would never end.
 */
static void give_input(void)
{
	int fd = open(INPUT, O_RDONLY);

	if (fd < 0)
		fd = open("/dev/null", O_RDONLY);
	if (fd >= 0) {
		dup2(fd, STDIN_FILENO);
		close(fd);
	}
}

static int run_command(char **argv)
{
	pid_t pid = start(argv);

	return pid < 0 ? 126 : reap_until(pid);
}

/* A shell that is killed is started again; one that exits ends the machine. */
static int run_shell(void)
{
	char *argv[] = { "/bin/sh", NULL };
	int status;

	fputs(welcome, stdout);
	fputs(access("/dev/ram0", F_OK) == 0 ? forgets : keeps, stdout);
	fflush(stdout);
	do {
		status = run_command(argv);
	} while (status > 128);
	return status;
}

int main(void)
{
	static char *argv[ARGS_MAX + 1];

	open_console();
	set_environment();
	signal(SIGINT, SIG_IGN);
	if (read_command(argv) > 0) {
		give_input();
		return run_command(argv);
	}
	return run_shell();
}
