/*
 * A block device as a mapping: file-system metadata is cached in pages of the device, in the one page cache.
 * One metadata block is one page (file systems with 4 KiB blocks).
 *
 *    meta_get         the block's content, read if need be: a referenced frame, up to date, unlocked
 *    meta_new         the same without reading: zeroed; replaces any cached copy
 *    meta_dirty       it was changed and must reach the disk
 *    meta_put         done with it
 *    meta_forget_run  blocks are being freed: wait for their writeback, drop them, even dirty.  Comes before the
 *                     bitmap's bits are cleared, or an old metadata write could land on new file data.
 *
 * Content of a metadata page is protected by the file system's own locks (ext2 map, alloc, inode lock).
 *
 * Floor 6.
 */
#ifndef FS_BDEV_H
#define FS_BDEV_H

#include "drivers/block.h"
#include "mm/cache/mapping.h"

struct bdev {
	struct blkdev *dev;
	struct mapping mapping;         /* page = 4 KiB block number */
	bool           mounted;         /* raw writes: -EBUSY        */
};

/* The one bdev of @dev, made at first use.  Returns 0 or -ENOMEM. */
must_check int bdev_open(struct blkdev *dev, struct bdev **out);

must_check int meta_get(struct bdev *b, uint32_t block, struct frame **out);    /* 0, -EIO, -ENOMEM; -EIO past the device's end */
must_check int meta_new(struct bdev *b, uint32_t block, struct frame **out);    /* 0, -ENOMEM; comes back dirty */
void meta_dirty(struct frame *f);
void meta_put(struct frame *f);
void meta_forget_run(struct bdev *b, uint32_t first, uint32_t n);
/*
 * Blocks [first, first + n) are about to hold file data: drop what a raw read of the device has left of them.
 * False when one of them is dirty: it is metadata in use, and whoever called it free is wrong.
 */
must_check bool meta_claim_run(struct bdev *b, uint32_t first, uint32_t n);
/* Write the metadata blocks [first, first + n) that are dirty, and wait: such as lead to no new blocks.  0 or -EIO. */
must_check int meta_sync(struct bdev *b, uint32_t first, uint32_t n);
/* Write all dirty metadata, after the content that it leads to (order.h), and wait; then flush the device.  0 or -EIO. */
must_check int bdev_sync(struct bdev *b);

#endif
