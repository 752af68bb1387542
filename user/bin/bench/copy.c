/*
 * copy.c: `bench copy SPEC ...`: what does it cost to copy a file?
 *
 * Floor: user space.  A SPEC is METHOD:UNIT_KIB:MIB:new|over:cold|cached.
 * Measured is everything from before the files are opened until they are
 * closed.  Before it the same method copies a small file, so that the code of
 * the program and of the kernel has run.
 *
 * Read next: methods.c.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SMALL = MIB };

struct spec {
	const struct method *method;
	size_t unit;			/* bytes */
	off_t size;			/* bytes */
	int over;			/* the destination exists */
	int cached;			/* the source is in memory */
};

static const char src[] = "bench.src", dst[] = "bench.dst";

static int opened(const char *path, int flags)
{
	int fd = open(path, flags, 0644);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

/* A file on the disk and not in memory. */
static void make_cold(const char *path, off_t size)
{
	int fd = file_make(path, size);

	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

static void bring_in(const char *path)
{
	static char piece[64 * 1024];
	int fd = opened(path, O_RDONLY);

	while (read(fd, piece, sizeof piece) > 0)
		;
	close(fd);
}

static void prepare(const struct spec *s, off_t size)
{
	make_cold(src, size);
	if (s->over)
		make_cold(dst, size);
	else
		unlink(dst);
	if (s->cached)
		bring_in(src);
	if (s->cached && s->over)
		bring_in(dst);
	sync();
}

/* Returns: instructions, or -1 with errno. */
static int64_t timed(const struct spec *s, off_t size)
{
	uint64_t start = measure_begin();
	int in = open(src, O_RDONLY | s->method->flags);
	int out = open(dst, O_RDWR | O_CREAT | s->method->flags, 0644);
	int r = in < 0 || out < 0 ? -1 : s->method->copy(in, out, size, s->unit);
	int error = errno;

	close(in);
	close(out);
	start = measure_end(start);
	errno = error;
	return r < 0 ? -1 : (int64_t)start;
}

/* Is the copy one? */
static void compare(off_t size)
{
	static char a[PAGE], b[PAGE];
	int in = opened(src, O_RDONLY), out = opened(dst, O_RDONLY);

	for (off_t at = 0; at < size; at += PAGE)
		if (read(in, a, PAGE) != PAGE || read(out, b, PAGE) != PAGE ||
		    memcmp(a, b, PAGE) != 0)
			errx(1, "the copy differs from its source at %lld", (long long)at);
	close(in);
	close(out);
}

static void run(const char *text, const struct spec *s)
{
	int64_t cost;

	prepare(s, SMALL);
	cost = timed(s, SMALL);
	if (cost >= 0) {
		prepare(s, s->size);
		cost = timed(s, s->size);
	}
	if (cost < 0) {
		printf("copy\t%s\t-\t%s\n", text, strerror(errno));
	} else {
		compare(s->size);
		printf("copy\t%s\t%" PRId64 "\t%" PRId64 "\n", text, cost,
		       (int64_t)s->size / PAGE);
	}
	fflush(stdout);
	unlink(src);
	unlink(dst);
}

static struct spec parse(const char *text)
{
	char method[32], dest[8], source[8];
	unsigned unit, mib;
	struct spec s;

	if (sscanf(text, "%31[^:]:%u:%u:%7[^:]:%7s", method, &unit, &mib, dest, source) != 5)
		errx(2, "%s: want METHOD:UNIT_KIB:MIB:new|over:cold|cached", text);
	s.method = method_named(method);
	if (!s.method)
		errx(2, "%s: no such method", method);
	if (unit < 4 || unit > 4096 || mib < 1)
		errx(2, "%s: a unit of 4 to 4096 KiB, and at least 1 MiB", text);
	s.unit = unit * 1024;
	s.size = (off_t)mib * MIB;
	s.over = strcmp(dest, "over") == 0;
	s.cached = strcmp(source, "cached") == 0;
	return s;
}

/*
 * Returns: the exit status.
 */
int copy_run(char **specs)
{
	if (methods_prepare() < 0)
		err(1, "buffers");
	for (; *specs; specs++) {
		struct spec s = parse(*specs);

		run(*specs, &s);
	}
	return 0;
}
