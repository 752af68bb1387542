/*
 * Orphans: files whose last name is gone while somebody still uses them.  The disk has a list of them, so that
 * whoever mounts it after a power cut can free what nobody could any more:
 *
 *      superblock.last_orphan ──▶ inode.dtime ──▶ inode.dtime ──▶ 0            numbers, the newest first
 *
 * Invariants, under the alloc lock:
 *   - ext2.orphans has the same order.  An orphan holds the block of its inode, so that leaving the list can
 *     neither fail nor wait for the disk, though it changes the inode before it in the list.
 *   - One that could not be freed is on the disk's list only; it may fall off it when its neighbours go.
 *
 * Floor 6.  [Linux ext4: orphan list]  Read next: xattr.c
 */
#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"

/* Hold the block of the inode: it can be listed then. */
static int hold_raw(struct inode *i)
{
	struct ext2_node *n = ext2_node(i);
	int error = ext2_raw_get(ext2_of(i), i->ino, &n->orphan_frame, &n->orphan_raw);

	if (error) {
		n->orphan_frame = NULL;
	}
	return error;
}

static void put_raw(struct ext2_node *n)
{
	meta_put(n->orphan_frame);
	n->orphan_frame = NULL;
	n->orphan_raw = NULL;
}

static bool last_name(const struct inode *i)
{
	return inode_is(i, S_IFDIR) || i->nlink == 1;
}

/*
 * @i is about to lose a name.  If it is the last, it becomes an orphan.  After this ext2_drop_link() cannot fail.
 *
 * Locks:   inode.lock held; takes the alloc lock.  Sleeps.
 * Returns: 0; -EIO; -ENOMEM.
 */
int ext2_drop_begin(struct inode *i)
{
	struct ext2_node *n = ext2_node(i);
	struct ext2 *e = ext2_of(i);
	int error;

	if (!last_name(i) || n->orphan_frame) {
		return 0;
	}
	error = hold_raw(i);
	if (error) {
		return error;
	}
	mutex_lock(&e->alloc_lock);
	n->orphan_raw->dtime = e->super->last_orphan;
	e->super->last_orphan = i->ino;
	list_push_front(&e->orphans, &n->orphan);
	meta_dirty(n->orphan_frame);
	ext2_super_changed(e);
	mutex_unlock(&e->alloc_lock);
	return 0;
}

/*
 * @i has lost a name; a directory its "." too, which is empty.
 *
 * Locks: inode.lock held.
 */
void ext2_drop_link(struct inode *i)
{
	struct ext2_node *n = ext2_node(i);

	if (inode_is(i, S_IFDIR)) {
		i->nlink = 0;
	} else if (i->nlink > 0) {      /* the disk may have counted wrong */
		i->nlink--;
	}
	i->ctime = inode_now();
	inode_dirty(i);
	if (n->orphan_frame) {          /* at once: whoever finds it in the list must see that it has no links */
		ext2_fill_raw(i, n->orphan_raw);
		meta_dirty(n->orphan_frame);
	}
}

/*
 * Take @i off the list.  @dtime is what its field on the disk, which was the next one's number, says from now on.
 *
 * Locks: takes the alloc lock.  Sleeps.
 */
void ext2_orphan_remove(struct inode *i, uint32_t dtime)
{
	struct ext2_node *n = ext2_node(i), *before;
	struct ext2 *e = ext2_of(i);
	uint32_t next = n->orphan_raw->dtime;

	mutex_lock(&e->alloc_lock);
	if (n->orphan.prev == &e->orphans) {
		e->super->last_orphan = next;
		ext2_super_changed(e);
	} else {
		before = list_entry(n->orphan.prev, struct ext2_node, orphan);
		before->orphan_raw->dtime = next;
		meta_dirty(before->orphan_frame);
	}
	list_remove(&n->orphan);
	n->orphan_raw->dtime = dtime;
	meta_dirty(n->orphan_frame);
	mutex_unlock(&e->alloc_lock);
	put_raw(n);
}

/*
 * @i leaves memory, but stays on the disk's list.
 *
 * Locks: takes the alloc lock.
 */
void ext2_orphan_leave(struct inode *i)
{
	struct ext2_node *n = ext2_node(i);
	struct ext2 *e = ext2_of(i);

	if (!n->orphan_frame) {
		return;                 /* all but its number could be freed: it is off the list */
	}
	ext2_fill_raw(i, n->orphan_raw);
	meta_dirty(n->orphan_frame);
	mutex_lock(&e->alloc_lock);
	list_remove(&n->orphan);
	mutex_unlock(&e->alloc_lock);
	put_raw(n);
}

/* ---- at mount ---- */

/* Free the first of the list, or take it off if it has names: 1, 0; or -errno. */
static int free_first(struct ext2 *e, uint32_t ino)
{
	struct inode *i;
	bool named = false;
	int error;

	if (ino < e->first_ino) {
		return ext2_corrupt(e, ino, "reserved, but in the list of orphans, below", e->first_ino);
	}
	error = inode_get(&e->fs, ino, &i);
	if (error) {
		return error;
	}
	error = hold_raw(i);
	if (!error) {
		list_push_front(&e->orphans, &ext2_node(i)->orphan);
		named = i->nlink > 0;
		if (named) {
			ext2_orphan_remove(i, 0);
		}
	}
	inode_put(i);                           /* the last: frees it */
	if (e->damaged || e->super->last_orphan == ino) {
		error = error ? error : -EIO;
	}
	return error ? error : !named;
}

/*
 * Free the files that had no names when the disk was last used.  What is wrong with the list ends it: the rest is
 * e2fsck's.
 *
 * At mount, writable, before anybody else can come.  Sleeps.
 */
void ext2_orphans_free(struct ext2 *e)
{
	uint32_t ino, freed = 0;
	int r = 0;

	e->freeing_orphans = true;
	while (r >= 0 && (ino = e->super->last_orphan) != 0) {
		r = free_first(e, ino);
		freed += r > 0;
	}
	e->freeing_orphans = false;
	if (e->damaged) {
		mutex_lock(&e->alloc_lock);
		e->super->last_orphan = 0;
		ext2_super_changed(e);
		mutex_unlock(&e->alloc_lock);
	}
	if (freed) {
		printk("ext2: %s: %u files freed that were deleted while in use\n", e->bdev->dev->name, freed);
	}
}
