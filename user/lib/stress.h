/*
 * stress.h: how tests bring memory into need: somebody who takes it, and a
 * copy much larger than what is left.
 *
 * Floor: user space.  Read next: stress.c
 */
#ifndef STRESS_H
#define STRESS_H

#include <stddef.h>
#include <stdint.h>

/* Memory that somebody sits on. */
struct hog {
	char *p;
	size_t bytes;
};

void hog_take(struct hog *h, unsigned leave);
void hog_release(struct hog *h);

/* A copy by the four calls, round and round in both files. */
struct stream {
	int in, out;
	unsigned source, target;	/* pages to go round in: whole windows */
	unsigned total;			/* pages to copy */
	int sync;			/* write out each window after the next */
	int watch;			/* look at the cache after each window */
	uint64_t peak_cached;		/* pages seen at most */
};

enum { STREAM_WINDOW = 256 };		/* pages */

void stream_copy(struct stream *s);
int stream_ok(const struct stream *s);

int bystander(unsigned pages);
unsigned pages_cached(int fd, unsigned pages);

#endif
