/*
 * sh.h: what the parts of the shell tell each other.
 *
 *	input  --line-->  parse  --tree-->  run  --word-->  expand
 *	                                     |                 |
 *	                               job, builtin           vars
 *
 * Floor: user space.  Read next: sh.c, then parse.c.
 */
#ifndef SH_H
#define SH_H

#include <signal.h>
#include <sys/types.h>

enum {
	LINE_BYTES = 8192,
	PIPE_MAX = 32,			/* programs in one pipeline */
};

/* ---- state (sh.c) ------------------------------------------------------ */

struct shell {
	int interactive;		/* a person types; jobs have groups */
	int status;			/* $? */
	pid_t background;		/* $!, 0 if there was none */
	const char *name;		/* $0 */
	char **arg;			/* $1 and on */
	int args;			/* $# */
	/* Control-C: what is under way is given up, up to the prompt. */
	volatile sig_atomic_t interrupted;
};

extern struct shell sh;

/* ---- where lines come from (input.c) ----------------------------------- */

struct input {
	int fd;				/* read this, */
	const char *text;		/* or, if there is one, this */
};

void input_interrupt(void);
int input_line(struct input *in, char line[LINE_BYTES], const char *prompt);

/* ---- from lines to a tree (parse.c) ------------------------------------ */

struct word {
	struct word *next;
	char *text;			/* as it was typed, with quotes */
};

struct redirection {
	struct redirection *next;
	int fd;				/* is to become */
	int flags;			/* of open(2); -1: a copy of another */
	char *target;			/* the file's name or the other's number */
};

enum kind {
	SIMPLE,				/* words, redirections */
	PIPE,				/* a | b */
	AND, OR,			/* a && b, a || b */
	NOT,				/* ! a */
	THEN,				/* a; b */
	BACKGROUND,			/* a & */
	IF,				/* if a; then b; else c; fi */
	WHILE,				/* while a; do b; done */
};

struct node {
	enum kind kind;
	struct node *a, *b, *c;
	struct word *words;
	struct redirection *redirections;
};

enum parsed { PARSED, PARSE_ERROR, PARSE_INTERRUPTED, PARSE_END };

enum parsed parse(struct input *in, const char *prompt, struct node **out);
void parse_free(void);

/* ---- from words to arguments (expand.c, vars.c) ------------------------ */

struct words {
	char **v;			/* ends with NULL once there is one */
	int n;
};

void words_add(struct words *w, char *text);
void words_free(struct words *w);
void expand(const char *raw, struct words *out);
char *expand_one(const char *raw);

int name_length(const char *s);
int is_assignment(const char *raw);
const char *vars_get(const char *name);
void vars_set(const char *name, const char *value);
void vars_export(const char *name);

/* ---- doing it (run.c, redirect.c, job.c, builtin.c) -------------------- */

int run(struct node *n);

struct saved { int fd[10]; };

int redirect(const struct redirection *r, struct saved *old);
void redirect_back(struct saved *old);

struct job {
	pid_t group;			/* 0 before the first is started */
	pid_t pid[PIPE_MAX];
	int n;
};

enum place { FOREGROUND, IN_BACKGROUND };

pid_t job_start(struct job *j, enum place where);
int job_wait(const struct job *j);
void job_to_background(const struct job *j);
void jobs_reap(void);
int jobs_wait(pid_t pid);

typedef int builtin_fn(char **argv);

builtin_fn *builtin_find(const char *name);

#endif
