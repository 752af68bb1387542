/*
 * The inode table: every inode in memory, by (file system, number).
 *
 *      absent --get--> READING --read--> in use <--get, last put--> unused --too many--> LEAVING
 *                         |                |                                                ^
 *                         +-error-> BAD    +------- last put without links: destroy --------+
 *
 * An inode that is READING or LEAVING stays findable, so that whoever asks for its number waits:
 * two tasks never read one inode twice, and nobody reads from the disk what is still on its way
 * there.  BAD ones are not in the table: the next one who asks tries the disk again.
 *
 * Floor 6.  Read next: evict.c, attr.c
 */
#include "fs/itable.h"

#include "kernel/lib/errno.h"
#include "kernel/wait.h"
#include "mm/phys/kmalloc.h"

struct itable itable;

/* Make the table.  Once, before any file system is mounted. */
void inode_init(void)
{
	spin_init(&itable.lock);
	waitq_init(&itable.changed);
	list_init(&itable.unused);
	for (unsigned b = 0; b < ITABLE_BUCKETS; b++) {
		list_init(&itable.bucket[b]);
	}
}

/* See inode.h.  Sleeps for memory.  Owns: the reference is the caller's. */
struct inode *inode_alloc(struct fs *fs, uint32_t ino)
{
	struct inode *i = kzalloc(sizeof(*i), ALLOC_WAIT);

	if (!i) {
		return NULL;
	}
	atomic_set(&i->refs, 1);
	i->fs = fs;
	i->ino = ino;
	mapping_init(&i->mapping, NULL, 0);
	mutex_init(&i->lock);
	spin_lock(&itable.lock);
	itable.nused++;
	spin_unlock(&itable.lock);
	return i;
}

/* See inode.h.  Locks: by address, so that two tasks with the same two do not wait for each other.  Sleeps. */
void inode_lock_two(struct inode *a, struct inode *b)
{
	if (b && b != a) {
		mutex_lock(a < b ? &a->lock : &b->lock);
		mutex_lock(a < b ? &b->lock : &a->lock);
	} else {
		mutex_lock(&a->lock);
	}
}

/* See inode.h. */
void inode_unlock_two(struct inode *a, struct inode *b)
{
	if (b && b != a) {
		mutex_unlock(&b->lock);
	}
	mutex_unlock(&a->lock);
}

/* The newest comes first: an inode that is created under the number of one being destroyed hides
 * that. */
static struct inode *chain_find(struct fs *fs, uint32_t ino)
{
	list_for_each(l, itable_bucket(ino)) {
		struct inode *i = list_entry(l, struct inode, hash);

		if (i->ino == ino && i->fs == fs) {
			return i;
		}
	}
	return NULL;
}

/* See inode.h.  Locks: takes the table lock. */
int inode_insert(struct inode *i)
{
	struct inode *other;

	spin_lock(&itable.lock);
	other = chain_find(i->fs, i->ino);
	if (other && !(other->state & INODE_LEAVING)) {
		spin_unlock(&itable.lock);
		return -EUCLEAN;
	}
	list_push_front(itable_bucket(i->ino), &i->hash);
	spin_unlock(&itable.lock);
	return 0;
}

/* See itable.h. */
void itable_hold(struct inode *i)
{
	if (list_linked(&i->lru)) {
		list_remove(&i->lru);
		itable.nunused--;
		itable.nused++;
	}
	atomic_inc(&i->refs);
}

/* The inode with a reference, once nobody reads it in or throws it out any more.  If there is none: @fresh, now
 * findable, or NULL. */
static struct inode *find(struct fs *fs, uint32_t ino, struct inode *fresh)
{
	struct inode *i;

	spin_lock(&itable.lock);
	wait_until(&itable.changed, &itable.lock,
	           !(i = chain_find(fs, ino)) || !(i->state & (INODE_READING | INODE_LEAVING)));
	if (i) {
		itable_hold(i);
	} else if (fresh) {
		list_push_front(itable_bucket(ino), &fresh->hash);
		i = fresh;
	}
	spin_unlock(&itable.lock);
	return i;
}

/* Fill in @i from the disk and tell those who wait for it; a failure makes it unfindable. */
static int read_in(struct inode *i)
{
	int r = i->fs->ops->read_inode(i);

	spin_lock(&itable.lock);
	i->state &= ~INODE_READING;
	if (r < 0) {
		i->state |= INODE_BAD;
		list_remove(&i->hash);
	}
	wait_wake(&itable.changed);
	spin_unlock(&itable.lock);
	return r;
}

/* See inode.h.  Sleeps: for memory, for the disk, and for whoever reads or evicts the inode. */
int inode_get(struct fs *fs, uint32_t ino, struct inode **out)
{
	struct inode *i = find(fs, ino, NULL), *fresh = NULL;
	int r = 0;

	if (!i) {
		fresh = inode_alloc(fs, ino);
		if (!fresh) {
			return -ENOMEM;
		}
		fresh->state = INODE_READING;
		i = find(fs, ino, fresh);       /* allocating may have slept: look again */
	}
	if (i == fresh) {
		r = read_in(i);
	} else if (fresh) {
		inode_put(fresh);
	}
	if (r < 0) {
		inode_put(i);
		return r;
	}
	*out = i;
	return 0;
}

/* See inode.h. */
void inode_for_each(void (*look)(const struct inode *i, void *ctx), void *ctx)
{
	spin_lock(&itable.lock);
	for (unsigned k = 0; k < ITABLE_BUCKETS; k++) {
		list_for_each(l, &itable.bucket[k]) {
			look(list_entry(l, struct inode, hash), ctx);
		}
	}
	spin_unlock(&itable.lock);
}

/* See inode.h. */
unsigned inode_count(void)
{
	return itable.nused;
}

/* See inode.h. */
unsigned inode_count_unused(void)
{
	return itable.nunused;
}
