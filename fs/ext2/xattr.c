/*
 * Blocks of extended attributes.  Their content is nobody's business here; but several inodes may share one,
 * and the last of them to be deleted frees it.
 *
 * Floor 6.  Read next: names.c
 */
#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"

struct attribute_header { uint32_t magic, refcount, blocks; };  /* [ext2: extended attributes, ext_attr] */

enum { ATTRIBUTE_MAGIC = 0xEA020000 };

/* One inode fewer uses the block: how many still do, or -errno. */
static int drop_one(struct ext2 *e, struct inode *i, uint32_t block)
{
	struct attribute_header *h;
	struct frame *f;
	int left;

	if (!ext2_blocks_ok(e, block, 1)) {
		return ext2_corrupt(e, i->ino, "attribute block at", block);
	}
	left = meta_get(e->bdev, block, &f);
	if (left < 0) {
		return left;
	}
	h = frame_data(f);
	if (h->magic != (uint32_t)ATTRIBUTE_MAGIC || h->refcount == 0 || h->refcount > e->inodes) {
		left = ext2_corrupt(e, i->ino, "no attributes in their block, at", block);
	} else if (h->refcount > 1) {
		left = (int)--h->refcount;
		meta_dirty(f);
	}
	meta_put(f);
	return left;
}

/*
 * @i, which is being deleted, has no attributes any more.
 *
 * Locks:   inode.lock held; takes the alloc lock, which keeps apart two that share a block.  Sleeps.
 * Returns: 0; -EIO; -ENOMEM.
 */
int ext2_attributes_drop(struct inode *i)
{
	struct ext2 *e = ext2_of(i);
	uint32_t block = ext2_node(i)->file_acl;
	int left;

	if (block == 0) {
		return 0;
	}
	mutex_lock(&e->alloc_lock);
	left = drop_one(e, i, block);
	mutex_unlock(&e->alloc_lock);
	if (left == 0) {
		left = ext2_free_blocks(e, block, 1);
	}
	if (left < 0) {
		return left;
	}
	ext2_node(i)->file_acl = 0;
	ext2_uncharge(i, 1);
	return 0;
}
