/*
 * What a pipe is made of, for the two files that know: pipe.c makes it and lets it go, pipe_ring.c reads and
 * writes it.
 *
 *	       head        tail             [head, tail)  to be read
 *	.........#############.........     the rest      to be written
 *	         read -->     write -->
 *
 * Positions count bytes for ever; a byte's place in the ring is its position modulo the page.
 *
 * Invariants: head <= tail <= head + PIPE_BUF; only who made an end busy moves its position.
 *
 * Floor 6.
 */
#ifndef FS_PIPE_RING_H
#define FS_PIPE_RING_H

#include "fs/pipe.h"
#include "kernel/wait.h"

struct end {
	unsigned files;                 /* open files                 [lock] */
	bool     busy;                  /* somebody copies            [lock] */
};

/*
 * One queue for both ends, and its lock is the pipe's: a pipe is never full and empty at once, so
 * (but for those who wait while others copy) only one end has anybody waiting.
 */
struct pipe {
	struct waitq  waitq;
	struct end    reading, writing;
	uint32_t      head, tail;       /* [lock] */
	char         *ring;
};

static inline struct pipe *pipe_of(const struct file *f)
{
	return f->inode->private;
}

static inline uint32_t pipe_filled(const struct pipe *p)
{
	return p->tail - p->head;
}

static inline uint32_t pipe_room(const struct pipe *p)
{
	return PIPE_BUF - pipe_filled(p);
}

static inline void pipe_lock(struct pipe *p)
{
	spin_lock(&p->waitq.lock);
}

static inline void pipe_unlock(struct pipe *p)
{
	spin_unlock(&p->waitq.lock);
}

/* file_ops. */
int pipe_read(struct file *f, uva_t buf, uint32_t n, loff_t pos);
int pipe_write(struct file *f, uva_t buf, uint32_t n, loff_t pos);

#endif
