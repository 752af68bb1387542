/*
 * Letting go of inodes: the last reference, the bound on unused ones, memory pressure; and sync(2),
 * which walks the same table.
 *
 * A file without links goes from the disk with its last user; others stay, unused, until there are
 * too many.  An inode that leaves is first written, then forgotten; it can be found, as LEAVING,
 * all that time, so nobody reads from the disk what has not arrived there.
 *
 * Floor 6.  Read next: attr.c
 */
#include "fs/itable.h"

#include "kernel/wait.h"
#include "mm/cache/pcache.h"
#include "mm/cache/writeback.h"
#include "mm/phys/kmalloc.h"

enum { MAX_UNUSED = 256 };              /* bounds what forgotten files may hold */

enum pick { PICK_CLEAN, PICK_ANY };

/* @i, LEAVING and unreferenced, leaves memory with its cached pages, none of which is needed any
 * more. */
static void leave(struct inode *i)
{
	mutex_lock(&i->lock);
	pcache_truncate(&i->mapping, 0);        /* in memory only: nothing tells the disk */
	mutex_unlock(&i->lock);
	wb_detach(&i->mapping);
	ASSERT(i->mapping.nframes == 0);
	if (i->ops && i->ops->forget) {
		i->ops->forget(i);
	}
	spin_lock(&itable.lock);
	if (list_linked(&i->hash)) {
		list_remove(&i->hash);
	}
	itable.nleaving--;
	wait_wake(&itable.changed);
	spin_unlock(&itable.lock);
	kfree(i);
}

/* An unused inode to throw out, LEAVING: the oldest with nothing to write, else, with PICK_ANY, the
 * oldest. */
static struct inode *pick(unsigned keep, enum pick how)
{
	struct inode *found = NULL;

	spin_lock(&itable.lock);
	if (itable.nunused > keep) {
		list_for_each(l, &itable.unused) {
			struct inode *i = list_entry(l, struct inode, lru);

			if (!i->dirty && i->mapping.ndirty == 0) {
				found = i;
				break;
			}
		}
		if (!found && how == PICK_ANY) {
			found = list_entry(itable.unused.next, struct inode, lru);
		}
	}
	if (found) {
		list_remove(&found->lru);
		itable.nunused--;
		itable.nleaving++;
		found->state |= INODE_LEAVING;
	}
	spin_unlock(&itable.lock);
	return found;
}

/* Write what @i still has, then let it go.  False: the disk would not take it, so it stays, unused;
 * its pages are the only copy. */
static bool evict(struct inode *i)
{
	struct mapping *m = &i->mapping;

	if (m->ndirty > 0) {
		wb_start(m, 0, ~0u);
		wb_wait(m, 0, ~0u);
	}
	if (inode_write(i) == 0 && m->ndirty == 0) {
		leave(i);
		return true;
	}
	spin_lock(&itable.lock);
	i->state &= ~INODE_LEAVING;
	list_push_back(&itable.unused, &i->lru);
	itable.nunused++;
	itable.nleaving--;
	wait_wake(&itable.changed);
	spin_unlock(&itable.lock);
	return false;
}

/* See inode.h.  Sleeps: may write or free a whole file.  Locks: none held. */
void inode_put(struct inode *i)
{
	bool destroy;

	ASSERT(atomic_read(&i->refs) > 0);
	spin_lock(&itable.lock);
	if (!atomic_dec_zero(&i->refs)) {
		spin_unlock(&itable.lock);
		return;
	}
	itable.nused--;
	if (list_linked(&i->hash) && i->nlink > 0) {
		list_push_back(&itable.unused, &i->lru);
		itable.nunused++;
		spin_unlock(&itable.lock);
		while ((i = pick(MAX_UNUSED, PICK_ANY)) && evict(i)) {
		}
		return;
	}
	destroy = list_linked(&i->hash);        /* else BAD, or never inserted: not on the disk */
	i->state |= INODE_LEAVING;
	itable.nleaving++;
	spin_unlock(&itable.lock);
	if (destroy && i->ops->destroy) {
		i->ops->destroy(i);
	}
	leave(i);
}

/* See inode.h.  Sleeps for reads under way only.  Locks: takes only those of unused inodes, which
 * nobody can hold. */
unsigned inode_shrink(unsigned keep)
{
	struct inode *i;
	unsigned n = 0;

	while ((i = pick(keep, PICK_CLEAN))) {
		leave(i);
		n++;
	}
	return n;
}

/* The next dirty inode after @prev, with a reference; gives up that to @prev.  A referenced inode
 * stays in its chain, so the walk goes on where it was whatever happened meanwhile. */
static struct inode *next_dirty(struct inode *prev)
{
	struct list *head = prev ? itable_bucket(prev->ino) : &itable.bucket[0];
	struct list *l = prev ? &prev->hash : head;
	struct inode *found = NULL;

	spin_lock(&itable.lock);
	for (; !found && head < &itable.bucket[ITABLE_BUCKETS]; head++, l = head) {
		for (l = l->next; !found && l != head; l = l->next) {
			struct inode *i = list_entry(l, struct inode, hash);

			if (i->dirty && !(i->state & (INODE_READING | INODE_LEAVING))) {
				itable_hold(i);
				found = i;
			}
		}
	}
	spin_unlock(&itable.lock);
	if (prev) {
		inode_put(prev);
	}
	return found;
}

/* Sleeps.  Locks: takes each inode's.  Returns: 0, or the first error; all are tried. */
int inode_sync_all(void)
{
	int error = 0;

	for (struct inode *i = next_dirty(NULL); i; i = next_dirty(i)) {
		int r = inode_write(i);

		error = error ? error : r;
	}
	/* Those on their way out are written by whoever throws them out. */
	spin_lock(&itable.lock);
	wait_until(&itable.changed, &itable.lock, itable.nleaving == 0);
	spin_unlock(&itable.lock);
	return error;
}
