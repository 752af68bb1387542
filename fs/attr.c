/*
 * What changes in an inode besides its content: attributes, size, and who may write it.
 *
 * Attributes live in memory and go to the disk by write_inode, which a file's sync, sync(2) and
 * leaving memory call.  Reading a file does not stamp atime: a read would then dirty a block.
 *
 * Floor 6.  Read next: namei.c
 */
#include "fs/inode.h"

#include "kernel/clock.h"
#include "kernel/lib/errno.h"

enum { MODE_BITS = 07777 };             /* permissions, set-uid, set-gid, sticky */

/* Protects every inode's `writers`: looked at and changed in one step, at open and exec only. */
static struct spinlock writers_lock = SPINLOCK_INIT;

/* See inode.h. */
uint32_t inode_now(void)
{
	return clock_seconds();
}

/* See inode.h.  Locks: the one of what was changed (inode.lock, ext2 map lock); takes none. */
void inode_dirty(struct inode *i)
{
	i->dirty = true;
}

/* See inode.h.  Sleeps. */
int inode_write(struct inode *i)
{
	int r = 0;

	mutex_lock(&i->lock);
	if (i->dirty) {
		i->dirty = false;       /* first: whoever changes it meanwhile says so again */
		r = i->ops->write_inode ? i->ops->write_inode(i) : 0;
		if (r < 0) {
			i->dirty = true;
		}
	}
	mutex_unlock(&i->lock);
	return r;
}

/* See inode.h.  Sleeps. */
int inode_truncate(struct inode *i, loff_t size)
{
	int r;

	if (size < 0 || !inode_is(i, S_IFREG)) {
		return -EINVAL;
	}
	if (i->fs->max_size && size > i->fs->max_size) {
		return -EFBIG;
	}
	if (i->fs->read_only) {
		return -EROFS;
	}
	if (!i->ops->truncate) {
		return -EPERM;
	}
	mutex_lock(&i->lock);
	r = i->ops->truncate(i, size);
	if (r == 0) {
		i->mtime = i->ctime = inode_now();
		inode_dirty(i);
	}
	mutex_unlock(&i->lock);
	return r;
}

/* Locks: takes inode.lock, held after success.  Sleeps. */
static int change_begin(struct inode *i)
{
	if (i->fs->read_only) {
		return -EROFS;
	}
	mutex_lock(&i->lock);
	return 0;
}

static int change_end(struct inode *i)
{
	i->ctime = inode_now();
	inode_dirty(i);
	mutex_unlock(&i->lock);
	return 0;
}

/* See inode.h.  Sleeps. */
int inode_set_mode(struct inode *i, uint32_t mode)
{
	int r = change_begin(i);

	if (r < 0) {
		return r;
	}
	i->mode = (i->mode & S_IFMT) | (mode & MODE_BITS);
	return change_end(i);
}

/* See inode.h.  Sleeps. */
int inode_set_owner(struct inode *i, uint32_t uid, uint32_t gid)
{
	int r = change_begin(i);

	if (r < 0) {
		return r;
	}
	i->uid = uid == INODE_KEEP ? i->uid : uid;
	i->gid = gid == INODE_KEEP ? i->gid : gid;
	return change_end(i);
}

/* See inode.h.  Sleeps. */
int inode_set_times(struct inode *i, const uint32_t *atime, const uint32_t *mtime)
{
	int r = change_begin(i);

	if (r < 0) {
		return r;
	}
	i->atime = atime ? *atime : i->atime;
	i->mtime = mtime ? *mtime : i->mtime;
	return change_end(i);
}

/* Count @by (1 or -1) more in the direction that @by says, unless there are some in the other. */
static int writers_begin(struct inode *i, int32_t by)
{
	int32_t n;

	spin_lock(&writers_lock);
	n = atomic_read(&i->writers);
	if (n == 0 || (n > 0) == (by > 0)) {
		atomic_set(&i->writers, n + by);
		spin_unlock(&writers_lock);
		return 0;
	}
	spin_unlock(&writers_lock);
	return -ETXTBSY;
}

static void writers_end(struct inode *i, int32_t by)
{
	spin_lock(&writers_lock);
	ASSERT(atomic_read(&i->writers) != 0);
	atomic_set(&i->writers, atomic_read(&i->writers) - by);
	spin_unlock(&writers_lock);
}

/* See inode.h.  Returns: 0, or -ETXTBSY while somebody runs it. */
int inode_begin_write(struct inode *i)
{
	return writers_begin(i, 1);
}

/* Undo inode_begin_write(). */
void inode_end_write(struct inode *i)
{
	writers_end(i, 1);
}

/* See inode.h.  Returns: 0, or -ETXTBSY while somebody has it open for writing. */
int inode_deny_write(struct inode *i)
{
	return writers_begin(i, -1);
}

/* Undo inode_deny_write(). */
void inode_allow_write(struct inode *i)
{
	writers_end(i, -1);
}
