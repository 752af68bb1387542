/*
 * /dev: null, zero, console, tty and the disk.
 *
 * Floor 6.
 */
#ifndef FS_DEVFS_H
#define FS_DEVFS_H

#include "kernel/lib/check.h"

struct bdev;

/* Mount it on /dev; @disk is there under its device's name.  0 or -errno. */
must_check int devfs_mount(struct bdev *disk);

#endif
