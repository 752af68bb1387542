/*
 * sh.c: a shell small enough to be read in one sitting.
 *
 * Floor: user space.  Here: arguments, and the loop that reads, parses, runs.
 * Read next: sh.h, parse.c, run.c.
 */
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "help.h"
#include "sh.h"

static const char usage[] =
	"usage: sh [FILE [ARG...] | -c COMMANDS [NAME [ARG...]]]\n"
	"Run the commands of FILE, of the argument, or of standard input.\n"
	"In the shell, help tells what it understands.\n";

struct shell sh = { .name = "sh" };

static const char *prompt(void)
{
	static char text[PATH_MAX + 16];
	char cwd[PATH_MAX];

	if (!sh.interactive)
		return "";
	jobs_reap();
	snprintf(text, sizeof text, "magpie:%s$ ",
		 getcwd(cwd, sizeof cwd) ? cwd : "?");
	return text;
}

/* To the end of the input. */
static void run_input(struct input *in)
{
	struct node *tree;
	enum parsed how;

	do {
		sh.interrupted = 0;
		how = parse(in, prompt(), &tree);
		if (how == PARSED && tree)
			run(tree);
		else if (how == PARSE_ERROR)
			sh.status = 2;
		else if (how == PARSE_INTERRUPTED)
			sh.status = 128 + SIGINT;
		parse_free();
		fflush(stdout);
	} while (how != PARSE_END);
}

static void run_script(const char *name)
{
	struct input in = { .fd = open(name, O_RDONLY | O_CLOEXEC) };

	if (in.fd < 0)
		err(127, "%s", name);
	run_input(&in);
}

static void on_interrupt(int sig)
{
	(void)sig;
	sh.interrupted = 1;
	input_interrupt();
}

/* Control-C ends what the shell does, but not the shell. */
static void run_console(void)
{
	const struct sigaction catch = { .sa_handler = on_interrupt };
	struct input in = { .fd = STDIN_FILENO };

	sh.interactive = isatty(STDIN_FILENO);
	if (sh.interactive)
		sigaction(SIGINT, &catch, NULL);
	run_input(&in);
	if (sh.interactive)
		fputs("exit\n", stderr);
}

static void set_arguments(int argc, char **argv)
{
	if (argc > 0) {
		sh.name = argv[0];
		sh.arg = argv + 1;
		sh.args = argc - 1;
	}
}

int main(int argc, char **argv)
{
	help_check(argc, argv, usage);
	if (argc > 1 && strcmp(argv[1], "-c") == 0) {
		struct input in = { .text = argc > 2 ? argv[2] : NULL };

		if (!in.text)
			help_usage(usage);
		set_arguments(argc - 3, argv + 3);
		run_input(&in);
	} else if (argc > 1) {
		set_arguments(argc - 1, argv + 1);
		run_script(argv[1]);
	} else {
		run_console();
	}
	return sh.status;
}
