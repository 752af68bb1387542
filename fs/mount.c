/*
 * Mounted file systems, and the seams between them: a directory that is covered, and the root that
 * covers it.
 *
 * Invariant: an entry, once made, stays; there is no unmounting, so nobody has to count users of a
 * file system.  A mount on top of another's root comes later in the table than that.
 *
 * Floor 6.  Read next: namei.c
 */
#include "fs/namei.h"

#include "kernel/lib/errno.h"

enum { NR_MOUNTS = 8 };

static struct fs *mounts[NR_MOUNTS];            /* made at boot, by one task */
static unsigned nmounts;

struct fs *root_fs;

/* See namei.h.  At boot, one at a time.  Sleeps. */
int fs_mount(struct fs *fs, const char *path)
{
	struct inode *on = NULL;
	int r;

	if (nmounts == NR_MOUNTS) {
		return -ENOSPC;
	}
	if (root_fs) {
		r = namei(root_fs->root, path, false, &on);
		if (r < 0) {
			return r;
		}
		if (!inode_is(on, S_IFDIR)) {
			inode_put(on);
			return -ENOTDIR;
		}
	} else {
		root_fs = fs;
	}
	mutex_init(&fs->rename);
	fs->covered = on;               /* with its reference: a covered inode stays in memory */
	mounts[nmounts++] = fs;
	return 0;
}

/* See namei.h. */
struct fs *fs_mounted(unsigned n)
{
	return n < nmounts ? mounts[n] : NULL;
}

/* See namei.h. */
bool mount_point(const struct inode *i)
{
	for (unsigned n = 0; n < nmounts; n++) {
		if (mounts[n]->covered == i) {
			return true;
		}
	}
	return false;
}

/* See namei.h. */
struct inode *mount_cross(struct inode *i)
{
	for (unsigned n = 0; n < nmounts; n++) {
		if (mounts[n]->covered == i) {
			inode_put(i);
			i = mounts[n]->root;
			inode_hold(i);
		}
	}
	return i;
}

/* See namei.h. */
struct inode *mount_under(struct inode *dir)
{
	while (dir == dir->fs->root && dir->fs->covered) {
		dir = dir->fs->covered;
	}
	return dir;
}
