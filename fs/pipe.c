/*
 * Pipes: a ring of one page between those who write and those who read.  Here: how one comes and goes.
 *
 * A pipe lives as long as its inode, which is in no directory and in no table: the last of its open
 * files takes it along.
 *
 * Floor 6.  [POSIX pipe]   Read next: pipe_ring.h, pipe_ring.c
 */
#include "fs/pipe.h"

#include "fs/pipe_ring.h"
#include "kernel/lib/errno.h"
#include "mm/phys/kmalloc.h"

/* ---- the file ---- */

static struct end *end_of(struct pipe *p, const struct file *f)
{
	return file_readable(f) ? &p->reading : &p->writing;
}

/* Ready to be written is a pipe that takes any write of PIPE_BUF bytes at once. */
static int pipe_poll(struct file *f)
{
	struct pipe *p = pipe_of(f);
	int events;

	pipe_lock(p);
	if (file_readable(f)) {
		events = (pipe_filled(p) > 0 ? POLLIN : 0) | (p->writing.files == 0 ? POLLHUP : 0);
	} else {
		events = (pipe_room(p) >= PIPE_BUF ? POLLOUT : 0) |
		         (p->reading.files == 0 ? POLLERR : 0);
	}
	pipe_unlock(p);
	return events;
}

static int pipe_open(struct file *f)
{
	struct pipe *p = pipe_of(f);

	pipe_lock(p);
	end_of(p, f)->files++;
	pipe_unlock(p);
	return 0;
}

static void pipe_release(struct file *f)
{
	struct pipe *p = pipe_of(f);

	pipe_lock(p);
	end_of(p, f)->files--;
	wait_wake_locked(&p->waitq);
	pipe_unlock(p);
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
