/*
 * direct.h: O_DIRECT and splice, made of the four calls.
 *
 * Floor: user space.  [LT 2002-05-11] says that the four calls make both
 * unnecessary; here is how.  Nothing below calls read(2), and write(2) only
 * where less than a page is to be copied.
 *
 * MANUAL
 *
 * direct_read(fd, buf, len, offset)
 * direct_write(fd, buf, len, offset)
 *	As pread(2) and pwrite(2) with O_DIRECT: buf, len and offset are
 *	multiples of 4096, else EINVAL; what was read is a picture of the
 *	file that later writes do not change; what was written is on the
 *	disk, and the buffer still holds it; the page cache is left without
 *	the pages; a read past the end gives 0, one that meets it is short.
 *	A page that cannot be read ends a read there, with EIO if it was the
 *	first.
 *	What differs: buf must be private memory (what is shared with others
 *	under that address would not be any more), nobody else may handle
 *	SIGBUS meanwhile, and direct_write() leaves data durable, which is
 *	more than O_DIRECT does.
 *	A descriptor that is only open for writing costs direct_write() a
 *	copy, for it cannot map back what it has moved.
 *
 * splice_file(in, in_offset, out, out_offset, len)
 *	Move up to len bytes from file to file, offsets multiples of 4096.
 *	Only for files: EINVAL if either is a pipe, a terminal, a socket.
 *	Returns the bytes moved, 0 at the end of in.
 */
#ifndef DIRECT_H
#define DIRECT_H

#include "magpie.h"

ssize_t direct_read(int fd, void *buf, size_t len, off_t offset);
ssize_t direct_write(int fd, void *buf, size_t len, off_t offset);
ssize_t splice_file(int in, off_t in_offset, int out, off_t out_offset,
		    size_t len);

#endif
