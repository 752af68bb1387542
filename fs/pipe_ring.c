/*
 * Reading and writing a pipe.
 *
 * Copying from and to user memory may fault, and sleep, so it is done without the lock.  Meanwhile
 * the end is `busy` and its position stays: others at the same end wait, the other end may work on
 * its own part of the ring.  A position moves when its bytes are complete, so a write that fits is
 * seen wholly or not at all.  A few bytes are tried with the lock first, by the copy that gives up
 * where it would fault.
 *
 * Floor 6.  [POSIX read, write]   Read next: devfs.c
 */
#include "fs/pipe_ring.h"

#include "kernel/lib/errno.h"
#include "kernel/x86/ucopy.h"

enum { FEW = 64 };                      /* bytes that are copied with interrupts off */

/* ---- the ring ---- */

/* The next @n bytes out, in one piece or, around the end of the page, in two. */
static int copy_out(const struct pipe *p, uva_t to, uint32_t n)
{
	uint32_t at = p->head % PIPE_BUF, first = MIN(n, PIPE_BUF - at);
	int r = copy_to_user(to, p->ring + at, first);

	return r == 0 && n > first ? copy_to_user(to + first, p->ring, n - first) : r;
}

static int copy_in(const struct pipe *p, uva_t from, uint32_t n)
{
	uint32_t at = p->tail % PIPE_BUF, first = MIN(n, PIPE_BUF - at);
	int r = copy_from_user(p->ring + at, from, first);

	return r == 0 && n > first ? copy_from_user(p->ring, from + first, n - first) : r;
}

/* A few bytes that are in memory need not let go of the lock.  Locks: the pipe's held. */
static bool put_quickly(const struct pipe *p, uva_t from, uint32_t n)
{
	uint32_t at = p->tail % PIPE_BUF;

	return n <= FEW && at + n <= PIPE_BUF && copy_from_user_nofault(p->ring + at, from, n) == 0;
}

/* The end @e is ours, without the lock. */
static void begin(struct pipe *p, struct end *e)
{
	e->busy = true;
	pipe_unlock(p);
}

/* The position *@at moves by @n, and those who wait look again.  Locks: gives up the pipe's. */
static void advance(struct pipe *p, uint32_t *at, uint32_t n)
{
	*at += n;
	if (!list_empty(&p->waitq.waiters)) {
		wait_wake_locked(&p->waitq);
	}
	pipe_unlock(p);
}

/* The end @e was ours. */
static void finish(struct pipe *p, struct end *e, uint32_t *at, uint32_t n)
{
	pipe_lock(p);
	e->busy = false;
	advance(p, at, n);
}

/* ---- the two calls ---- */

/* Not if there may be more to come. */
static bool can_read(const struct pipe *p)
{
	return !p->reading.busy && (pipe_filled(p) > 0 || p->writing.files == 0);
}

static bool can_write(const struct pipe *p, uint32_t least)
{
	return p->reading.files == 0 || (!p->writing.busy && pipe_room(p) >= least);
}

/* Let others go on, unless @f is not to wait.  0; -EAGAIN, -EINTR. */
static int wait(struct pipe *p, const struct file *f)
{
	if (f->flags & O_NONBLOCK) {
		return -EAGAIN;
	}
	return wait_sleep_killable(&p->waitq, &p->waitq.lock);
}

/* What there is, up to @n bytes; 0 when nobody is left to write. */
int pipe_read(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	struct pipe *p = pipe_of(f);
	int r = 0;

	(void)pos;
	if (n == 0) {
		return 0;
	}
	pipe_lock(p);
	while (r == 0 && !can_read(p)) {
		r = wait(p, f);
	}
	n = MIN(n, pipe_filled(p));
	if (r < 0 || n == 0) {
		pipe_unlock(p);
		return r;
	}
	begin(p, &p->reading);
	r = copy_out(p, buf, n);
	n = r < 0 ? 0 : n;              /* nothing gets lost at a bad address */
	finish(p, &p->reading, &p->head, n);
	return r < 0 ? r : (int)n;
}

/* As much as fits of @n bytes: all, if others must not come between. */
static int write_piece(struct file *f, struct pipe *p, uva_t buf, uint32_t n)
{
	uint32_t least = n <= PIPE_BUF ? n : 1;
	int r = 0;

	pipe_lock(p);
	while (r == 0 && !can_write(p, least)) {
		r = wait(p, f);
	}
	if (r < 0 || p->reading.files == 0) {
		pipe_unlock(p);
		return r < 0 ? r : -EPIPE;      /* and SIGPIPE, which is sent above */
	}
	n = MIN(n, pipe_room(p));
	if (put_quickly(p, buf, n)) {
		advance(p, &p->tail, n);
		return (int)n;
	}
	begin(p, &p->writing);
	r = copy_in(p, buf, n);
	n = r < 0 ? 0 : n;
	finish(p, &p->writing, &p->tail, n);
	return r < 0 ? r : (int)n;
}

int pipe_write(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	struct pipe *p = pipe_of(f);
	uint32_t done = 0;
	int r = 0;

	(void)pos;
	while (done < n && (r = write_piece(f, p, buf + done, n - done)) > 0) {
		done += (uint32_t)r;
	}
	return done ? (int)done : r;
}
