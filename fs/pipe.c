/*
 * Pipes: a ring of one page between those who write and those who read.
 *
 *	       head        tail             [head, tail)  to be read
 *	.........#############.........     the rest      to be written
 *	         read -->     write -->
 *
 * Positions count bytes for ever; a byte's place in the ring is its position modulo the page.
 *
 * Copying from and to user memory may fault, and sleep, so it is done without the lock.  Meanwhile
 * the end is `busy` and its position stays: others at the same end wait, the other end may work on
 * its own part of the ring.  A position moves when its bytes are complete, so a write that fits is
 * seen wholly or not at all.
 *
 * A pipe lives as long as its inode, which is in no directory and in no table: the last of its open
 * files takes it along.
 *
 * Invariants: head <= tail <= head + PIPE_BUF; only who made an end busy moves its position.
 *
 * Floor 6.  [POSIX pipe, read, write]   Read next: devfs.c
 */
#include "fs/pipe.h"

#include "kernel/lib/errno.h"
#include "kernel/wait.h"
#include "kernel/x86/ucopy.h"
#include "mm/phys/kmalloc.h"

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

static struct pipe *pipe_of(const struct file *f)
{
	return f->inode->private;
}

static uint32_t filled(const struct pipe *p)
{
	return p->tail - p->head;
}

static uint32_t room(const struct pipe *p)
{
	return PIPE_BUF - filled(p);
}

static struct end *end_of(struct pipe *p, const struct file *f)
{
	return file_readable(f) ? &p->reading : &p->writing;
}

static void lock(struct pipe *p)
{
	spin_lock(&p->waitq.lock);
}

static void unlock(struct pipe *p)
{
	spin_unlock(&p->waitq.lock);
}

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

/* The end @e is ours, without the lock. */
static void begin(struct pipe *p, struct end *e)
{
	e->busy = true;
	unlock(p);
}

/* It was, and its position *@at moves by @n.  Those who wait look again. */
static void finish(struct pipe *p, struct end *e, uint32_t *at, uint32_t n)
{
	lock(p);
	e->busy = false;
	*at += n;
	if (!list_empty(&p->waitq.waiters)) {
		wait_wake_locked(&p->waitq);
	}
	unlock(p);
}

/* ---- the file ---- */

/* Not if there may be more to come. */
static bool can_read(const struct pipe *p)
{
	return !p->reading.busy && (filled(p) > 0 || p->writing.files == 0);
}

static bool can_write(const struct pipe *p, uint32_t least)
{
	return p->reading.files == 0 || (!p->writing.busy && room(p) >= least);
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
static int pipe_read(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	struct pipe *p = pipe_of(f);
	int r = 0;

	(void)pos;
	if (n == 0) {
		return 0;
	}
	lock(p);
	while (r == 0 && !can_read(p)) {
		r = wait(p, f);
	}
	n = MIN(n, filled(p));
	if (r < 0 || n == 0) {
		unlock(p);
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

	lock(p);
	while (r == 0 && !can_write(p, least)) {
		r = wait(p, f);
	}
	if (r < 0 || p->reading.files == 0) {
		unlock(p);
		return r < 0 ? r : -EPIPE;      /* and SIGPIPE, which is sent above */
	}
	n = MIN(n, room(p));
	begin(p, &p->writing);
	r = copy_in(p, buf, n);
	n = r < 0 ? 0 : n;
	finish(p, &p->writing, &p->tail, n);
	return r < 0 ? r : (int)n;
}

static int pipe_write(struct file *f, uva_t buf, uint32_t n, loff_t pos)
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

/* Ready to be written is a pipe that takes any write of PIPE_BUF bytes at once. */
static int pipe_poll(struct file *f)
{
	struct pipe *p = pipe_of(f);
	int events;

	lock(p);
	if (file_readable(f)) {
		events = (filled(p) > 0 ? POLLIN : 0) | (p->writing.files == 0 ? POLLHUP : 0);
	} else {
		events = (room(p) >= PIPE_BUF ? POLLOUT : 0) |
		         (p->reading.files == 0 ? POLLERR : 0);
	}
	unlock(p);
	return events;
}

static int pipe_open(struct file *f)
{
	struct pipe *p = pipe_of(f);

	lock(p);
	end_of(p, f)->files++;
	unlock(p);
	return 0;
}

static void pipe_release(struct file *f)
{
	struct pipe *p = pipe_of(f);

	lock(p);
	end_of(p, f)->files--;
	wait_wake_locked(&p->waitq);
	unlock(p);
}

static const struct file_ops pipe_fops = {
	.open = pipe_open, .read = pipe_read, .write = pipe_write, .poll = pipe_poll,
	.release = pipe_release,
};

/* ---- birth and death ---- */

static void pipe_forget(struct inode *i)
{
	struct pipe *p = i->private;

	kfree(p->ring);
	kfree(p);
}

static const struct inode_ops pipe_iops = { .forget = pipe_forget };
static const struct fs_ops pipe_fs_ops = { .sync = NULL };
static struct fs pipe_fs = { .type = "pipe", .ops = &pipe_fs_ops };

static struct pipe *make_pipe(void)
{
	struct pipe *p = kzalloc(sizeof(*p), ALLOC_WAIT);

	if (!p) {
		return NULL;
	}
	p->ring = kmalloc(PIPE_BUF, ALLOC_WAIT);
	if (!p->ring) {
		kfree(p);
		return NULL;
	}
	waitq_init(&p->waitq);
	return p;
}

/* An inode that nobody finds, with its pipe. */
static struct inode *make_inode(void)
{
	static uint32_t last_number;            /* tells pipes apart in stat(2), nothing else */
	struct inode *i = inode_alloc(&pipe_fs, ++last_number);

	if (!i) {
		return NULL;
	}
	i->private = make_pipe();
	if (!i->private) {
		inode_put(i);
		return NULL;
	}
	i->mode = S_IFIFO | 0600;
	i->nlink = 1;
	i->atime = i->mtime = i->ctime = inode_now();
	i->ops = &pipe_iops;
	i->fops = &pipe_fops;
	return i;
}

/* See pipe.h. */
int pipe_create(uint32_t flags, struct file **reader, struct file **writer)
{
	struct inode *i = make_inode();
	int r;

	if (!i) {
		return -ENOMEM;
	}
	r = file_make(i, O_RDONLY | flags, reader);
	if (r < 0) {
		inode_put(i);
		return r;
	}
	inode_hold(i);                          /* a file has a reference of its own */
	r = file_make(i, O_WRONLY | flags, writer);
	if (r < 0) {
		inode_put(i);
		file_put(*reader);
	}
	return r;
}
