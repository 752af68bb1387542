/*
 * ends.h: opening the two ends of a copy.
 *
 * Floor: user space.  Shared by cp, mcp and dcp, so that all say the same about
 * directories, missing files and copies onto themselves.
 * Read next: user/bin/cp.c.
 */
#ifndef ENDS_H
#define ENDS_H

#include <sys/types.h>

struct ends {
	int in, out;		/* descriptors */
	mode_t mode;		/* of the source, type included */
	off_t size;		/* of the source, bytes */
};

int ends_open(struct ends *e, const char *src, const char *dst);
int ends_close(struct ends *e, const char *dst);

#endif
