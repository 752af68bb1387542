/*
 * command.h: one command of a line, taken apart.
 *
 * Floor: user space.  Invariant: every string lies in text[] of the same
 * struct, so that a command needs no allocation and no freeing.
 * Read next: user/bin/sh/command.c.
 */
#ifndef COMMAND_H
#define COMMAND_H

enum {
	LINE_BYTES = 8192,
	ARGS_MAX = 256,
};

struct command {
	int argc;
	char *argv[ARGS_MAX + 1];
	char *in, *out;			/* names of redirections, or NULL */
	int append;			/* >> instead of > */
	char text[LINE_BYTES];
};

const char *command_parse(struct command *c, const char *s, int status);

#endif
