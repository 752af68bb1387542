/*
 * t-d07: source and destination are one file.  Read, modify, mwrite in place
 * works; untouched pages at their own place stay; elsewhere they are copied;
 * an overlap at different places is refused.  (decision 7; W13)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 8 };

static void w13_in_place_after_a_change(void)
{
	int fd = pattern_file("db", PAGES * PAGE, 1);
	char *p = map_uncached(fd, PAGES * PAGE);
	long was;

	pattern_fill(p + 3 * PAGE, PAGE, 2, 3);
	was = page_of_address(p + 3 * PAGE);
	CHECK_EQ(lseek(fd, 3 * PAGE, SEEK_SET), 3 * PAGE);
	measure();
	CHECK_EQ(mwrite(fd, p + 3 * PAGE, PAGE), PAGE);
	measured();
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(page_of_file(fd, 3), was);
	p = map_private(fd, PAGES * PAGE);
	CHECK(pattern_ok(p, 3 * PAGE, 1, 0));
	CHECK(pattern_ok(p + 3 * PAGE, PAGE, 2, 3));
	CHECK(pattern_ok(p + 4 * PAGE, 4 * PAGE, 1, 4));
	CHECK_EQ(file_size(fd), PAGES * PAGE);
}

static void w13_untouched_in_place_is_nothing_to_do(void)
{
	int fd = pattern_file("db", PAGES * PAGE, 3);
	char *p = map_uncached(fd, PAGES * PAGE);
	ssize_t moved;

	measure();
	moved = mwrite(fd, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), PAGES * PAGE);
	CHECK(file_ok(fd, PAGES * PAGE, 3));
	go_cold(fd);
	CHECK(file_ok(fd, PAGES * PAGE, 3));
}

/* Decision 2 holds here too: the file ends where the last page does. */
static void untouched_in_place_moves_the_end(void)
{
	int fd = pattern_file("db", 2 * PAGE + 100, 5);
	char *p = map_uncached(fd, 3 * PAGE);

	CHECK_EQ(mwrite(fd, p, 3 * PAGE), 3 * PAGE);
	CHECK_EQ(file_size(fd), 3 * PAGE);
	CHECK(pattern_ok(p, 2 * PAGE + 100, 5, 0));
	CHECK(zeros_ok(p + 2 * PAGE + 100, PAGE - 100));
}

static void w13_untouched_elsewhere_is_copied(void)
{
	int fd = pattern_file("db", PAGES * PAGE, 4);
	char *p = map_uncached(fd, PAGES * PAGE);
	ssize_t moved;

	CHECK_EQ(lseek(fd, 5 * PAGE, SEEK_SET), 5 * PAGE);
	measure();
	moved = mwrite(fd, p, 2 * PAGE);
	measured();
	CHECK_EQ(moved, 2 * PAGE);
	CHECK_EQ(cost("bytes_copied"), 2 * PAGE);
	p = map_private(fd, PAGES * PAGE);
	CHECK(pattern_ok(p, 5 * PAGE, 4, 0));
	CHECK(pattern_ok(p + 5 * PAGE, 2 * PAGE, 4, 0));
	CHECK(pattern_ok(p + 7 * PAGE, PAGE, 4, 7));
}

static void w13_overlap_is_refused(void)
{
	int fd = pattern_file("db", PAGES * PAGE, 5);
	char *p = map_uncached(fd, PAGES * PAGE);

	CHECK_EQ(lseek(fd, PAGE, SEEK_SET), PAGE);
	measure();
	CHECK_FAILS(mwrite(fd, p, 4 * PAGE), EINVAL);
	CHECK_FAILS(mwrite(fd, p + 4 * PAGE, 4 * PAGE), EINVAL);
	measured();
	CHECK_EQ(cost("frames_moved"), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), PAGE);
	CHECK(file_ok(fd, PAGES * PAGE, 5));
}

int main(void)
{
	RUN(w13_in_place_after_a_change);
	RUN(w13_untouched_in_place_is_nothing_to_do);
	RUN(untouched_in_place_moves_the_end);
	RUN(w13_untouched_elsewhere_is_copied);
	RUN(w13_overlap_is_refused);
	return test_end();
}
