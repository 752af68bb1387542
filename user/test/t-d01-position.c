/*
 * t-d01: mwrite() starts at the file position and advances it, like write();
 * with O_APPEND it starts at the end.  (decisions 1, 2; W10)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

static char *content(unsigned first_page, unsigned pages)
{
	char *p = map_anonymous(pages * PAGE);

	pattern_fill(p, pages * PAGE, 1, first_page);
	return p;
}

static void advances(void)
{
	int fd = scratch_file("dst");

	CHECK_EQ(mwrite(fd, content(0, 2), 2 * PAGE), 2 * PAGE);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 2 * PAGE);
	CHECK_EQ(mwrite(fd, content(2, 3), 3 * PAGE), 3 * PAGE);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5 * PAGE);
	CHECK(file_ok(fd, 5 * PAGE, 1));
}

static void overwriting_the_middle_keeps_the_size(void)
{
	int fd = pattern_file("dst", 6 * PAGE + 100, 2);
	char *p;

	CHECK_EQ(lseek(fd, 2 * PAGE, SEEK_SET), 2 * PAGE);
	CHECK_EQ(mwrite(fd, content(2, 2), 2 * PAGE), 2 * PAGE);
	CHECK_EQ(file_size(fd), 6 * PAGE + 100);
	p = map_private(fd, 7 * PAGE);
	CHECK(pattern_ok(p, 2 * PAGE, 2, 0));
	CHECK(pattern_ok(p + 2 * PAGE, 2 * PAGE, 1, 2));
	CHECK(pattern_ok(p + 4 * PAGE, 2 * PAGE + 100, 2, 4));
}

static void over_the_partial_last_page_grows_to_whole_pages(void)
{
	int fd = pattern_file("dst", PAGE + 100, 2);

	CHECK_EQ(lseek(fd, PAGE, SEEK_SET), PAGE);
	CHECK_EQ(mwrite(fd, content(1, 1), PAGE), PAGE);
	CHECK_EQ(file_size(fd), 2 * PAGE);
	CHECK(pattern_ok(map_private(fd, 2 * PAGE) , PAGE, 2, 0));
	CHECK(pattern_ok((char *)map_private(fd, 2 * PAGE) + PAGE, PAGE, 1, 1));
}

static void beyond_the_end_leaves_a_hole(void)
{
	int fd = scratch_file("dst");
	char *p;

	CHECK_EQ(lseek(fd, 3 * PAGE, SEEK_SET), 3 * PAGE);
	CHECK_EQ(mwrite(fd, content(3, 1), PAGE), PAGE);
	CHECK_EQ(file_size(fd), 4 * PAGE);
	p = map_private(fd, 4 * PAGE);
	CHECK(zeros_ok(p, 3 * PAGE));
	CHECK(pattern_ok(p + 3 * PAGE, PAGE, 1, 3));
}

/* The old last page is partial: what lies behind its end must be zeros. */
static void beyond_a_partial_end(void)
{
	int fd = pattern_file("dst", 100, 2);
	char *p;

	CHECK_EQ(lseek(fd, PAGE, SEEK_SET), PAGE);
	CHECK_EQ(mwrite(fd, content(1, 1), PAGE), PAGE);
	p = map_private(fd, 2 * PAGE);
	CHECK(pattern_ok(p, 100, 2, 0));
	CHECK(zeros_ok(p + 100, PAGE - 100));
}

static void w10_append_goes_to_the_end(void)
{
	int fd = pattern_file("dst", 2 * PAGE, 1);

	fd = open(scratch("dst"), O_RDWR | O_APPEND);
	CHECK(fd >= 0);
	CHECK_EQ(mwrite(fd, content(2, 1), PAGE), PAGE);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3 * PAGE);
	CHECK(file_ok(fd, 3 * PAGE, 1));
}

static void w10_append_to_an_unaligned_end(void)
{
	int fd = pattern_file("dst", PAGE + 1, 1);
	char *p = content(0, 1);

	fd = open(scratch("dst"), O_RDWR | O_APPEND);
	CHECK(fd >= 0);
	CHECK_FAILS(mwrite(fd, p, PAGE), EINVAL);
	CHECK(file_ok(fd, PAGE + 1, 1));
	CHECK(pattern_ok(p, PAGE, 1, 0));
}

int main(void)
{
	RUN(advances);
	RUN(overwriting_the_middle_keeps_the_size);
	RUN(over_the_partial_last_page_grows_to_whole_pages);
	RUN(beyond_the_end_leaves_a_hole);
	RUN(beyond_a_partial_end);
	RUN(w10_append_goes_to_the_end);
	RUN(w10_append_to_an_unaligned_end);
	return test_end();
}
