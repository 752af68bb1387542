/*
 * Where the pages of a file are, for transfers that do not go through the page cache.
 *
 * Floor 6.  Read next: fs/direct.c
 */
#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"

/* What a truncation could not free is not the file's any more: it goes before the file grows past it. */
static int make(struct inode *i, pgoff_t first, unsigned n, uint32_t *block)
{
	int error = ext2_of(i)->fs.read_only ? -EROFS : ext2_free_surplus(i);

	return error < 0 ? error : ext2_map_alloc(i, first, n, true, block);
}

/*
 * inode_ops.extent: the run at page @first, @n pages at most.
 *
 * Locks:   inode.lock held; takes the map lock.  Sleeps.
 * Returns: 0; -ENOSPC; -EROFS; -EFBIG; -EIO; -ENOMEM.
 */
int ext2_extent(struct inode *i, pgoff_t first, unsigned n, enum extent_how how, struct extent *out)
{
	struct ext2 *e = ext2_of(i);
	uint32_t block;
	int run;

	if (how == EXTENT_MAKE) {
		run = make(i, first, n, &block);
	} else {
		run = ext2_map(i, first, n, &block);
	}
	if (run < 0) {
		return run;
	}
	*out = (struct extent){
		.dev = e->bdev->dev, .sector = block * EXT2_BLOCK_SECTORS, .n = (unsigned)run, .hole = block == 0,
	};
	return 0;
}

/*
 * inode_ops.trim: blocks past the end, placed for a transfer that then failed, are nobody's again.  What cannot be
 * freed now goes with the file's next truncation.
 *
 * Locks: inode.lock held; takes the map lock.  Sleeps.
 */
void ext2_trim(struct inode *i)
{
	(void)ext2_free_from(i, size_pages(mapping_size(&i->mapping)));
}
