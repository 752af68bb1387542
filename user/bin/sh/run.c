/*
 * run.c: doing what a tree says.
 *
 * Floor: user space.  run() walks down; at the leaves it is a command of the
 * shell itself, done here, or a program, for which it forks.  In a child that
 * is there for one command only, nothing is forked again.
 *
 * Invariant: sh.status is the status of whatever ran last.
 *
 * Read next: job.c.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

/* ---- simple commands --------------------------------------------------- */

/* NAME=value in front of a command.  Returns what comes behind. */
static const struct word *assign(const struct word *w, int for_program)
{
	for (; w && is_assignment(w->text); w = w->next) {
		char *text = expand_one(w->text);
		char *sign = strchr(text, '=');

		*sign = '\0';
		vars_set(text, sign + 1);
		if (for_program)
			vars_export(text);
		free(text);
	}
	return w;
}

/* [ x = y ] is test x = y. */
static void unbracket(struct words *argv)
{
	if (strcmp(argv->v[0], "[") != 0)
		return;
	if (strcmp(argv->v[argv->n - 1], "]") != 0)
		errx(2, "] is missing");
	argv->v[0] = "test";
	argv->v[argv->n - 1] = NULL;
}

/* A file that is no program is one of ours. */
static void try_script(struct words *argv)
{
	struct words script = { 0 };

	words_add(&script, "sh");
	for (int i = 0; i < argv->n; i++)
		words_add(&script, argv->v[i]);
	execv("/bin/sh", script.v);
}

/* In the child: become the program. */
static _Noreturn void exec_program(const struct node *n, struct words *argv)
{
	const char *name = argv->v[0];

	assign(n->words, 1);
	if (redirect(n->redirections, NULL) < 0)
		exit(1);
	unbracket(argv);
	execvp(argv->v[0], argv->v);
	if (errno == ENOEXEC && strchr(name, '/'))
		try_script(argv);
	if (errno == ENOENT && !strchr(name, '/'))
		errx(127, "%s: not found", name);
	err(errno == ENOENT ? 127 : 126, "%s", name);
}

static int run_program(const struct node *n, struct words *argv, int in_child)
{
	struct job job = { 0 };

	if (in_child || job_start(&job, FOREGROUND) == 0)
		exec_program(n, argv);
	return job_wait(&job);
}

/* What a command of the shell has printed must arrive where it was sent. */
static int printed(void)
{
	int arrived = fflush(stdout) == 0 && !ferror(stdout);

	if (!arrived)
		warn("standard output");
	clearerr(stdout);
	return arrived;
}

/* In the shell itself: a command of its own, or assignments alone. */
static int run_here(const struct node *n, builtin_fn *fn, struct words *argv)
{
	struct saved old;
	int status = 1;

	assign(n->words, 0);
	if (redirect(n->redirections, &old) == 0)
		status = fn ? fn(argv->v) : 0;
	if (!printed() && status == 0)
		status = 1;
	redirect_back(&old);
	return status;
}

static int run_simple(const struct node *n, int in_child)
{
	const struct word *w = n->words;
	struct words argv = { 0 };
	builtin_fn *fn;
	int status;

	while (w && is_assignment(w->text))
		w = w->next;
	for (; w; w = w->next)
		expand(w->text, &argv);
	fn = argv.n > 0 ? builtin_find(argv.v[0]) : NULL;
	if (fn || argv.n == 0)
		status = run_here(n, fn, &argv);
	else
		status = run_program(n, &argv, in_child);
	words_free(&argv);
	return status;
}

/* ---- several processes ------------------------------------------------- */

/* In a child: run @n and nothing else. */
static _Noreturn void become(struct node *n)
{
	exit(n->kind == SIMPLE ? run_simple(n, 1) : run(n));
}

static void plug(int from, int to)
{
	if (from >= 0) {
		dup2(from, to);
		close(from);
	}
}

static int run_pipeline(struct node *n)
{
	struct job job = { 0 };
	int in = -1;

	for (; n; n = n->kind == PIPE ? n->b : NULL) {
		int ends[2] = { -1, -1 };

		if (n->kind == PIPE && pipe2(ends, O_CLOEXEC) < 0) {
			warn("pipe");
			break;
		}
		if (job_start(&job, FOREGROUND) == 0) {
			plug(in, STDIN_FILENO);
			plug(ends[1], STDOUT_FILENO);
			close(ends[0]);
			become(n->kind == PIPE ? n->a : n);
		}
		close(in);
		close(ends[1]);
		in = ends[0];
	}
	close(in);
	return job_wait(&job);
}

/* It has no business with the keyboard. */
static int run_in_background(struct node *n)
{
	struct job job = { 0 };

	if (job_start(&job, IN_BACKGROUND) == 0) {
		plug(open("/dev/null", O_RDONLY), STDIN_FILENO);
		become(n);
	}
	job_to_background(&job);
	return job.n == 0;
}

/* ---- the tree ---------------------------------------------------------- */

static int run_if(struct node *n)
{
	if (run(n->a) == 0)
		return run(n->b);
	return n->c ? run(n->c) : 0;
}

static int run_while(struct node *n)
{
	int status = 0;

	while (!sh.interrupted && run(n->a) == 0)
		status = run(n->b);
	return status;
}

/* @n is NULL where nothing was written, as in "then fi". */
static int run_node(struct node *n)
{
	int status;

	switch (n->kind) {
	case SIMPLE:
		return run_simple(n, 0);
	case PIPE:
		return run_pipeline(n);
	case BACKGROUND:
		return run_in_background(n->a);
	case IF:
		return run_if(n);
	case WHILE:
		return run_while(n);
	case NOT:
		return !run(n->a);
	case AND:
		status = run(n->a);
		return status == 0 ? run(n->b) : status;
	case OR:
		status = run(n->a);
		return status != 0 ? run(n->b) : status;
	case THEN:
		run(n->a);
		return run(n->b);
	}
	return 2;
}

/* A whole if or while with its input or output elsewhere. */
static int run_redirected(struct node *n)
{
	struct saved old;
	int status = 1;

	if (redirect(n->redirections, &old) == 0)
		status = run_node(n);
	redirect_back(&old);
	return status;
}

/*
 * Run the tree, NULL if it is empty.  Returns its status, which is $? then.
 */
int run(struct node *n)
{
	if (n && !sh.interrupted)
		sh.status = n->kind != SIMPLE && n->redirections
			    ? run_redirected(n) : run_node(n);
	return sh.status;
}
