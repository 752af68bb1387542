/*
 * t-f03: a disk that fails.  readahead says nothing, whoever needs the bytes
 * is told: read by EIO, a touch by SIGBUS, mwrite by EIO or a short count; a
 * failed write-out is told once to each open file, and no byte is lost.
 * (decisions 9, 10; S7, F3, F6)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 8, MANY = 512 };

static int file;
static char page[PAGE];

static void cold_file(size_t pages)
{
	file = pattern_file("f", pages * PAGE, 1);
	go_cold(file);
}

/* One page, so that the request that fails is not one of readahead's. */
static void read_says_EIO(void)
{
	cold_file(1);
	fail_at("read", 1);
	CHECK_FAILS(pread(file, page, PAGE, 0), EIO);
	CHECK(file_ok(file, PAGE, 1));
}

static void readahead_says_nothing(void)
{
	cold_file(PAGES);
	fail_at("read", 1);
	CHECK_EQ(readahead(file, 0, PAGES * PAGE), 0);
	CHECK(file_ok(file, PAGES * PAGE, 1));
}

static void touch(void)
{
	volatile char *p = map_uncached(file, PAGE);

	fail_at("read", 1);
	*p;
}

static void s07_a_touch_is_SIGBUS(void)
{
	cold_file(1);
	CHECK_KILLED(in_child(touch), SIGBUS);
	CHECK(file_ok(file, PAGE, 1));
	CHECK(pattern_ok(map_uncached(file, PAGE), PAGE, 1, 0));
}

static void mwrite_says_EIO(void)
{
	int dst = scratch_file("dst");
	char *p;

	cold_file(PAGES);
	p = map_uncached(file, PAGES * PAGE);
	fail_at("read", 1);
	CHECK_FAILS(mwrite(dst, p, PAGES * PAGE), EIO);
	CHECK_EQ(file_size(dst), 0);
	CHECK_EQ(lseek(dst, 0, SEEK_CUR), 0);
	CHECK_EQ(mwrite(dst, p, PAGES * PAGE), PAGES * PAGE);
	CHECK(file_ok(dst, PAGES * PAGE, 1));
}

/* The n-th request fails: what lies before it may have moved, nothing else. */
static void check_short_move(unsigned n)
{
	int dst = scratch_file("dst");
	ssize_t moved, more;
	char *p;

	cold_file(MANY);
	p = map_uncached(file, MANY * PAGE);
	fail_at("read", n);
	moved = mwrite(dst, p, MANY * PAGE);
	if (moved < 0) {
		CHECK_EQ(errno, EIO);
		moved = 0;
	}
	fail_at("read", 0);
	CHECK_EQ(moved % PAGE, 0);
	CHECK_EQ(file_size(dst), moved);
	CHECK_EQ(lseek(dst, 0, SEEK_CUR), moved);
	more = mwrite(dst, p + moved, MANY * PAGE - moved);
	CHECK_EQ(more, MANY * PAGE - moved);
	CHECK(file_ok(dst, MANY * PAGE, 1));
	CHECK(file_ok(file, MANY * PAGE, 1));
	CHECK_EQ(munmap(p, MANY * PAGE), 0);
	close(dst);
	close(file);
}

static void mwrite_stops_before_the_error(void)
{
	for (unsigned n = 1; n <= 6; n++)
		check_short_move(n);
}

static void make_dirty(void)
{
	for (int i = 0; i < PAGES; i++) {
		pattern_fill(page, PAGE, 2, i);
		CHECK_EQ(pwrite(file, page, PAGE, i * PAGE), PAGE);
	}
}

static void write_error_is_told_once(void)
{
	file = pattern_file("f", PAGES * PAGE, 1);
	make_dirty();
	fail_at("write", 1);
	CHECK_FAILS(fsync(file), EIO);
	CHECK(file_ok(file, PAGES * PAGE, 2));
	CHECK_EQ(fsync(file), 0);
	go_cold(file);
	CHECK(file_ok(file, PAGES * PAGE, 2));
}

static void to_each_open_file(void)
{
	int other;

	file = pattern_file("f", PAGES * PAGE, 1);
	other = open(scratch("f"), O_RDWR);
	make_dirty();
	fail_at("write", 1);
	CHECK_FAILS(fdatasync_area(file, 0, 0), EIO);
	CHECK_FAILS(fdatasync(other), EIO);
	CHECK_EQ(fdatasync_area(file, 0, 0), 0);
	CHECK_EQ(fdatasync(other), 0);
	go_cold(file);
	CHECK(file_ok(file, PAGES * PAGE, 2));
}

static void moved_pages_too(void)
{
	char *p = map_anonymous(PAGES * PAGE);

	file = scratch_file("f");
	pattern_fill(p, PAGES * PAGE, 3, 0);
	CHECK_EQ(mwrite(file, p, PAGES * PAGE), PAGES * PAGE);
	fail_at("write", 1);
	CHECK_FAILS(fdatasync_area(file, 0, 0), EIO);
	CHECK(file_ok(file, PAGES * PAGE, 3));
	CHECK_EQ(fdatasync_area(file, 0, 0), 0);
	go_cold(file);
	CHECK(file_ok(file, PAGES * PAGE, 3));
}

int main(void)
{
	RUN(read_says_EIO);
	RUN(readahead_says_nothing);
	RUN(s07_a_touch_is_SIGBUS);
	RUN(mwrite_says_EIO);
	RUN(mwrite_stops_before_the_error);
	RUN(write_error_is_told_once);
	RUN(to_each_open_file);
	RUN(moved_pages_too);
	fail_at("read", 0);
	fail_at("write", 0);
	return test_end();
}
