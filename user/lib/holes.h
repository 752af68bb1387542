/*
 * holes.h: what of a file is data, for programs that copy the data only.
 *
 * Floor: user space.  Read next: user/bin/cp.c.
 */
#ifndef HOLES_H
#define HOLES_H

#include <sys/types.h>

int next_data(int fd, off_t size, off_t *from, off_t *end);

#endif
