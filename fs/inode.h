/*
 * Inodes in memory: one per (file system, number) while anybody uses it, plus a bounded number of unused ones.
 *
 * Life: inode_get() finds or reads it; references count users (open files, working directories, VMAs, path walks);
 * the last inode_put() of a file without links destroys it on disk (truncate, free), else leaves it unused in
 * the cache, from where the oldest go when there are too many.
 *
 * Floor 6.  Read next: inode.c, namei.h, file.h
 */
#ifndef FS_INODE_H
#define FS_INODE_H

#include "kernel/lib/atomic.h"
#include "kernel/lock.h"
#include "mm/cache/mapping.h"

struct bdev;
struct blkdev;
struct file_ops;
struct fs;
struct inode;

/* One end of a rename: a name in a directory, and what it names; NULL where nothing has the name yet. */
struct rename_end { struct inode *dir; const char *name; unsigned len; struct inode *inode; };

/* Where pages of a file are on its disk: an unbroken run, or a hole.  EXTENT_MAKE: holes get places first. */
struct extent { struct blkdev *dev; sector_t sector; unsigned n; bool hole; };
enum extent_how { EXTENT_FIND, EXTENT_MAKE };

enum {                                  /* mode bits [POSIX sys/stat.h], values as Linux has them */
	S_IFMT = 0170000, S_IFSOCK = 0140000, S_IFLNK = 0120000, S_IFREG = 0100000,
	S_IFBLK = 0060000, S_IFDIR = 0040000, S_IFCHR = 0020000, S_IFIFO = 0010000,
};

/*
 * Door: generic code -> file system.  Directory operations are called with dir->lock held; names are not
 * terminated, @len is 1..255, never "." or "..", without '/'.  All may sleep.  NULL = -EPERM
 * (lookup NULL = not a directory).
 *
 * readdir: *pos is the position of the entry being emitted, and afterwards that of the next; 0 = the first.  It
 * emits "." and ".." too.  emit says false when it has no room: *pos stays at that entry.  The type is
 * (mode & S_IFMT) >> 12, as d_type has it; 0 = not known.
 * create, mkdir, symlink, link: nothing has the name, and @dir has not been removed.
 * unlink, rmdir: @target is what lookup gave for the name, no directory or one; its lock is the file system's to take.
 * rename: both directories are locked, and fs->rename; what is replaced is of the same kind, directory or not, another
 * inode, and neither lies on the other's way to the root.  The locks of both inodes are the file system's to take.
 */
struct inode_ops {
	int  (*lookup)(struct inode *dir, const char *name, unsigned len, struct inode **out);  /* -ENOENT */
	int  (*create)(struct inode *dir, const char *name, unsigned len, uint32_t mode, struct inode **out);
	int  (*link)  (struct inode *dir, const char *name, unsigned len, struct inode *target);
	int  (*unlink)(struct inode *dir, const char *name, unsigned len, struct inode *target);
	int  (*mkdir) (struct inode *dir, const char *name, unsigned len, uint32_t mode, struct inode **out);
	int  (*rmdir) (struct inode *dir, const char *name, unsigned len, struct inode *target);        /* -ENOTEMPTY */
	int  (*symlink)(struct inode *dir, const char *name, unsigned len, const char *text, unsigned size,
	                struct inode **out);
	int  (*rename)(const struct rename_end *from, const struct rename_end *to);
	int  (*readdir)(struct inode *dir, loff_t *pos,
	                bool (*emit)(void *ctx, const char *name, unsigned len, uint32_t ino, unsigned type), void *ctx);
	int  (*readlink)(struct inode *i, char *to, unsigned size);                             /* length */
	int  (*truncate)(struct inode *i, loff_t size);         /* inode lock held; size, cache and blocks */
	/* From page @at on, how many, @max at most, are all holes or all none: a page that is dirty is none, it has its
	 * place.  NULL: no holes. */
	int  (*stretch)(struct inode *i, pgoff_t at, uint32_t max, bool *hole);
	int  (*sync)(struct inode *i, bool datasync);           /* metadata needed to reach the data, and wait; flush the device.  No locks held */
	/* For O_DIRECT; NULL: no such thing.  Inode lock held.  What EXTENT_MAKE placed has the disk's old content until it is
	 * written, so only pages past the end are.  trim: those that were not written after all go again. */
	int  (*extent)(struct inode *i, pgoff_t first, unsigned n, enum extent_how how, struct extent *out);
	void (*trim)(struct inode *i);
	int  (*write_inode)(struct inode *i);                   /* copy the inode into its metadata block, dirty.  Inode lock held */
	void (*destroy)(struct inode *i);                       /* no links, no references: free blocks and number.  No locks held */
	void (*forget)(struct inode *i);                        /* leaves memory: free i->private */
};

struct inode {
	atomic_t                refs;
	uint32_t                ino;
	uint32_t                mode;           /* [lock]                                             */
	uint32_t                nlink;          /* [lock]                                             */
	uint32_t                uid, gid;
	uint32_t                atime, mtime, ctime;    /* seconds since 1970        [lock]           */
	uint32_t                blocks;         /* 512-byte units, as st_blocks      [map lock]       */
	uint32_t                rdev;           /* device files: major << 8 | minor                   */
	struct fs              *fs;
	const struct inode_ops *ops;
	const struct file_ops  *fops;           /* what open() gives its files                        */
	void                   *private;        /* the file system's                                  */
	struct mapping          mapping;        /* the file's pages and size                          */
	struct mutex            lock;           /* size changes, directory content, attributes        */
	bool                    dirty;          /* differs from its metadata block   [lock]           */
	atomic_t                writers;        /* open for writing; < 0: running programs (ETXTBSY) [attr.c] */
	uint32_t                state;          /* INODE_*, see inode.c               [table lock]    */
	struct list             hash, lru;      /* [inode table lock]                                 */
};

/* Generic sizes in statfs(2)'s terms. */
struct fs_usage { uint32_t block_size, blocks, blocks_free, inodes, inodes_free; };

/* Door: one mounted file system. */
struct fs_ops {
	int  (*read_inode)(struct inode *i);    /* fill in everything from the disk; -EIO, -ESTALE-like -> -EIO */
	void (*usage)(struct fs *fs, struct fs_usage *u);
	int  (*sync)(struct fs *fs);            /* superblock, groups: all metadata, and wait; flush the device */
	int  (*unmount)(struct fs *fs);         /* after the last sync: leave the disk in order; it is read-only by now */
};

struct fs {
	const char          *type;
	const struct fs_ops *ops;
	void                *private;
	struct inode        *root;
	struct inode        *covered;           /* the directory it is mounted on; NULL for the root file system */
	bool                 read_only;
	loff_t               max_size;          /* of a file, bytes; 0: no limit of its own */
	struct mutex         rename;            /* no directory changes its place or goes but under it */
};

void inode_init(void);

/* Lock two inodes, or one that is given twice; @b may be NULL. */
void inode_lock_two(struct inode *a, struct inode *b);
void inode_unlock_two(struct inode *a, struct inode *b);

/* The inode @ino of @fs with a reference, read if need be.  0, -EIO, -ENOMEM.  Sleeps. */
must_check int inode_get(struct fs *fs, uint32_t ino, struct inode **out);
/* A new one that is not on the disk yet: filled in by the caller, then inode_insert()ed.  NULL: no memory.
 * inode_put() of one that was not inserted merely frees it. */
struct inode *inode_alloc(struct fs *fs, uint32_t ino);
/* Let inode_get() find it.  0, or -EUCLEAN when the number is in use: only a damaged disk brings that about. */
int inode_insert(struct inode *i);

static inline void inode_hold(struct inode *i)
{
	atomic_inc(&i->refs);
}

/* Give up a reference.  May sleep and, for a file without links, destroy it: no locks held. */
void inode_put(struct inode *i);

/* Mark changed attributes; written by write_inode at sync or when the inode leaves memory. */
void inode_dirty(struct inode *i);
/* Write one dirty inode into its metadata block.  Takes the inode lock.  0, -EIO, -ENOMEM. */
int  inode_write(struct inode *i);
/* Write every dirty inode into its metadata block. */
int  inode_sync_all(void);
/* Drop unused inodes until @keep are left, those with nothing to write only: no I/O.  Returns how many went. */
unsigned inode_shrink(unsigned keep);
/* Show every inode in memory to @look, under the table's lock: it must not sleep. */
void inode_for_each(void (*look)(const struct inode *i, void *ctx), void *ctx);

unsigned inode_count(void);             /* inodes that somebody uses                  */
unsigned inode_count_unused(void);      /* and those that are merely kept in memory   */

/* Seconds since 1970, for time stamps: as of the last tick, so time(2) may already be one further for 10 ms. */
uint32_t inode_now(void);
/* Set size, cached pages and blocks; stamps mtime and ctime.  Takes the inode lock.  0, -EINVAL, -EFBIG, -EPERM,
 * -EROFS or what the file system says. */
must_check int inode_truncate(struct inode *i, loff_t size);

/*
 * Set attributes; each stamps ctime.  They take the inode lock.  0 or -EROFS.
 * Of the mode: the permission bits.  An owner or group of INODE_KEEP stays, and so does a time that is NULL.
 */
#define INODE_KEEP UINT32_MAX
must_check int inode_set_mode(struct inode *i, uint32_t mode);
must_check int inode_set_owner(struct inode *i, uint32_t uid, uint32_t gid);
must_check int inode_set_times(struct inode *i, const uint32_t *atime, const uint32_t *mtime);

/* A file that runs is not written, and one that is open for writing does not run.  0, or -ETXTBSY. */
must_check int inode_begin_write(struct inode *i);      /* one more opened it for writing */
void inode_end_write(struct inode *i);
must_check int inode_deny_write(struct inode *i);       /* one more runs it */
void inode_allow_write(struct inode *i);

/* The file whose pages these are.  Not of mappings that are in memory only, or a device's. */
static inline struct inode *mapping_inode(struct mapping *m)
{
	return container_of(m, struct inode, mapping);
}

static inline bool inode_is(const struct inode *i, uint32_t type)
{
	return (i->mode & S_IFMT) == type;
}

#endif
