/*
 * The second extended file system: what is on the disk.
 *
 *      block 0      1 ..                                        blocks_per_group ..
 *      +----------+------------------+--------+--------+-------------+------+---+-----------
 *      | super    | group            | block  | inode  | inode table | data |   | copy of super,
 *      | at 1,024 | descriptors      | bitmap | bitmap |             |      |   | bitmaps, ...
 *      +----------+------------------+--------+--------+-------------+------+---+-----------
 *       group 0                                                              group 1
 *
 * Numbers are little-endian, as the processor's are, so the structures are used in place.  Nothing that
 * comes from the disk is trusted: see volume.h for who checks what.
 *
 * Floor 6.  Read next: volume.h
 */
#ifndef FS_EXT2_EXT2_H
#define FS_EXT2_EXT2_H

#include "kernel/lib/check.h"
#include "kernel/lib/types.h"

struct bdev;
struct fs;

/*
 * Mount what is on @b.  @read_only, a read-only device or features that demand it make it read-only.
 *
 * Sleeps.
 * Owns:    *@out, and its root inode, live as long as the machine runs: unmounting is for its end.
 * Returns: 0; -EINVAL when there is no ext2, or one of a kind that Magpie does not know; -EUCLEAN when its
 *          numbers do not fit together; -EBUSY when it is mounted already; -EIO; -ENOMEM.  The log says why.
 */
must_check int ext2_mount(struct bdev *b, bool read_only, struct fs **out);

enum {
	EXT2_MAGIC      = 0xEF53,
	EXT2_SUPER_AT   = 1024,         /* byte offset on the device, whatever the block size [ext2 §3.1] */
	EXT2_ROOT_INO   = 2,
	EXT2_FIRST_INO  = 11,           /* first that is not reserved, in revision 0 */
	EXT2_INODE_SIZE = 128,          /* in revision 0; later ones may have more */
	EXT2_NAME_MAX   = 255,
	EXT2_LINK_MAX   = 32000,        /* names of a file, and subdirectories of a directory */
};

struct ext2_super {                     /* [ext2 §3.1] */
	uint32_t inodes_count;
	uint32_t blocks_count;
	uint32_t r_blocks_count;        /* reserved for the superuser: not honoured, everybody is one */
	uint32_t free_blocks_count;
	uint32_t free_inodes_count;
	uint32_t first_data_block;      /* where group 0 begins: 1 with 1 KiB blocks, else 0 */
	uint32_t log_block_size;        /* 1 KiB << this */
	uint32_t log_frag_size;
	uint32_t blocks_per_group;
	uint32_t frags_per_group;
	uint32_t inodes_per_group;
	uint32_t mtime, wtime;
	uint16_t mnt_count, max_mnt_count;
	uint16_t magic;
	uint16_t state;                 /* EXT2_STATE_* */
	uint16_t errors;                /* EXT2_ERRORS_* */
	uint16_t minor_rev_level;
	uint32_t lastcheck, checkinterval;
	uint32_t creator_os;
	uint32_t rev_level;             /* 0: what follows is not there */
	uint16_t def_resuid, def_resgid;
	uint32_t first_ino;
	uint16_t inode_size;
	uint16_t block_group_nr;        /* which copy this is */
	uint32_t feature_compat;
	uint32_t feature_incompat;
	uint32_t feature_ro_compat;
	uint8_t  uuid[16];
	char     volume_name[16];
	char     last_mounted[64];
	uint32_t algo_bitmap;
	uint8_t  prealloc_blocks, prealloc_dir_blocks;
	uint16_t reserved_gdt_blocks;   /* with EXT2_COMPAT_RESIZE_INODE: kept free for more descriptors */
	uint8_t  journal_uuid[16];
	uint32_t journal_inum, journal_dev;
	uint32_t last_orphan;           /* inode without links, but in use when this was written; 0: none */
	uint32_t hash_seed[4];
	uint8_t  def_hash_version;
	uint8_t  reserved[3];
	uint32_t default_mount_opts;
	uint32_t first_meta_bg;
	uint8_t  rest[760];
};

_Static_assert(sizeof(struct ext2_super) == 1024, "[ext2 §3.1]");
_Static_assert(offsetof(struct ext2_super, magic) == 56, "[ext2 §3.1]");
_Static_assert(offsetof(struct ext2_super, rev_level) == 76, "[ext2 §3.1]");
_Static_assert(offsetof(struct ext2_super, feature_compat) == 92, "[ext2 §3.1]");
_Static_assert(offsetof(struct ext2_super, reserved_gdt_blocks) == 206, "[ext2 §3.1]");
_Static_assert(offsetof(struct ext2_super, last_orphan) == 232, "[ext2 §3.1]");
_Static_assert(offsetof(struct ext2_super, rest) == 264, "[ext2 §3.1]");

enum { EXT2_STATE_VALID = 1, EXT2_STATE_ERROR = 2 };
enum { EXT2_ERRORS_CONTINUE = 1, EXT2_ERRORS_RO = 2, EXT2_ERRORS_PANIC = 3 };

/*
 * Features [ext2 §3.1].  Three words, three promises: a system that does not know a bit may still
 *      compat      read and write       ro_compat   read       incompat    not touch it
 */
enum {
	EXT2_COMPAT_RESIZE_INODE    = 0x10,
	EXT2_RO_COMPAT_SPARSE_SUPER = 0x01,     /* copies of the superblock in groups 0, 1, powers of 3, 5, 7 */
	EXT2_RO_COMPAT_LARGE_FILE   = 0x02,     /* some file is 2 GiB or more: size has 64 bits */
	EXT2_INCOMPAT_FILETYPE      = 0x02,     /* directory entries say what they name */
	EXT2_INCOMPAT_RECOVER       = 0x04,     /* the journal holds what the disk does not */

	EXT2_RO_COMPAT_KNOWN = EXT2_RO_COMPAT_SPARSE_SUPER | EXT2_RO_COMPAT_LARGE_FILE,
	EXT2_INCOMPAT_KNOWN  = EXT2_INCOMPAT_FILETYPE,
};

struct ext2_group {                     /* [ext2 §3.2] */
	uint32_t block_bitmap;          /* block numbers */
	uint32_t inode_bitmap;
	uint32_t inode_table;
	uint16_t free_blocks_count;
	uint16_t free_inodes_count;
	uint16_t used_dirs_count;
	uint16_t pad;
	uint8_t  reserved[12];
};

_Static_assert(sizeof(struct ext2_group) == 32, "[ext2 §3.2]");

/*
 *      block[0..11]  direct   [12] ──▶ 1,024 numbers   [13] ──▶ 1,024 ──▶ 1,024   [14] ──▶ ──▶ ──▶
 */
enum { EXT2_DIRECT = 12, EXT2_SLOTS = 15 };

struct ext2_inode {                     /* [ext2 §3.5] */
	uint16_t mode;
	uint16_t uid;
	uint32_t size;
	uint32_t atime, ctime, mtime;
	uint32_t dtime;                 /* when it was deleted; of an orphan: number of the next */
	uint16_t gid;
	uint16_t links_count;
	uint32_t blocks;                /* of 512 bytes, indirect ones included */
	uint32_t flags;                 /* EXT2_FL_* */
	uint32_t osd1;
	uint32_t block[EXT2_SLOTS];     /* a short symbolic link's text; a device's number */
	uint32_t generation;
	uint32_t file_acl;              /* block of extended attributes */
	uint32_t size_high;             /* regular files; dir_acl of old */
	uint32_t faddr;
	uint8_t  frag, fsize;
	uint16_t pad;
	uint16_t uid_high, gid_high;
	uint32_t reserved;
};

_Static_assert(sizeof(struct ext2_inode) == EXT2_INODE_SIZE, "[ext2 §3.5]");
_Static_assert(offsetof(struct ext2_inode, dtime) == 20, "[ext2 §3.5]");
_Static_assert(offsetof(struct ext2_inode, block) == 40, "[ext2 §3.5]");
_Static_assert(offsetof(struct ext2_inode, size_high) == 108, "[ext2 §3.5]");

enum {
	EXT2_FL_INDEX   = 0x00001000,   /* directory with a hash tree, hidden in blocks that look empty [ext2 §4.2] */
	EXT2_FL_EXTENTS = 0x00080000,   /* block[] is something else: never with the features that we mount */
};

struct ext2_dirent {                    /* [ext2 §4.1] */
	uint32_t ino;                   /* 0: unused */
	uint16_t rec_len;               /* to the next one, in the same block; a multiple of 4 */
	uint8_t  name_len;
	uint8_t  file_type;             /* with EXT2_INCOMPAT_FILETYPE, else the high byte of name_len */
	char     name[];
};

_Static_assert(sizeof(struct ext2_dirent) == 8, "[ext2 §4.1]");

enum {                                  /* file_type */
	EXT2_FT_UNKNOWN, EXT2_FT_REG, EXT2_FT_DIR, EXT2_FT_CHR, EXT2_FT_BLK, EXT2_FT_FIFO, EXT2_FT_SOCK,
	EXT2_FT_LNK, EXT2_FT_COUNT,
};

#endif
