/*
 * whole.h: writing all of it, however little write(2) takes at a time.
 *
 * Floor: user space.  Read next: user/bin/cat.c.
 */
#ifndef WHOLE_H
#define WHOLE_H

#include <stddef.h>

int write_whole(int fd, const void *p, size_t n);

#endif
