/*
 * sh.c: a shell small enough to be read in one sitting.
 *
 * Floor: user space.  Runs commands one after the other, with redirections;
 * cd and exit are its own, because they must change the shell itself.
 * There are no pipes and no background.
 *
 * Read next: user/bin/sh/command.c, how a line is taken apart.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "help.h"

static const char usage[] =
	"usage: sh [FILE | -c COMMANDS]\n"
	"Run the commands of FILE, of the argument, or of standard input.\n";

static const char help[] =
	"COMMAND WORD...     run a program of /bin; --help says what it does\n"
	"COMMAND; COMMAND    one after the other\n"
	"< FILE  > FILE  >> FILE    read from it, write to it, add to it\n"
	"'...' \"...\" \\c       take blanks and signs as they are\n"
	"$?                  the status of the last command\n"
	"cd [DIRECTORY]      go there\n"
	"exit [STATUS]       leave the shell\n"
	"help                this text\n"
	"Control-C ends a program, control-D ends the input.\n"
	"Programs:";

static int status;		/* $? */

/* ---- running one command ---------------------------------------------- */

/* In the child: make @fd the file @name.  Ends the child if that fails. */
static void redirect(int fd, const char *name, int flags)
{
	int file;

	if (!name)
		return;
	file = open(name, flags, 0666);
	if (file < 0 || dup2(file, fd) < 0)
		err(1, "%s", name);
	if (file != fd)
		close(file);
}

static void print_help(void)
{
	struct dirent *d;
	DIR *bin = opendir("/bin");

	fputs(help, stdout);
	while (bin && (d = readdir(bin))) {
		if (d->d_name[0] != '.')
			printf(" %s", d->d_name);
	}
	putchar('\n');
}

/* In the child: become the command. */
static _Noreturn void become(struct command *c)
{
	signal(SIGINT, SIG_DFL);
	redirect(STDIN_FILENO, c->in, O_RDONLY);
	redirect(STDOUT_FILENO, c->out, O_WRONLY | O_CREAT
		 | (c->append ? O_APPEND : O_TRUNC));
	if (c->argc == 0)
		exit(0);
	if (strcmp(c->argv[0], "help") == 0) {
		print_help();
		exit(0);
	}
	execvp(c->argv[0], c->argv);
	if (errno == ENOENT && !strchr(c->argv[0], '/'))
		errx(127, "%s: not found", c->argv[0]);
	err(errno == ENOENT ? 127 : 126, "%s", c->argv[0]);
}

/* Wait for @pid; a signal n gives the status 128 + n. */
static int wait_for(pid_t pid)
{
	int how;

	while (waitpid(pid, &how, 0) < 0) {
		if (errno != EINTR)
			return 1;
	}
	if (!WIFSIGNALED(how))
		return WEXITSTATUS(how);
	if (WTERMSIG(how) != SIGINT)	/* that was control-C: no news */
		fprintf(stderr, "sh: ended by signal %d (%s)\n",
			WTERMSIG(how), strsignal(WTERMSIG(how)));
	return 128 + WTERMSIG(how);
}

static int run_program(struct command *c)
{
	pid_t pid = fork();

	if (pid == 0)
		become(c);
	if (pid < 0) {
		warn("%s", c->argc ? c->argv[0] : "fork");
		return 1;
	}
	return wait_for(pid);
}

static int change_directory(const char *to)
{
	if (!to)
		to = getenv("HOME");
	if (chdir(to ? to : "/") < 0) {
		warn("cd: %s", to);
		return 1;
	}
	return 0;
}

static int run(struct command *c)
{
	const char *name = c->argc ? c->argv[0] : "";

	if (strcmp(name, "cd") == 0)
		return change_directory(c->argv[1]);
	if (strcmp(name, "exit") == 0)
		exit(c->argv[1] ? atoi(c->argv[1]) & 255 : status);
	if (c->argc == 0 && !c->in && !c->out)
		return status;
	return run_program(c);
}

static void run_line(const char *line)
{
	static struct command c;

	while (line && *line) {
		line = command_parse(&c, line, status);
		status = line ? run(&c) : 2;
	}
}

/* ---- where lines come from -------------------------------------------- */

/*
 * One line of @fd into @line.  Byte by byte, so that what follows is left for
 * the programs that read the same file.
 * Returns: 0 at the end of the input, -1 if control-C came between; the
 * terminal has then thrown the line away and begun a new one.
 */
static int read_line(int fd, char line[LINE_BYTES])
{
	size_t n = 0;
	char c;

	for (;;) {
		ssize_t got = read(fd, &c, 1);

		if (got < 0 && errno == EINTR)
			return -1;
		if (got <= 0 && n == 0)
			return 0;
		if (got <= 0 || c == '\n')
			break;
		if (n < LINE_BYTES - 1)
			line[n++] = c;
	}
	line[n] = '\0';
	return 1;
}

static void prompt(void)
{
	char cwd[PATH_MAX];

	fflush(stdout);
	fprintf(stderr, "magpie:%s$ ",
		getcwd(cwd, sizeof cwd) ? cwd : "?");
}

static void run_input(int fd, int interactive)
{
	static char line[LINE_BYTES];

	for (;;) {
		int got;

		if (interactive)
			prompt();
		got = read_line(fd, line);
		if (got == 0)
			break;
		if (got > 0)
			run_line(line);
	}
	if (interactive)
		fputs("exit\n", stderr);
}

/* Lines of -c: the argument may hold several. */
static void run_text(char *text)
{
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		run_line(line);
}

static void run_script(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(127, "%s", name);
	run_input(fd, 0);
}

/* There to interrupt the reading of a line, and not to end the shell. */
static void on_interrupt(int sig)
{
	(void)sig;
}

static void run_console(void)
{
	const struct sigaction catch = { .sa_handler = on_interrupt };
	int interactive = isatty(STDIN_FILENO);

	if (interactive)
		sigaction(SIGINT, &catch, NULL);
	run_input(STDIN_FILENO, interactive);
}

int main(int argc, char **argv)
{
	help_check(argc, argv, usage);
	if (argc > 1 && strcmp(argv[1], "-c") == 0) {
		if (argc < 3)
			help_usage(usage);
		run_text(argv[2]);
	} else if (argc > 1) {
		run_script(argv[1]);
	} else {
		run_console();
	}
	return status;
}
