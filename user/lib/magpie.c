/*
 * magpie.c: the system calls behind magpie.h.
 *
 * Floor: user space.  A 64-bit offset travels as two registers, the low half
 * first, as all 64-bit arguments of the i386 ABI do [SysV i386].
 * Read next: kernel/sys/syscalls.tbl, the other end.
 */
#define _GNU_SOURCE
#include "magpie.h"

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	NR_READAHEAD = 225,		/* Linux's own number */
	NR_MWRITE = 600,
	NR_FDATASYNC_AREA = 601,
	NR_PAGE = 602,
};

enum page_query {
	QUERY_FILE, QUERY_ADDRESS, QUERY_STATE, QUERY_TABLE, QUERY_DROP,
};

static long low(off_t v)
{
	return (long)(uint32_t)v;
}

static long high(off_t v)
{
	return (long)(uint32_t)((uint64_t)v >> 32);
}

/*
 * Start reading a range into the page cache.
 * Returns: 0, or -1 with errno.
 */
ssize_t readahead(int fd, off_t offset, size_t count)
{
	return syscall(NR_READAHEAD, fd, low(offset), high(offset), count);
}

/*
 * Make the pages of [@addr, @addr + @len) pages of the file.
 * Owns:    after the call the range shows what stands behind the mapping.
 * Returns: bytes moved, or -1 with errno.
 */
ssize_t mwrite(int fd, void *addr, size_t len)
{
	return syscall(NR_MWRITE, fd, addr, len);
}

/*
 * Bring a range of the file to the disk, and what is needed to find it there.
 * Sleeps.
 * Returns: 0, or -1 with errno.
 */
int fdatasync_area(int fd, off_t offset, off_t len)
{
	return syscall(NR_FDATASYNC_AREA, fd, low(offset), high(offset),
		       low(len), high(len));
}

/*
 * Which frame holds page @index of the file in the page cache?
 * Returns: its number, 0 if the page is not cached, or -1 with errno.
 */
long page_of_file(int fd, unsigned long index)
{
	return syscall(NR_PAGE, QUERY_FILE, fd, index);
}

/*
 * Which frame does the page table have for @addr?
 * Returns: its number, 0 if there is none, or -1 with errno.
 */
long page_of_address(const void *addr)
{
	return syscall(NR_PAGE, QUERY_ADDRESS, addr, 0);
}

/*
 * In what state is page @index of the file?
 * Returns: PAGE_ bits, 0 if the page is not cached, or -1 with errno.
 */
long page_state(int fd, unsigned long index)
{
	return syscall(NR_PAGE, QUERY_STATE, fd, index);
}

/*
 * Is there a page table for the 4 MiB around @addr?
 * Returns: 1 or 0, or -1 with errno.
 */
long page_table_at(const void *addr)
{
	return syscall(NR_PAGE, QUERY_TABLE, addr, 0);
}

/*
 * Forget the clean, unused cached pages of the file, so that the next read is
 * a cold one.
 * Returns: how many were dropped, or -1 with errno.
 */
long drop_cached_pages(int fd)
{
	return syscall(NR_PAGE, QUERY_DROP, fd, 0);
}
