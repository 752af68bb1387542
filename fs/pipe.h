/*
 * Pipes: bytes on their way from one process to another.
 *
 * Floor 6.  Read next: pipe.c
 */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include "fs/file.h"

#define PIPE_BUF PAGE_SIZE              /* so many bytes of one write stay together */

/*
 * A new pipe: *@reader gives what is written to *@writer.  @flags: O_NONBLOCK or 0, for both.
 * Sleeps.  Owns: a reference to each is the caller's.  Returns: 0, -ENOMEM.  [POSIX pipe]
 */
must_check int pipe_create(uint32_t flags, struct file **reader, struct file **writer);

#endif
