/*
 * t-holes: lseek finds where data and holes begin, whether they are on the
 * disk yet or not; and what copies a file leaves its holes alone.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

/* Of data, in pages: at the start, around the border to double indirect
 * blocks (page 1036), and far away. */
static const struct { unsigned first, n; } parts[] = {
	{ 0, 2 }, { 11, 3 }, { 1030, 10 }, { 3000, 1 },
};

enum { PARTS = sizeof parts / sizeof parts[0], END = 5000 };

static char page[PAGE];

static void write_page(int fd, unsigned i)
{
	pattern_fill(page, PAGE, 7, i);
	CHECK_EQ(pwrite(fd, page, PAGE, (off_t)i * PAGE), PAGE);
}

static int file_with_holes(void)
{
	int fd = scratch_file("f");

	for (int i = 0; i < PARTS; i++) {
		for (unsigned k = 0; k < parts[i].n; k++)
			write_page(fd, parts[i].first + k);
	}
	CHECK_EQ(ftruncate(fd, END * PAGE + 100), 0);
	return fd;
}

static void check_parts(int fd)
{
	off_t at = 0;

	for (unsigned i = 0; i < PARTS; i++) {
		off_t first = (off_t)parts[i].first * PAGE;

		CHECK_EQ(lseek(fd, at, SEEK_DATA), first);
		CHECK_EQ(lseek(fd, first + 5, SEEK_DATA), first + 5);
		at = first + parts[i].n * PAGE;
		CHECK_EQ(lseek(fd, first, SEEK_HOLE), at);
		CHECK_EQ(lseek(fd, at + 7, SEEK_HOLE), at + 7);
		CHECK_EQ(lseek(fd, 0, SEEK_CUR), at + 7);
	}
	CHECK_FAILS(lseek(fd, at, SEEK_DATA), ENXIO);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), at + 7);
}

/* Data is data before it is on the disk, and after. */
static void found_wherever_they_are(void)
{
	int fd = file_with_holes();

	check_parts(fd);
	CHECK_EQ(fsync(fd), 0);
	check_parts(fd);
	CHECK(drop_cached_pages(fd) >= 0);
	check_parts(fd);
}

/* Reading a hole does not make it data; writing to it does. */
static void what_makes_data_of_a_hole(void)
{
	int fd = sparse_file("f", 20 * PAGE);
	char *p = map_shared(fd, 20 * PAGE), *q = map_anonymous(PAGE);

	go_warm(fd);
	CHECK_FAILS(lseek(fd, 0, SEEK_DATA), ENXIO);
	CHECK_EQ(p[3 * PAGE], 0);
	CHECK_FAILS(lseek(fd, 0, SEEK_DATA), ENXIO);
	p[3 * PAGE] = 'm';
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 3 * PAGE);
	CHECK_EQ(lseek(fd, 3 * PAGE, SEEK_HOLE), 4 * PAGE);
	q[0] = 'w';
	CHECK_EQ(lseek(fd, 2 * PAGE, SEEK_SET), 2 * PAGE);
	CHECK_EQ(mwrite(fd, q, PAGE), PAGE);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 2 * PAGE);
	CHECK_EQ(lseek(fd, 2 * PAGE, SEEK_HOLE), 4 * PAGE);
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	CHECK_FAILS(lseek(fd, 0, SEEK_DATA), ENXIO);
}

static void at_the_end(void)
{
	int fd = pattern_file("f", PAGE + 100, 1);

	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), PAGE + 100);
	CHECK_EQ(lseek(fd, PAGE + 99, SEEK_DATA), PAGE + 99);
	CHECK_FAILS(lseek(fd, PAGE + 100, SEEK_DATA), ENXIO);
	CHECK_FAILS(lseek(fd, PAGE + 100, SEEK_HOLE), ENXIO);
	CHECK_FAILS(lseek(fd, -1, SEEK_DATA), ENXIO);
	CHECK_FAILS(lseek(fd, -1, SEEK_HOLE), ENXIO);
}

/* A hole of a terabyte is one look at what is not there. */
static void a_large_hole(void)
{
	off_t far = (off_t)1 << 40;
	int fd = scratch_file("f");

	CHECK_EQ(pwrite(fd, "x", 1, far), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), far);
	CHECK_EQ(lseek(fd, far, SEEK_HOLE), far + 1);
}

/* Nothing else has holes, but everything that has an end has one there. */
static void where_there_are_none(void)
{
	int ends[2], dir = open("/tmp", O_RDONLY);
	struct stat st;

	CHECK_EQ(fstat(dir, &st), 0);
	CHECK_EQ(lseek(dir, 5, SEEK_DATA), 5);
	CHECK_EQ(lseek(dir, 5, SEEK_HOLE), st.st_size);
	CHECK_EQ(pipe(ends), 0);
	CHECK_FAILS(lseek(ends[0], 0, SEEK_DATA), ESPIPE);
	CHECK_FAILS(lseek(ends[0], 0, 5), ESPIPE);
	CHECK_FAILS(lseek(dir, 0, 5), EINVAL);
}

/* ---- copies ----------------------------------------------------------- */

static const char *program;

static void copy(void)
{
	execl(program, program, scratch("f"), scratch("copy"), (char *)NULL);
	_exit(127);
}

/* It has the same bytes, in the same places, and takes no more room. */
static void check_copy(int fd)
{
	static char page2[PAGE];
	struct stat a, b;
	int to;

	CHECK_EXIT(in_child(copy), 0);
	to = open(scratch("copy"), O_RDONLY);
	CHECK(to >= 0);
	CHECK_EQ(fstat(fd, &a), 0);
	CHECK_EQ(fstat(to, &b), 0);
	CHECK_EQ(b.st_size, a.st_size);
	CHECK_EQ(b.st_blocks, a.st_blocks);
	for (off_t at = 0; at < a.st_size; at += PAGE) {
		ssize_t n = pread(fd, page, PAGE, at);

		CHECK(n > 0);
		CHECK_EQ(pread(to, page2, PAGE, at), n);
		CHECK(memcmp(page, page2, n) == 0);
	}
}

static void check_copies(void)
{
	int fd = file_with_holes();

	check_copy(fd);
	check_parts(open(scratch("copy"), O_RDONLY));
	CHECK_EQ(ftruncate(fd, (off_t)parts[2].first * PAGE + 50), 0);
	check_copy(fd);			/* ends in a page of data */
	CHECK_EQ(ftruncate(fd, (off_t)parts[2].first * PAGE), 0);
	check_copy(fd);			/* ends in a hole, with a page */
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(ftruncate(fd, 100), 0);
	check_copy(fd);			/* nothing but a hole */
	CHECK_EQ(ftruncate(fd, 0), 0);
	check_copy(fd);
}

static void mcp_leaves_holes(void)
{
	program = "/bin/mcp";
	check_copies();
}

static void cp_leaves_holes(void)
{
	program = "/bin/cp";
	check_copies();
}

int main(void)
{
	RUN(found_wherever_they_are);
	RUN(what_makes_data_of_a_hole);
	RUN(at_the_end);
	RUN(a_large_hole);
	RUN(where_there_are_none);
	RUN(mcp_leaves_holes);
	RUN(cp_leaves_holes);
	return test_end();
}
