/*
 * Inodes, from the disk.  In memory are the generic attributes (struct inode) and the block numbers (struct
 * ext2_node).  An inode that makes no sense does not come into memory.
 *
 * Floor 6.  [ext2 §3.5]  Read next: store.c
 */
#include "fs/ext2/volume.h"
#include "fs/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/phys/kmalloc.h"

static const struct file_ops file_fops = {
	.read     = rw_read,
	.write    = rw_write,
	.seekable = true,
};

static const struct inode_ops file_ops = {
	.truncate    = ext2_truncate,
	.stretch     = ext2_stretch,
	.extent      = ext2_extent,
	.trim        = ext2_trim,
	.sync        = ext2_sync_inode,
	.write_inode = ext2_write_inode,
	.destroy     = ext2_destroy,
	.forget      = ext2_forget,
};

static const struct inode_ops dir_ops = {
	.lookup      = ext2_lookup,
	.create      = ext2_create,
	.mkdir       = ext2_mkdir,
	.symlink     = ext2_symlink,
	.link        = ext2_link,
	.unlink      = ext2_unlink,
	.rmdir       = ext2_rmdir,
	.rename      = ext2_rename,
	.readdir     = ext2_readdir,
	.sync        = ext2_sync_inode,
	.write_inode = ext2_write_inode,
	.destroy     = ext2_destroy,
	.forget      = ext2_forget,
};

static const struct inode_ops other_ops = {     /* symbolic links, devices, pipes, sockets */
	.readlink    = ext2_readlink,
	.sync        = ext2_sync_inode,
	.write_inode = ext2_write_inode,
	.destroy     = ext2_destroy,
	.forget      = ext2_forget,
};

static int  check(struct inode *i, const struct ext2_inode *raw);
static void fill_from_raw(struct inode *i, const struct ext2_inode *raw);

/*
 * Where inode @ino is on the disk: *@raw, in the metadata page *@f.
 *
 * Sleeps.
 * Owns:    a reference to *@f is the caller's: meta_put().
 * Returns: 0; -EIO, also for a number that there is not; -ENOMEM.
 */
int ext2_raw_get(struct ext2 *e, uint32_t ino, struct frame **f, struct ext2_inode **raw)
{
	uint32_t index, per_block = EXT2_BLOCK_SIZE / e->inode_size;
	int error;

	if (ino == 0 || ino > e->inodes) {
		return ext2_corrupt(e, ino, "there is no inode of this number, of", e->inodes);
	}
	index = (ino - 1) % e->inodes_per_group;
	error = meta_get(e->bdev, ext2_group(e, (ino - 1) / e->inodes_per_group)->inode_table +
	                 index / per_block, f);
	if (!error) {
		*raw = (void *)((char *)frame_data(*f) + index % per_block * e->inode_size);
	}
	return error;
}

/*
 * fs_ops.read_inode: fill in @i from the disk.
 *
 * Sleeps.
 * Returns: 0; -EIO, also for an inode that makes no sense; -ENOMEM.
 */
int ext2_read_inode(struct inode *i)
{
	struct ext2_inode *raw;
	struct frame *f;
	int error = ext2_raw_get(ext2_of(i), i->ino, &f, &raw);

	if (error) {
		return error;
	}
	error = check(i, raw);
	if (!error) {
		error = ext2_node_new(i);
	}
	if (!error) {
		fill_from_raw(i, raw);
		ext2_set_ops(i);
	}
	meta_put(f);
	return error;
}

static loff_t raw_size(const struct ext2_inode *raw)
{
	bool high = (raw->mode & S_IFMT) == S_IFREG;    /* means something else in the others */

	return (loff_t)((high ? (uint64_t)raw->size_high << 32 : 0) | raw->size);
}

/* Is this an inode in use, of a kind that there is, with a size that it can have? */
static int check(struct inode *i, const struct ext2_inode *raw)
{
	struct ext2 *e = ext2_of(i);
	loff_t size = raw_size(raw), most = e->fs.max_size;
	uint32_t type = raw->mode & S_IFMT;

	if (i->ino < e->first_ino && i->ino != EXT2_ROOT_INO) {
		return ext2_corrupt(e, i->ino, "reserved, but named, below", e->first_ino);
	}
	if (raw->links_count == 0 && !e->freeing_orphans) {
		return ext2_corrupt(e, i->ino, "not in use, but named, mode", raw->mode);
	}
	if (raw->flags & EXT2_FL_EXTENTS) {
		return ext2_corrupt(e, i->ino, "extents without their feature, flags", raw->flags);
	}
	switch (type) {
	case S_IFREG:
		break;
	case S_IFDIR:
		most = size % EXT2_BLOCK_SIZE ? 0 : (loff_t)e->blocks << EXT2_BLOCK_SHIFT;
		break;
	case S_IFLNK:
		most = EXT2_BLOCK_SIZE;
		break;
	case S_IFCHR: case S_IFBLK: case S_IFIFO: case S_IFSOCK:
		return 0;
	default:
		return ext2_corrupt(e, i->ino, "no kind of file has the mode", raw->mode);
	}
	if (size < 0 || size > most || (type == S_IFDIR && size == 0)) {
		return ext2_corrupt(e, i->ino, "impossible size, low word", raw->size);
	}
	return 0;
}

/*
 * Make i->private, zeroed.
 *
 * Returns: 0 or -ENOMEM.
 */
int ext2_node_new(struct inode *i)
{
	struct ext2_node *n = kzalloc(sizeof(*n), ALLOC_WAIT);

	if (!n) {
		return -ENOMEM;
	}
	mutex_init(&n->map_lock);
	i->private = n;
	return 0;
}

/* A short link's text is in block[]: it has no blocks but, perhaps, one of attributes. */
static bool text_inside(const struct ext2_inode *raw)
{
	uint32_t blocks = raw->file_acl ? EXT2_BLOCK_SECTORS : 0;

	return raw->blocks == blocks && raw->size < sizeof(raw->block);
}

static uint32_t raw_rdev(const struct ext2_inode *raw)
{
	uint32_t type = raw->mode & S_IFMT;

	if (type != S_IFCHR && type != S_IFBLK) {
		return 0;
	}
	return raw->block[0] ? raw->block[0] : raw->block[1];   /* old form, new form: same for small numbers */
}

static void fill_from_raw(struct inode *i, const struct ext2_inode *raw)
{
	struct ext2_node *n = ext2_node(i);
	uint32_t type = raw->mode & S_IFMT;

	i->mode = raw->mode;
	i->nlink = raw->links_count;
	i->uid = raw->uid | (uint32_t)raw->uid_high << 16;
	i->gid = raw->gid | (uint32_t)raw->gid_high << 16;
	i->atime = raw->atime;
	i->mtime = raw->mtime;
	i->ctime = raw->ctime;
	i->blocks = raw->blocks;
	i->rdev = raw_rdev(raw);
	i->mapping.size = raw_size(raw);
	memcpy(n->block, raw->block, sizeof(n->block));
	n->flags = raw->flags;
	n->file_acl = raw->file_acl;
	n->surplus = type == S_IFREG;
	n->mapped = type == S_IFREG || type == S_IFDIR || (type == S_IFLNK && !text_inside(raw));
}

/*
 * What can be done with @i, by its mode.
 */
void ext2_set_ops(struct inode *i)
{
	i->mapping.ops = &ext2_mapping_ops;
	i->ops = &other_ops;
	if (inode_is(i, S_IFREG)) {
		i->ops = &file_ops;
		i->fops = &file_fops;
	} else if (inode_is(i, S_IFDIR)) {
		i->ops = &dir_ops;
		i->fops = &dir_fops;
	}
}
