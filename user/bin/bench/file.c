/*
 * file.c: the files that are copied, moved to and read while it is measured.
 *
 * Floor: user space.  Read next: copy.c.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <err.h>
#include <fcntl.h>
#include <unistd.h>

/*
 * A file of @size bytes, whole pages, no two of them alike; on the disk.
 * Returns: it, open at its start.
 */
int file_make(const char *path, off_t size)
{
	static uint32_t page[PAGE / 4];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		err(1, "%s", path);
	for (off_t at = 0; at < size; at += PAGE) {
		for (uint32_t i = 0; i < PAGE / 4; i++)
			page[i] = (uint32_t)at + i * 2654435761u;
		if (write(fd, page, PAGE) != PAGE)
			err(1, "%s", path);
	}
	if (fsync(fd) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		err(1, "%s", path);
	return fd;
}
