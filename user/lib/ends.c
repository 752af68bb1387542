/*
 * ends.c: see ends.h.
 *
 * Floor: user space.
 */
#include "ends.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "into.h"

static int open_in(struct ends *e, const char *src, struct stat *st);
static int open_out(struct ends *e, const char *dst);

/*
 * Open @src for reading and @dst for writing, made or emptied.  If @dst is a
 * directory, the copy goes into it under the name of the source.  Whether both
 * are one file is asked before the destination is emptied.
 *
 * Returns: 0, or -1 after a message, with nothing left open.
 */
int ends_open(struct ends *e, const char *src, const char *dst)
{
	struct stat in, out;

	if (open_in(e, src, &in) < 0)
		return -1;
	dst = into_path(src, dst);
	if (stat(dst, &out) == 0 && in.st_dev == out.st_dev
	    && in.st_ino == out.st_ino) {
		warnx("%s and %s are the same file", src, dst);
		close(e->in);
		return -1;
	}
	return open_out(e, dst);
}

/*
 * Close both.  An error of the destination is said here at the latest.
 * Returns: 0, or -1 after a message.
 */
int ends_close(struct ends *e, const char *dst)
{
	close(e->in);
	if (close(e->out) < 0) {
		warn("%s", dst);
		return -1;
	}
	return 0;
}

static int open_in(struct ends *e, const char *src, struct stat *st)
{
	e->in = open(src, O_RDONLY);
	if (e->in < 0 || fstat(e->in, st) < 0) {
		warn("%s", src);
		return -1;
	}
	if (S_ISDIR(st->st_mode)) {
		errno = EISDIR;
		warn("%s", src);
		close(e->in);
		return -1;
	}
	e->mode = st->st_mode;
	e->size = st->st_size;
	return 0;
}

static int open_out(struct ends *e, const char *dst)
{
	e->out = open(dst, O_WRONLY | O_CREAT | O_TRUNC, e->mode & 0777);
	if (e->out < 0) {
		warn("%s", dst);
		close(e->in);
		return -1;
	}
	return 0;
}
