/*
 * One mounted ext2 in memory, and what its parts offer each other; nobody else includes this.
 *
 *      mount.c     mounting, sync, unmounting    super.c     what is believed of the superblock
 *                                                map.c       block of a file --> blocks of the disk
 *      group.c     group descriptors             grow.c      the same, allocating
 *      alloc.c     blocks                        truncate.c  the way back
 *      ialloc.c    inode numbers                 io.c        mapping_ops: pages to runs of blocks
 *      inode.c     one inode, from the disk      dir.c       entries: look, list
 *      store.c     to the disk, and away         entry.c     entries: add, change, remove
 *      orphan.c    no name, but still in use     create.c    new files, links, directories
 *      xattr.c     shared attribute blocks       names.c     names that come and go; rename.c
 *
 * Trust: super.c checks the superblock and every group descriptor once, at mount.  Every block number from
 * an inode or an indirect block goes through ext2_blocks_ok() before it is used, every directory entry
 * through dir.c's check, every inode through inode.c's.  What fails is -EIO for its object and one line in
 * the log, by way of ext2_corrupt().
 *
 * Locks: directories before files (two directories only under fs->rename), then the node's map_lock, then alloc_lock (kernel/lock.h).
 *
 * Floor 6.
 */
#ifndef FS_EXT2_VOLUME_H
#define FS_EXT2_VOLUME_H

#include "fs/bdev.h"
#include "fs/ext2/ext2.h"
#include "fs/inode.h"

/* 4 KiB blocks: a block is a page.  Other sizes are refused at mount. */
#define EXT2_BLOCK_SHIFT   PAGE_SHIFT
#define EXT2_BLOCK_SIZE    PAGE_SIZE
#define EXT2_BLOCK_SECTORS PAGE_SECTORS         /* i_blocks and the block layer count in sectors */
#define EXT2_BITS          (EXT2_BLOCK_SIZE * 8)        /* of a bitmap: most that a group can have */
#define EXT2_PTR_SHIFT     (EXT2_BLOCK_SHIFT - 2)
#define EXT2_PTRS          (1u << EXT2_PTR_SHIFT)       /* block numbers in an indirect block */
#define EXT2_GROUPS_BLOCK  (EXT2_BLOCK_SIZE / sizeof(struct ext2_group))

struct ext2 {                                   /* read-only after mount, but for [..] */
	struct fs          fs;
	struct bdev       *bdev;
	uint32_t           blocks, inodes;      /* how many there are */
	uint32_t           groups, blocks_per_group, inodes_per_group;
	uint32_t           inode_size, first_ino;
	bool               has_types;           /* EXT2_INCOMPAT_FILETYPE */
	bool               has_large;           /* EXT2_RO_COMPAT_LARGE_FILE [alloc lock] */
	bool               damaged;             /* an inconsistency was met; only ever set */
	const char        *said;                /* what the log has heard last, and of which inode */
	uint32_t           said_of;
	bool               writable;            /* mounted so; fs.read_only may have become true since */
	bool               was_clean;           /* the disk said so when it was mounted */
	bool               freeing_orphans;     /* at mount: inodes without links may be read */
	struct list        orphans;             /* nodes, the newest first: s_last_orphan [alloc lock] */
	struct mutex       alloc_lock;          /* bitmaps, and the counts in groups and superblock */
	struct frame      *super_frame;         /* held as long as mounted */
	struct ext2_super *super;               /* inside it [alloc lock] */
	uint32_t           group_blocks;        /* the descriptor table: blocks 1 .. group_blocks */
	struct frame     **group_frame;         /* each of them, held [alloc lock] */
};

struct ext2_node {                              /* inode.private */
	struct mutex map_lock;
	uint32_t     block[EXT2_SLOTS];         /* as on disk                                     [map lock] */
	uint32_t     goal;                      /* where the next block should be; 0 = anywhere   [map lock] */
	uint32_t     flags;                     /* EXT2_FL_*                                    [inode.lock] */
	uint32_t     file_acl;                  /* attribute block, or 0 */
	bool         mapped;                    /* block[] are block numbers, not text */
	bool         surplus;                   /* there may be blocks past the end               [inode.lock] */
	struct ext2_known *known;               /* of a directory: names found in it, or NULL           [inode.lock] */
	struct list  orphan;                    /* in ext2.orphans                                [alloc lock] */
	struct frame      *orphan_frame;        /* held while it is there: the inode's own block, and in it */
	struct ext2_inode *orphan_raw;          /* the inode, whose dtime is the number of the next one     */
};

static inline struct ext2 *ext2_of(const struct inode *i)
{
	return i->fs->private;
}

static inline struct ext2_node *ext2_node(const struct inode *i)
{
	return i->private;
}

/* ---- super.c ---- */
int  ext2_refuse(const struct ext2 *e, int error, const char *what, uint32_t number);
must_check int ext2_super_check(struct ext2 *e, bool *read_only);
int  ext2_corrupt(struct ext2 *e, uint32_t ino, const char *what, uint32_t number);     /* logs; -EIO */
void ext2_super_changed(struct ext2 *e);                /* alloc lock held */

/* ---- group.c ---- */
must_check int ext2_groups_read(struct ext2 *e);        /* mount: hold and check every descriptor */
void ext2_groups_put(struct ext2 *e);
struct ext2_group *ext2_group(struct ext2 *e, uint32_t g);
void ext2_group_changed(struct ext2 *e, uint32_t g);    /* alloc lock held */
bool ext2_blocks_ok(struct ext2 *e, uint32_t first, uint32_t n);

static inline uint32_t ext2_group_first(const struct ext2 *e, uint32_t g)
{
	return g * e->blocks_per_group;         /* with 4 KiB blocks the first group begins at block 0 */
}

/* The blocks that group @g has: the last one may have fewer. */
static inline uint32_t ext2_group_size(const struct ext2 *e, uint32_t g)
{
	return MIN(e->blocks_per_group, e->blocks - ext2_group_first(e, g));
}

/* ---- alloc.c, ialloc.c ---- */
must_check int ext2_alloc_blocks(struct ext2 *e, uint32_t goal, uint32_t want, uint32_t *first);
int  ext2_free_blocks(struct ext2 *e, uint32_t first, uint32_t n);
must_check int ext2_alloc_ino(struct ext2 *e, uint32_t near, uint32_t mode, uint32_t *ino);
int  ext2_free_ino(struct ext2 *e, uint32_t ino, uint32_t mode);

/* ---- map.c, grow.c, truncate.c ---- */

/*
 * The way to a block of a file: array[0] is the inode's own, array[k] what array[k - 1][slot[k - 1]] leads to.
 * The last one, array[depth - 1], holds the block's number, if found == depth.
 */
struct ext2_path {
	uint32_t      block;            /* of the file */
	unsigned      depth, found;     /* arrays there should be, arrays there are */
	uint32_t      slot[4];
	uint32_t     *array[4];
	struct frame *frame[4];         /* referenced; [0] NULL */
};

must_check int ext2_path_begin(struct inode *i, uint32_t block, struct ext2_path *p);
void ext2_path_end(struct ext2_path *p);
must_check int ext2_path_run(struct inode *i, const struct ext2_path *p, uint32_t max, uint32_t *first);
must_check int ext2_indirect(struct inode *i, uint32_t block, struct frame **out);

must_check int ext2_map(struct inode *i, uint32_t block, uint32_t max, uint32_t *first);
must_check int ext2_stretch(struct inode *i, pgoff_t block, uint32_t max, bool *hole);
must_check int ext2_map_alloc(struct inode *i, uint32_t block, uint32_t max, bool named, uint32_t *first);
void ext2_charge(struct inode *i, uint32_t n);
void ext2_uncharge(struct inode *i, uint32_t n);
must_check int ext2_append(struct inode *i, struct frame *f, loff_t size);
loff_t ext2_max_size(void);

int  ext2_truncate(struct inode *i, loff_t size);
int  ext2_free_from(struct inode *i, uint32_t from);
must_check int ext2_free_surplus(struct inode *i);

/* ---- inode.c, store.c, xattr.c ---- */
must_check int ext2_raw_get(struct ext2 *e, uint32_t ino, struct frame **f, struct ext2_inode **raw);
int  ext2_read_inode(struct inode *i);
int  ext2_write_inode(struct inode *i);
void ext2_destroy(struct inode *i);
void ext2_forget(struct inode *i);
int  ext2_sync_inode(struct inode *i, bool datasync);
void ext2_fill_raw(struct inode *i, struct ext2_inode *raw);
must_check int ext2_node_new(struct inode *i);
void ext2_set_ops(struct inode *i);
int  ext2_readlink(struct inode *i, char *to, unsigned size);
must_check int ext2_attributes_drop(struct inode *i);

/* ---- orphan.c ---- */
must_check int ext2_drop_begin(struct inode *i);
void ext2_drop_link(struct inode *i);
void ext2_orphan_remove(struct inode *i, uint32_t dtime);
void ext2_orphan_leave(struct inode *i);
void ext2_orphans_free(struct ext2 *e);

/* ---- extent.c ---- */
int  ext2_extent(struct inode *i, pgoff_t first, unsigned n, enum extent_how how, struct extent *out);
void ext2_trim(struct inode *i);

/* ---- io.c ---- */
extern const struct mapping_ops ext2_mapping_ops;

/* ---- known.c ---- */
struct ext2_known;
uint32_t ext2_known_find(const struct inode *dir, const char *name, unsigned len);
void ext2_known_add(struct inode *dir, const char *name, unsigned len, uint32_t ino);
void ext2_known_forget(struct inode *dir);

/* ---- dir.c, entry.c ---- */

/* One entry of a directory, found by walking. */
struct ext2_cursor {
	struct inode       *dir;
	struct frame       *frame;      /* the block, referenced; NULL = none held          */
	uint32_t            block;      /* which one                                         */
	uint32_t            at, next;   /* offsets in it: of the entry, of the one after     */
	struct ext2_dirent *entry;
	struct ext2_dirent *before;     /* the one before in the same block, or NULL         */
};

void ext2_cursor_begin(struct ext2_cursor *c, struct inode *dir, uint32_t block);
must_check int ext2_cursor_next(struct ext2_cursor *c);
void ext2_cursor_end(struct ext2_cursor *c);
must_check int ext2_dir_find(struct inode *dir, const char *name, unsigned len, struct ext2_cursor *c);
int  ext2_readdir(struct inode *dir, loff_t *pos,
                  bool (*emit)(void *ctx, const char *name, unsigned len, uint32_t ino, unsigned type),
                  void *ctx);

must_check int ext2_dir_add(struct inode *dir, const char *name, unsigned len, const struct inode *target);
void ext2_dir_remove(struct ext2_cursor *c);
void ext2_dir_replace(struct ext2_cursor *c, const struct inode *target);
must_check int ext2_dir_begin(struct inode *dir, const struct inode *parent);
must_check int ext2_dir_empty(struct inode *dir);

/* The bytes that an entry with a name of @len takes [ext2 §4.1]. */
static inline uint32_t ext2_record(unsigned len)
{
	return (sizeof(struct ext2_dirent) + len + 3) & ~3u;
}

/* ---- create.c, names.c, rename.c: inode_ops ---- */
int  ext2_create(struct inode *dir, const char *name, unsigned len, uint32_t mode, struct inode **out);
int  ext2_mkdir(struct inode *dir, const char *name, unsigned len, uint32_t mode, struct inode **out);
int  ext2_symlink(struct inode *dir, const char *name, unsigned len, const char *text, unsigned size,
                  struct inode **out);
int  ext2_lookup(struct inode *dir, const char *name, unsigned len, struct inode **out);
int  ext2_link(struct inode *dir, const char *name, unsigned len, struct inode *target);
int  ext2_unlink(struct inode *dir, const char *name, unsigned len, struct inode *target);
int  ext2_rmdir(struct inode *dir, const char *name, unsigned len, struct inode *target);
int  ext2_rename(const struct rename_end *from, const struct rename_end *to);
void ext2_parent_gains(struct inode *dir);
void ext2_parent_loses(struct inode *dir);

#endif
