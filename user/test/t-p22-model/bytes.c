/*
 * bytes.c: the files, and what they must hold.
 *
 * Floor: user space.  Read next: fileops.c.
 */
#include "model.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/*
 * The windows lie where the way to a block changes: direct to indirect at page
 * 12, to double indirect at page 1036 [ext2 §3.5].
 */
struct file files[FILES] = {
	{ .name = "model-a", .base = 0 },
	{ .name = "model-b", .base = 0 },
	{ .name = "model-c", .base = 1036 - WINDOW / 2 },
	{ .name = "model-d", .base = 5000 },
};

/* The file system's free blocks hold what somebody else has written. */
static void soil_the_disk(void)
{
	int fd = scratch_file("soil");

	for (int i = 0; i < 64; i++)
		write_all(fd, garbage, GARBAGE);
	MUST(fsync(fd) == 0);
	close(fd);
	MUST(unlink(scratch("soil")) == 0);
}

/*
 * All files, empty.
 */
void files_begin(void)
{
	soil_the_disk();
	for (int i = 0; i < FILES; i++) {
		files[i].bytes = map_anonymous(WINDOW * PAGE);
		file_make(&files[i]);
	}
	for (int i = 0; i < MAPS; i++)
		maps[i].bytes = map_anonymous(MAP_PAGES * PAGE);
}

/*
 * Make the file anew: another inode, nothing in it.
 */
void file_make(struct file *f)
{
	unlink(scratch(f->name));
	f->fd = open(scratch(f->name), O_RDWR | O_CREAT | O_EXCL, 0600);
	MUST(f->fd >= 0);
	memset(f->bytes, 0, WINDOW * PAGE);
	f->size = 0;
}

/*
 * Where in the file the window begins.
 */
off_t file_base(const struct file *f)
{
	return (off_t)f->base * PAGE;
}

/*
 * How much of the window is before the end of the file.
 */
size_t file_length(const struct file *f)
{
	return f->size > file_base(f) ? f->size - file_base(f) : 0;
}

/*
 * The file holds @n bytes of @from at @at of the window from now on.
 */
void file_set(struct file *f, size_t at, const void *from, size_t n)
{
	memmove(f->bytes + at, from, n);
	file_reaches(f, at + n);
}

/*
 * It is at least so long: @end in the window.
 */
void file_reaches(struct file *f, size_t end)
{
	off_t size = file_base(f) + end;

	if (f->size < size)
		f->size = size;
}

/*
 * The file is @size bytes long from now on.
 */
void file_resize(struct file *f, off_t size)
{
	size_t was = file_length(f), is;

	f->size = size;
	is = file_length(f);
	if (is < was)
		memset(f->bytes + is, 0, was - is);
}

/*
 * memcmp() would be most of this test's time: word by word.
 */
int bytes_equal(const void *a, const void *b, size_t n)
{
	const char *p = a, *q = b;

	for (; n >= 4; n -= 4, p += 4, q += 4) {
		uint32_t v, w;

		memcpy(&v, p, 4);
		memcpy(&w, q, 4);
		if (v != w)
			return 0;
	}
	return n == 0 || memcmp(p, q, n) == 0;
}

/*
 * Read @n bytes at @at of the window: they must be there up to the end of the
 * file, and be right.
 */
void file_check(struct file *f, size_t at, size_t n)
{
	static unsigned char got[MOVE_PAGES * PAGE];
	size_t len = file_length(f);

	while (n > 0) {
		size_t ask = n < sizeof got ? n : sizeof got;
		size_t there = at >= len ? 0 : len - at < ask ? len - at : ask;
		ssize_t r = pread(f->fd, got, ask, file_base(f) + at);

		MUST(r == (ssize_t)there);
		MUST(bytes_equal(got, f->bytes + at, there));
		at += ask;
		n -= ask;
	}
}
