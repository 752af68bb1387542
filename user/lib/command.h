/*
 * command.h: running the command that a program was given, `time COMMAND...`.
 *
 * Floor: user space.  Read next: user/bin/time.c, the shortest user of it.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <sys/types.h>

_Noreturn void command_become(char **argv);
pid_t command_start(char **argv);
int command_status(int how);

#endif
