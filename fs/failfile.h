/*
 * /proc/magpie/fail and `fail=` on the command line: let something go wrong, once.
 *
 *      alloc N         the N-th frame that anybody asks for is refused
 *      read N          the N-th read request of a disk fails with EIO (write N: the same of writes)
 *      slow N US       the N-th request of the ramdisk, read or write, takes US microseconds
 *
 * N counts from 1, from now on; 0 takes the order back.  On the command line with colons, `fail=read:3`, and counted
 * from the moment when process 1 starts.  What has happened is counted: `injected`.
 *
 * Floor 6.
 */
#ifndef FS_FAILFILE_H
#define FS_FAILFILE_H

#include "fs/file.h"

extern const struct file_ops fail_fops;

/* Do what the command line says; once, before the first process. */
void fail_start(void);

#endif
