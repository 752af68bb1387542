/*
 * /proc/magpie/trace and trace_on, as files.
 *
 * Floor 6.
 */
#ifndef FS_TRACEFILE_H
#define FS_TRACEFILE_H

#include "fs/file.h"

extern const struct file_ops trace_fops, trace_on_fops;

#endif
