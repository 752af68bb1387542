/*
 * help.h: what every small program does with --help and with wrong usage.
 *
 * Floor: user space.  Read next: user/bin/cat.c, the shortest user of it.
 */
#ifndef HELP_H
#define HELP_H

void help_check(int argc, char **argv, const char *text);
_Noreturn void help_usage(const char *text);

#endif
