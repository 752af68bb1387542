/*
 * /proc/magpie/crash: break the kernel on purpose.  `echo panic > /proc/magpie/crash`
 *
 * Floor 6.
 */
#ifndef FS_CRASHFILE_H
#define FS_CRASHFILE_H

#include "fs/file.h"

extern const struct file_ops crash_fops;

#endif
