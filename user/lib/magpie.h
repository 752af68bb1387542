/*
 * magpie.h: Magpie's four calls as ordinary C functions.
 *
 * Floor: user space; needs a libc with a 64-bit off_t and nothing else.
 * Read next: user/bin/mcp.c, which copies a file with them.
 *
 * MANUAL
 *
 * A copy that no byte takes part in [LT 2002-05-11]:
 *
 *	readahead(in, 0, size);            start reading, do not wait
 *	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
 *	         MAP_PRIVATE | MAP_UNCACHED, in, 0);
 *	mwrite(out, p, size);              the pages themselves move
 *	fdatasync_area(out, 0, size);      on disk when this returns
 *
 * readahead(fd, offset, count)
 *	Starts reading [offset, offset + count) of a regular file into the
 *	page cache and returns.  The size is a hint and may be cut; the file
 *	position does not move; errors of the device are left to whoever
 *	reads the data.  EBADF: not open for reading.  EINVAL: not a file.
 *
 * mmap(..., MAP_PRIVATE | MAP_UNCACHED, fd, offset)
 *	A private file mapping, with one difference: a page that is touched
 *	leaves the page cache and becomes the mapping's own, if it is clean
 *	and nobody else uses it.  Otherwise it is copied, as in any private
 *	mapping.  "Uncached" is about the *page cache*: it has nothing to do
 *	with the processor's PCD bit, and the memory is ordinary memory.
 *	The call sets up nothing but the mapping: no page table, no wait.
 *	EINVAL: without MAP_PRIVATE, or anonymous.
 *
 * mwrite(fd, addr, len)
 *	Like write(2) at the file position, but the pages of [addr, addr +
 *	len) become the file's pages.  What was touched is taken out of the
 *	page table; what was not is taken from what stands behind the
 *	mapping, without a fault.  Only a page that is in use elsewhere is
 *	copied.  A later touch of the range finds what stands behind it
 *	again: zeros, or the file.  addr, len and the position are multiples
 *	of 4096; the last page of a file that is no multiple ends in zeros,
 *	and ftruncate(2) cuts them off.
 *	Returns the bytes moved, which may be fewer (no room, an I/O error);
 *	the next call then gives the error.  EINVAL: alignment, or not a
 *	regular file.  EBADF: not open for writing.  EFAULT: the range is
 *	not wholly mapped.  ENOSPC, EFBIG, EIO: as in write(2).  In each
 *	case every page is where it was.
 *
 * fdatasync_area(fd, offset, len)
 *	Returns when [offset, offset + len) would survive a power cut:
 *	data, size, and the blocks that lead to it, with the write cache of
 *	the device flushed.  Pages outside may stay dirty.  len 0: to the
 *	end of the file.
 */
#ifndef MAGPIE_H
#define MAGPIE_H

#include <stddef.h>
#include <sys/mman.h>
#include <sys/types.h>

_Static_assert(sizeof(off_t) == 8, "compile with -D_FILE_OFFSET_BITS=64");

/* The size and alignment of everything that moves. */
#define MAGPIE_PAGE 4096

/* What one entry of the page directory covers: the unit of "untouched". */
#define MAGPIE_TABLE_SPAN 0x400000

/* For mmap(), together with MAP_PRIVATE and a file. */
#define MAP_UNCACHED 0x01000000

ssize_t readahead(int fd, off_t offset, size_t count);
ssize_t mwrite(int fd, void *addr, size_t len);
int fdatasync_area(int fd, off_t offset, off_t len);

/*
 * FOR TESTS AND TOOLS
 *
 * Where is a page?  The answers are frame numbers (physical address / 4096)
 * so that "the same frame before and after" can be said and checked.
 */

/* Bits of page_state(). */
#define PAGE_UPTODATE	1	/* holds what the file holds */
#define PAGE_DIRTY	2	/* newer than the disk */
#define PAGE_WRITEBACK	4	/* on its way to the disk */
#define PAGE_LOCKED	8	/* being read, or otherwise busy */
#define PAGE_MAPPED	16	/* in somebody's page table */

long page_of_file(int fd, unsigned long index);
long page_of_address(const void *addr);
long page_state(int fd, unsigned long index);
long page_table_at(const void *addr);
long drop_cached_pages(int fd);

#endif
