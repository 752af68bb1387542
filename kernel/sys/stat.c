/*
 * What is known about files and file systems, in the structures of Linux/i386.
 *
 * Floor 8.  Read next: fsop.c
 */
#include "fs/namei.h"
#include "kernel/lib/string.h"
#include "kernel/sys/syscall.h"
#include "kernel/x86/ucopy.h"

struct stat64 {                         /* [Linux arch/x86 uapi stat.h] */
	uint64_t dev;
	uint32_t pad0, ino32;
	uint32_t mode, nlink, uid, gid;
	uint64_t rdev;
	uint32_t pad1;
	int64_t  size;
	uint32_t blksize;
	uint64_t blocks;
	uint32_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
	uint64_t ino;
};
_Static_assert(sizeof(struct stat64) == 96, "the ABI's size");

struct stat32 {
	uint32_t dev, ino;
	uint16_t mode, nlink, uid, gid;
	uint32_t rdev, size, blksize, blocks;
	uint32_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
	uint32_t pad[2];
};
_Static_assert(sizeof(struct stat32) == 64, "the ABI's size");

/* A number for each mounted file system, from 1. */
static uint32_t fs_number(const struct fs *fs)
{
	unsigned n = 0;

	while (fs_mounted(n) && fs_mounted(n) != fs) {
		n++;
	}
	return n + 1;
}

static struct stat64 describe(struct inode *i)
{
	uint32_t dev = fs_number(i->fs);

	mutex_lock(&i->lock);
	struct stat64 s = {
		.dev = dev, .ino32 = i->ino, .ino = i->ino, .mode = i->mode,
		.nlink = i->nlink, .uid = i->uid, .gid = i->gid, .rdev = i->rdev,
		.size = mapping_size(&i->mapping), .blksize = PAGE_SIZE, .blocks = i->blocks,
		.atime = i->atime, .mtime = i->mtime, .ctime = i->ctime,
	};
	mutex_unlock(&i->lock);
	return s;
}

static long give64(struct inode *i, uva_t to)
{
	struct stat64 s = describe(i);

	return copy_to_user(to, &s, sizeof(s));
}

/* The old structure, for programs of before 2^31 bytes. */
static long give32(struct inode *i, uva_t to)
{
	struct stat64 s = describe(i);
	struct stat32 old = {
		.dev = (uint32_t)s.dev, .ino = s.ino32, .mode = (uint16_t)s.mode,
		.nlink = (uint16_t)s.nlink, .uid = (uint16_t)s.uid, .gid = (uint16_t)s.gid,
		.rdev = (uint32_t)s.rdev, .size = (uint32_t)s.size, .blksize = s.blksize,
		.blocks = (uint32_t)s.blocks, .atime = s.atime, .mtime = s.mtime, .ctime = s.ctime,
	};

	return s.size > INT32_MAX ? -EOVERFLOW : copy_to_user(to, &old, sizeof(old));
}

typedef long (*give_fn)(struct inode *i, uva_t to);

static long stat_path(int dirfd, uva_t path, uint32_t flags, uva_t to, give_fn give)
{
	struct inode *i;
	long r = path_inode(dirfd, path, flags, &i);

	if (r == 0) {
		r = give(i, to);
		inode_put(i);
	}
	return r;
}

static long stat_file(const struct sysargs *a, give_fn give)
{
	struct file *f = arg_file(a, 0);

	return f ? give(f->inode, arg(a, 1)) : -EBADF;
}

long sys_stat64(const struct sysargs *a)
{
	return stat_path(AT_FDCWD, arg(a, 0), 0, arg(a, 1), give64);
}

long sys_lstat64(const struct sysargs *a)
{
	return stat_path(AT_FDCWD, arg(a, 0), AT_SYMLINK_NOFOLLOW, arg(a, 1), give64);
}

long sys_fstat64(const struct sysargs *a)
{
	return stat_file(a, give64);
}

long sys_fstatat64(const struct sysargs *a)
{
	if (arg(a, 3) & ~(uint32_t)AT_SYMLINK_NOFOLLOW) {
		return -EINVAL;
	}
	return stat_path((int)arg(a, 0), arg(a, 1), arg(a, 3), arg(a, 2), give64);
}

long sys_stat(const struct sysargs *a)
{
	return stat_path(AT_FDCWD, arg(a, 0), 0, arg(a, 1), give32);
}

long sys_lstat(const struct sysargs *a)
{
	return stat_path(AT_FDCWD, arg(a, 0), AT_SYMLINK_NOFOLLOW, arg(a, 1), give32);
}

long sys_fstat(const struct sysargs *a)
{
	return stat_file(a, give32);
}

/* ---- file systems ---- */

enum { EXT2_MAGIC = 0xEF53, ST_RDONLY = 1, ST_VALID = 0x20 };

struct statfs64 {
	uint32_t type, bsize;
	uint64_t blocks, bfree, bavail, files, ffree;
	uint32_t fsid[2], namelen, frsize, flags, spare[4];
};
_Static_assert(sizeof(struct statfs64) == 84, "the ABI's size");

struct statfs32 {
	uint32_t type, bsize, blocks, bfree, bavail, files, ffree;
	uint32_t fsid[2], namelen, frsize, flags, spare[4];
};
_Static_assert(sizeof(struct statfs32) == 64, "the ABI's size");

static struct statfs32 describe_fs(struct fs *fs)
{
	struct fs_usage u = { .block_size = PAGE_SIZE };

	if (fs->ops->usage) {
		fs->ops->usage(fs, &u);
	}
	return (struct statfs32){
		.type = strcmp(fs->type, "ext2") == 0 ? EXT2_MAGIC : 0, .bsize = u.block_size,
		.blocks = u.blocks, .bfree = u.blocks_free, .bavail = u.blocks_free, .files = u.inodes,
		.ffree = u.inodes_free, .fsid = { fs_number(fs), 0 }, .namelen = NAME_MAX,
		.frsize = u.block_size, .flags = ST_VALID | (fs->read_only ? ST_RDONLY : 0),
	};
}

static long give_fs32(struct inode *i, uva_t to)
{
	struct statfs32 s = describe_fs(i->fs);

	return copy_to_user(to, &s, sizeof(s));
}

static long give_fs64(struct inode *i, uva_t to)
{
	struct statfs32 s = describe_fs(i->fs);
	struct statfs64 wide = {
		.type = s.type, .bsize = s.bsize, .blocks = s.blocks, .bfree = s.bfree,
		.bavail = s.bavail, .files = s.files, .ffree = s.ffree, .fsid = { s.fsid[0], s.fsid[1] },
		.namelen = s.namelen, .frsize = s.frsize, .flags = s.flags,
	};

	return copy_to_user(to, &wide, sizeof(wide));
}

long sys_statfs(const struct sysargs *a)
{
	return stat_path(AT_FDCWD, arg(a, 0), 0, arg(a, 1), give_fs32);
}

long sys_fstatfs(const struct sysargs *a)
{
	return stat_file(a, give_fs32);
}

/* The caller says how long it believes the structure to be. */
long sys_statfs64(const struct sysargs *a)
{
	if (arg(a, 1) != sizeof(struct statfs64)) {
		return -EINVAL;
	}
	return stat_path(AT_FDCWD, arg(a, 0), 0, arg(a, 2), give_fs64);
}

long sys_fstatfs64(const struct sysargs *a)
{
	struct file *f = arg_file(a, 0);

	if (!f || arg(a, 1) != sizeof(struct statfs64)) {
		return f ? -EINVAL : -EBADF;
	}
	return give_fs64(f->inode, arg(a, 2));
}
