/*
 * A file system in the test's memory, behind the same doors as ext2: for tests of what is above
 * the doors.
 *
 * Its disk is an array of blocks full of old data, so that a page that shows what nobody wrote is
 * noticed.  With `slow` transfers end only when somebody sleeps, oldest first or, with `backwards`,
 * newest first.
 */
#ifndef TESTS_HOST_FAKE_FS_H
#define TESTS_HOST_FAKE_FS_H

#include "fs/inode.h"

enum { FAKE_FS_INODES = 700, FAKE_FS_BLOCKS = 256, FAKE_FS_FILE = 192, FAKE_FS_OLD = 0xA5 };

struct fake_file {                      /* an inode on the disk */
	uint32_t mode, nlink;
	loff_t   size;
	uint32_t block[FAKE_FS_FILE];   /* 0: hole */
	char     link[64];              /* text of a symbolic link */
};

struct fake_entry { uint32_t dir, ino; char name[32]; };

extern struct fake_fs {
	struct fs         fs;
	struct fake_file  file[FAKE_FS_INODES];         /* by number; 1 is the root */
	struct fake_entry entry[FAKE_FS_INODES];
	unsigned          nentries;
	unsigned char     disk[FAKE_FS_BLOCKS][PAGE_SIZE];      /* block 0 is never used */
	bool              taken[FAKE_FS_BLOCKS];
	bool              slow, backwards;
	/* The n-th from now; 0 = none. */
	unsigned          fail_read_inode, fail_read, fail_write, fail_write_inode;
	unsigned          read_inodes, write_inodes, destroys, forgets, syncs, reads, writes;
} fake_fs;

/* Physical memory, inode table, an empty file system mounted nowhere: the start of a test. */
void fake_fs_start(void);
/* The end: 0 if nothing is used and nothing left, else a message and -1: a teardown's result. */
int fake_fs_end(void);

/* A new file on the disk, not in memory: named @name in directory number @dir.  Its number. */
uint32_t fake_fs_add(uint32_t dir, const char *name, uint32_t mode);
/* The same for a regular file of @size bytes: byte k is fake_fs_byte(ino, k). */
uint32_t fake_fs_add_file(uint32_t dir, const char *name, loff_t size);
unsigned char fake_fs_byte(uint32_t ino, loff_t at);
unsigned fake_fs_free_blocks(void);
/* Finish every transfer that is under way. */
void fake_fs_run(void);

#endif
