/*
 * help.h: what every small program does with --help, with its options, with
 * wrong usage, and with output that cannot be written.
 *
 * Floor: user space.  Read next: user/bin/cat.c, the shortest user of it.
 */
#ifndef HELP_H
#define HELP_H

void help_check(int argc, char **argv, const char *text);
unsigned help_options(int *argc, char ***argv, const char *letters,
		      const char *text);
_Noreturn void help_usage(const char *text);

#endif
