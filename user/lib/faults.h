/*
 * faults.h: one piece of work, with the n-th of something failing, for every n.
 *
 * The work runs in a child, and says by its status what came of it: 0, or
 * FAULTS_TOLD when a call failed with the error that such a fault must have.
 * A fault of the disk may also be SIGBUS, one of memory SIGKILL.
 *
 * Floor: user space.  Read next: user/test/t-faults-copies.c.
 */
#ifndef FAULTS_H
#define FAULTS_H

enum { FAULTS_TOLD = 42 };

struct faults_work {
	void (*prepare)(void);		/* undisturbed; may be NULL */
	void (*work)(void);		/* in the child */
	void (*check)(int done);	/* undisturbed; done: it said 0 */
};

void faults_each(const char *kind, const struct faults_work *w);
void faults_told_if(int failed);
const char *faults_words(void);
int faults_unwritten(int fd);
void faults_go_cold(int fd);

#endif
