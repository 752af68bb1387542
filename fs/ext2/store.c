/*
 * Inodes, to the disk, and away.
 *
 * Fields of the disk's inode that are not understood here stay on the disk as they are: writing changes the
 * others in place, in the metadata page that many inodes share.  Each writes its own bytes only.
 *
 * Floor 6.  [ext2 §3.5]  Read next: orphan.c, xattr.c
 */
#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "mm/cache/order.h"
#include "mm/cache/pcache.h"
#include "mm/phys/kmalloc.h"

/*
 * Copy into @raw what @i has in memory.
 *
 * Locks: inode.lock held, or nobody else knows @i; takes the map lock.
 */
void ext2_fill_raw(struct inode *i, struct ext2_inode *raw)
{
	struct ext2_node *n = ext2_node(i);
	loff_t size = mapping_size(&i->mapping);

	raw->mode = (uint16_t)i->mode;
	raw->links_count = (uint16_t)i->nlink;
	raw->uid = (uint16_t)i->uid;
	raw->uid_high = (uint16_t)(i->uid >> 16);
	raw->gid = (uint16_t)i->gid;
	raw->gid_high = (uint16_t)(i->gid >> 16);
	raw->atime = i->atime;
	raw->mtime = i->mtime;
	raw->ctime = i->ctime;
	raw->size = (uint32_t)size;
	if (inode_is(i, S_IFREG)) {
		raw->size_high = (uint32_t)(size >> 32);
	}
	raw->flags = n->flags;
	raw->file_acl = n->file_acl;
	order_begin();          /* numbers of new blocks may be among them */
	mutex_lock(&n->map_lock);
	memcpy(raw->block, n->block, sizeof(raw->block));
	raw->blocks = i->blocks;
	mutex_unlock(&n->map_lock);
	order_end();
}

/* The first file of 2 GiB or more: systems that know 31 bits only must not touch it from now on. */
static void announce_large(struct ext2 *e)
{
	mutex_lock(&e->alloc_lock);
	if (!e->has_large && e->super->rev_level > 0) {
		e->has_large = true;
		e->super->feature_ro_compat |= EXT2_RO_COMPAT_LARGE_FILE;
		ext2_super_changed(e);
	}
	mutex_unlock(&e->alloc_lock);
}

/*
 * inode_ops.write_inode: into its metadata page, which is then dirty.
 *
 * Locks:   inode.lock held.  Sleeps.
 * Returns: 0; -EIO; -ENOMEM.
 */
int ext2_write_inode(struct inode *i)
{
	struct ext2 *e = ext2_of(i);
	struct ext2_inode *raw;
	struct frame *f;
	int error = ext2_raw_get(e, i->ino, &f, &raw);

	if (error) {
		return error;
	}
	ext2_fill_raw(i, raw);
	meta_dirty(f);
	meta_put(f);
	if (mapping_size(&i->mapping) > INT32_MAX) {
		announce_large(e);
	}
	return 0;
}

/*
 * inode_ops.sync: @i is durable, and what leads to its blocks: with the inode all dirty metadata of the
 * device, which is more than needed, and simple.  Ends with the flush of the device's write cache: here
 * and in fs_ops.sync, and nowhere above.
 *
 * Sleeps.
 * Returns: 0; -EIO; -ENOMEM.
 */
int ext2_sync_inode(struct inode *i, bool datasync)
{
	int error = inode_write(i);
	int synced = bdev_sync(ext2_of(i)->bdev);

	(void)datasync;         /* time stamps alone are not worth a second way */
	return error ? error : synced;
}

/* Everything that @i has on the disk, and then its number.  Locks: inode.lock held.  Sleeps. */
static int free_all(struct inode *i)
{
	int error = pcache_truncate(&i->mapping, 0);

	if (!error && ext2_node(i)->mapped) {
		error = ext2_free_from(i, 0);
	}
	if (!error) {
		error = ext2_attributes_drop(i);
	}
	if (error) {
		return error;
	}
	ext2_fill_raw(i, ext2_node(i)->orphan_raw);
	ext2_orphan_remove(i, inode_now());
	return ext2_free_ino(ext2_of(i), i->ino, i->mode);
}

/*
 * inode_ops.destroy: the last user of a file without links is gone.  What cannot be freed (unreadable, damaged,
 * read-only by now) stays in use and on the list of orphans: the next mount tries again.
 *
 * Sleeps.
 */
void ext2_destroy(struct inode *i)
{
	struct ext2 *e = ext2_of(i);
	int error;

	mutex_lock(&i->lock);
	error = e->fs.read_only ? -EROFS : free_all(i);
	if (error) {
		ext2_orphan_leave(i);
	}
	if (error && error != -EROFS) {
		printk("ext2: %s: inode %u: deleted, but not all could be freed: error %d\n",
		       e->bdev->dev->name, i->ino, -error);
	}
	i->dirty = false;
	mutex_unlock(&i->lock);
}

/*
 * inode_ops.forget: @i leaves memory.
 */
void ext2_forget(struct inode *i)
{
	if (i->private) {
		ext2_known_forget(i);
	}
	kfree(i->private);
	i->private = NULL;
}
