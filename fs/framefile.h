/*
 * /proc/magpie/frames: a letter for each frame of memory, as mm/phys/frame.h has them, and nothing else.
 *
 * Floor 6.
 */
#ifndef FS_FRAMEFILE_H
#define FS_FRAMEFILE_H

#include "fs/file.h"

extern const struct file_ops frames_fops;

#endif
