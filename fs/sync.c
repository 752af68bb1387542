/*
 * Making things durable: fsync, fdatasync, fdatasync_area, sync; and the end.
 *
 * Two steps in this order: the pages, then what is needed to reach them (size, indirect blocks,
 * inode, and the device's own write cache), which only the file system knows.  Metadata that
 * arrived first could point to blocks with somebody's old data.
 *
 * Floor 6.
 */
#include "fs/file.h"

#include "fs/namei.h"
#include "kernel/lib/errno.h"
#include "mm/cache/pcache.h"
#include "mm/cache/writeback.h"

/* See file.h.  Sleeps.  Returns: 0; -EINVAL; -EIO and the like, each to each open file once. */
int file_sync_range(struct file *f, loff_t off, loff_t len, bool datasync)
{
	return inode_sync_range(f->inode, off, len, datasync, &f->wberr_seen);
}

/* The same without an open file; @wberr_seen is what the caller has heard of already.  Sleeps. */
int inode_sync_range(struct inode *i, loff_t off, loff_t len, bool datasync, uint32_t *wberr_seen)
{
	struct mapping *m = &i->mapping;
	pgoff_t first = (pgoff_t)(off >> PAGE_SHIFT), last = ~0u;
	loff_t end;
	int r, error;

	if (off < 0 || len < 0 || !i->ops->sync) {
		return -EINVAL;
	}
	if (off >> PAGE_SHIFT > ~0u) {
		first = ~0u;                    /* past everything: there is still the inode */
	}
	if (len > 0 && !__builtin_add_overflow(off, len - 1, &end) && end >> PAGE_SHIFT < ~0u) {
		last = (pgoff_t)(end >> PAGE_SHIFT);
	}
	wb_start(m, first, last);
	wb_wait(m, first, last);
	r = i->ops->sync(i, datasync);
	error = wberr_check(m, wberr_seen); /* heard now, even if the above says the same */
	return error < 0 ? error : r;
}

/*
 * The end: nothing may change any more, everything is written, and then the disks are told that all is well.
 * What others still try gets EROFS; files that were deleted and are still open are freed at the next mount.
 *
 * Sleeps.  Returns: 0, or the first error; then the disks say that they were not unmounted cleanly.
 */
int fs_unmount_all(void)
{
	struct fs *fs;
	int error;

	for (unsigned n = 0; (fs = fs_mounted(n)); n++) {
		fs->read_only = true;
	}
	error = fs_sync_all();
	for (unsigned n = 0; !error && (fs = fs_mounted(n)); n++) {
		error = fs->ops->unmount ? fs->ops->unmount(fs) : 0;
	}
	return error;
}

/* sync(2).  Sleeps.  Returns: 0, or the first error; everything is tried. */
int fs_sync_all(void)
{
	int error = inode_sync_all();
	struct fs *fs;

	wb_sync_all();
	for (unsigned n = 0; (fs = fs_mounted(n)); n++) {
		int r = fs->ops->sync ? fs->ops->sync(fs) : 0;

		error = error ? error : r;
	}
	return error;
}
