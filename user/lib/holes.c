/*
 * holes.c: see holes.h.
 *
 * Floor: user space.
 */
#define _GNU_SOURCE
#include "holes.h"

#include <errno.h>
#include <unistd.h>

/*
 * The next part of the file, from *@end on and before @size, that is not a
 * hole: [*@from, *@end).  What cannot be asked for holes has none.  The file
 * position moves.  [Linux lseek(2)]
 *
 * Returns: 1; 0 when the rest is a hole or nothing; -1 with errno.
 */
int next_data(int fd, off_t size, off_t *from, off_t *end)
{
	off_t at = *end;

	if (at >= size)
		return 0;
	*from = lseek(fd, at, SEEK_DATA);
	if (*from < 0 && errno == EINVAL) {
		*from = at;
		*end = size;
		return 1;
	}
	if (*from < 0)
		return errno == ENXIO ? 0 : -1;
	if (*from >= size)
		return 0;		/* it has grown since */
	at = lseek(fd, *from, SEEK_HOLE);
	if (at < 0)
		return -1;
	*end = at < size ? at : size;
	return 1;
}
