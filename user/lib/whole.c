/*
 * whole.c: see whole.h.
 *
 * Floor: user space.
 */
#include "whole.h"

#include <unistd.h>

/*
 * Returns: 0 when all @n bytes are written, or -1 with errno.
 */
int write_whole(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t put = write(fd, at, n);

		if (put < 0)
			return -1;
		at += put;
		n -= put;
	}
	return 0;
}
