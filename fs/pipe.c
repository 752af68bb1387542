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
	struct waitq waitq;             /* those who cannot go on at this end            */
	unsigned     files;             /* open files                        [pipe.lock] */
	bool         busy;              /* somebody copies                   [pipe.lock] */
};

struct pipe {
	struct spinlock lock;
	struct end      reading, writing;
	uint32_t        head, tail;     /* [lock] */
	struct frame   *ring;
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

/* Something has changed.  Whoever it does not help goes back to sleep. */
static void wake(struct pipe *p)
{
	wait_wake(&p->reading.waitq);
	wait_wake(&p->writing.waitq);
}

/* ---- the ring ---- */

typedef int (*copy_fn)(char *ring, uva_t user, uint32_t n);

static int copy_out(char *ring, uva_t user, uint32_t n)
{
	return copy_to_user(user, ring, n);
}

static int copy_in(char *ring, uva_t user, uint32_t n)
{
	return copy_from_user(ring, user, n);
}

/* The bytes from position @at on, in one piece or, around the end of the page, in two. */
static int copy(struct pipe *p, uint32_t at, uva_t user, uint32_t n, copy_fn fn)
{
	char *ring = frame_data(p->ring);
	uint32_t first = MIN(n, PIPE_BUF - at % PIPE_BUF);
	int r = fn(ring + at % PIPE_BUF, user, first);

	return r == 0 && n > first ? fn(ring, user + first, n - first) : r;
}

/* Copy @n bytes at @e, whose position is *@at, and move that.  Locks: the pipe's is held, and let go
 * meanwhile.  Returns: @n, or -EFAULT and nothing has moved. */
static int transfer(struct pipe *p, struct end *e, uint32_t *at, uva_t user, uint32_t n, copy_fn fn)
{
	int r;

	e->busy = true;
	spin_unlock(&p->lock);
	r = copy(p, *at, user, n, fn);
	spin_lock(&p->lock);
	e->busy = false;
	if (r == 0) {
		*at += n;
		r = (int)n;
	}
	wake(p);
	return r;
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

/* Sleep until @condition, or do not, as @f's flags say.  0; -EAGAIN, -EINTR. */
#define wait_for(f, e, p, condition)                                    \
	((f)->flags & O_NONBLOCK ? ((condition) ? 0 : -EAGAIN) :        \
	 wait_until_killable(&(e)->waitq, &(p)->lock, condition))

/* What there is, up to @n bytes; 0 when nobody is left to write. */
static int pipe_read(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	struct pipe *p = pipe_of(f);
	int r;

	(void)pos;
	if (n == 0) {
		return 0;
	}
	spin_lock(&p->lock);
	r = wait_for(f, &p->reading, p, can_read(p));
	if (r == 0 && filled(p) > 0) {
		r = transfer(p, &p->reading, &p->head, buf, MIN(n, filled(p)), copy_out);
	}
	spin_unlock(&p->lock);
	return r;
}

/* As much as fits of @n bytes: all, if others must not come between. */
static int write_piece(struct file *f, struct pipe *p, uva_t buf, uint32_t n)
{
	uint32_t least = n <= PIPE_BUF ? n : 1;
	int r;

	spin_lock(&p->lock);
	r = wait_for(f, &p->writing, p, can_write(p, least));
	if (r == 0 && p->reading.files == 0) {
		r = -EPIPE;             /* and SIGPIPE, which is sent above */
	} else if (r == 0) {
		r = transfer(p, &p->writing, &p->tail, buf, MIN(n, room(p)), copy_in);
	}
	spin_unlock(&p->lock);
	return r;
}

static int pipe_write(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	struct pipe *p = pipe_of(f);
	uint32_t done = 0;
	int r = 0;

	(void)pos;
	while (done < n) {
		r = write_piece(f, p, buf + done, n - done);
		if (r < 0) {
			break;
		}
		done += (uint32_t)r;
	}
	return done ? (int)done : r;
}

/* Ready to be written is a pipe that takes any write of PIPE_BUF bytes at once. */
static int pipe_poll(struct file *f)
{
	struct pipe *p = pipe_of(f);
	int events;

	spin_lock(&p->lock);
	if (file_readable(f)) {
		events = (filled(p) > 0 ? POLLIN : 0) | (p->writing.files == 0 ? POLLHUP : 0);
	} else {
		events = (room(p) >= PIPE_BUF ? POLLOUT : 0) |
		         (p->reading.files == 0 ? POLLERR : 0);
	}
	spin_unlock(&p->lock);
	return events;
}

static int pipe_open(struct file *f)
{
	struct pipe *p = pipe_of(f);

	spin_lock(&p->lock);
	end_of(p, f)->files++;
	spin_unlock(&p->lock);
	return 0;
}

static void pipe_release(struct file *f)
{
	struct pipe *p = pipe_of(f);

	spin_lock(&p->lock);
	end_of(p, f)->files--;
	wake(p);
	spin_unlock(&p->lock);
}

static const struct file_ops pipe_fops = {
	.open = pipe_open, .read = pipe_read, .write = pipe_write, .poll = pipe_poll,
	.release = pipe_release,
};

/* ---- birth and death ---- */

static void pipe_forget(struct inode *i)
{
	struct pipe *p = i->private;

	frame_put(p->ring);
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
	p->ring = frame_alloc(ALLOC_WAIT | ALLOC_KERNEL);
	if (!p->ring) {
		kfree(p);
		return NULL;
	}
	spin_init(&p->lock);
	waitq_init(&p->reading.waitq);
	waitq_init(&p->writing.waitq);
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
