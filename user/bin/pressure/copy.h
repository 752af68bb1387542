/*
 * copy.h: one window of the source copied to one of the destination, by either way.
 *
 * Floor: user space.  Read next: copy.c
 */
#ifndef COPY_H
#define COPY_H

#include <stddef.h>

enum { WINDOW = 2 << 20, WINDOW_PAGES = WINDOW / 4096 };

/*
 * Windows go round in both files: number @i comes from window i % sources and
 * goes to window i % targets.
 */
struct copy {
	int in, out;			/* descriptors */
	unsigned sources, targets;	/* whole windows of each file */
	unsigned windows;		/* to be copied */
	int lazy;			/* leave writing out to the kernel */
	char *mapped;			/* the source, MAP_UNCACHED; NULL: by read
					 * and write */
};

void copy_begin(struct copy *c, int in, int out, int by_read);
int copy_window(const struct copy *c, unsigned i);
int copy_end(const struct copy *c);
unsigned copy_wrong_pages(const struct copy *c);

#endif
