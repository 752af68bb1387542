/*
 * New files: an inode number, what the file starts with, and at last its name.
 *
 *      make        number, block of the inode, inode in memory         nobody can find it yet
 *      (content)   "." and ".." of a directory, the text of a link
 *      publish     name, table of inodes, inode on the disk            the last thing that can fail is the name
 *
 * The block of the inode is at hand before anything is changed, so that nothing is left to fail once the name is
 * there.  A failure leaves no trace.
 *
 * Locks: the directory's inode.lock held throughout.
 *
 * Floor 6.  Read next: names.c
 */
#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/cache/pcache.h"

struct made {
	struct inode      *inode;
	struct frame      *frame;       /* the inode's block, and in it  */
	struct ext2_inode *raw;         /* the inode                     */
};

/* A new inode in memory, for a number that is ours: a file of @mode without content. */
static struct inode *make_inode(struct inode *dir, uint32_t ino, uint32_t mode)
{
	struct inode *i = inode_alloc(dir->fs, ino);

	if (!i) {
		return NULL;
	}
	if (ext2_node_new(i) < 0) {
		inode_put(i);
		return NULL;
	}
	i->mode = mode;
	i->nlink = (mode & S_IFMT) == S_IFDIR ? 2 : 1;
	i->atime = i->mtime = i->ctime = inode_now();
	ext2_node(i)->mapped = true;
	ext2_set_ops(i);
	return i;
}

/* 0; -ENOSPC; -EROFS; -EIO; -ENOMEM. */
static int make(struct inode *dir, uint32_t mode, struct made *m)
{
	struct ext2 *e = ext2_of(dir);
	uint32_t ino;
	int error = ext2_alloc_ino(e, dir->ino, mode, &ino);

	if (error) {
		return error;
	}
	error = ext2_raw_get(e, ino, &m->frame, &m->raw);
	if (error) {
		goto out_ino;
	}
	m->inode = make_inode(dir, ino, mode);
	if (m->inode) {
		return 0;
	}
	error = -ENOMEM;
	meta_put(m->frame);
out_ino:
	ext2_free_ino(e, ino, mode);
	return error;
}

/* Undo it.  What cannot be freed stays in use, and is nobody's until e2fsck looks. */
static void unmake(struct made *m)
{
	struct inode *i = m->inode;
	struct ext2 *e = ext2_of(i);
	uint32_t ino = i->ino, mode = i->mode;
	int error = pcache_truncate(&i->mapping, 0);

	if (!error && ext2_node(i)->mapped) {
		error = ext2_free_from(i, 0);
	}
	meta_put(m->frame);
	inode_put(i);                   /* never found by anybody: just freed */
	if (!error) {
		ext2_free_ino(e, ino, mode);
	}
}

/* Name it, then let it be found.  Only a damaged disk has the number in use already. */
static int publish(struct inode *dir, const char *name, unsigned len, struct made *m)
{
	struct inode *i = m->inode;
	struct ext2_cursor c;
	int error = ext2_dir_add(dir, name, len, i);

	if (error) {
		return error;
	}
	error = inode_insert(i);
	if (error) {
		if (ext2_dir_find(dir, name, len, &c) == 0) {
			ext2_dir_remove(&c);
		}
		return ext2_corrupt(ext2_of(dir), i->ino, "free, but in use, named in inode", dir->ino);
	}
	memset(m->raw, 0, ext2_of(dir)->inode_size);
	ext2_fill_raw(i, m->raw);
	meta_dirty(m->frame);
	meta_put(m->frame);
	return 0;
}

/*
 * inode_ops.create: a new, empty file.
 *
 * Sleeps.
 * Owns:    a reference to *@out is the caller's.
 * Returns: 0; -ENOSPC; -EROFS; -EIO; -ENOMEM.
 */
int ext2_create(struct inode *dir, const char *name, unsigned len, uint32_t mode, struct inode **out)
{
	struct made m;
	int error = make(dir, mode, &m);

	if (error) {
		return error;
	}
	error = publish(dir, name, len, &m);
	if (error) {
		unmake(&m);
	} else {
		*out = m.inode;
	}
	return error;
}

/*
 * inode_ops.mkdir.
 *
 * Sleeps.
 * Owns:    a reference to *@out is the caller's.
 * Returns: 0; -EMLINK; -ENOSPC; -EROFS; -EIO; -ENOMEM.
 */
int ext2_mkdir(struct inode *dir, const char *name, unsigned len, uint32_t mode, struct inode **out)
{
	struct made m;
	int error = dir->nlink >= EXT2_LINK_MAX ? -EMLINK : make(dir, mode, &m);

	if (error) {
		return error;
	}
	error = ext2_dir_begin(m.inode, dir);
	if (!error) {
		error = publish(dir, name, len, &m);
	}
	if (error) {
		unmake(&m);
		return error;
	}
	ext2_parent_gains(dir);
	*out = m.inode;
	return 0;
}

/* The text of a link that is too long for the inode: a page of its own, zeros behind it. */
static int long_text(struct inode *i, const char *text, unsigned size)
{
	struct frame *f = frame_alloc_zeroed(ALLOC_WAIT);
	int error;

	if (!f) {
		return -ENOMEM;
	}
	memcpy(frame_data(f), text, size);
	error = ext2_append(i, f, size);
	frame_put(f);
	return error;
}

static int set_text(struct inode *i, const char *text, unsigned size)
{
	struct ext2_node *n = ext2_node(i);

	if (size >= sizeof(n->block)) {
		return long_text(i, text, size);
	}
	n->mapped = false;
	memcpy(n->block, text, size);
	i->mapping.size = size;
	return 0;
}

/*
 * inode_ops.symlink.  A text of up to 59 bytes is kept in place of the block numbers [ext2 §3.5].
 *
 * Sleeps.
 * Owns:    a reference to *@out is the caller's.
 * Returns: 0; -ENAMETOOLONG; -ENOSPC; -EROFS; -EIO; -ENOMEM.
 */
int ext2_symlink(struct inode *dir, const char *name, unsigned len, const char *text, unsigned size,
                 struct inode **out)
{
	struct made m;
	int error = size >= EXT2_BLOCK_SIZE ? -ENAMETOOLONG : make(dir, S_IFLNK | 0777, &m);

	if (error) {
		return error;
	}
	error = set_text(m.inode, text, size);
	if (!error) {
		error = publish(dir, name, len, &m);
	}
	if (error) {
		unmake(&m);
	} else {
		*out = m.inode;
	}
	return error;
}
