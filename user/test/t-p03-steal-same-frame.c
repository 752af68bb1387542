/*
 * t-p03: touching a MAP_UNCACHED page takes the very frame out of the page
 * cache; otherwise the mapping is an ordinary private one.
 * (P3, S1, S11, S12, S13, S15)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 8 };

static void s01_read_touch_takes_the_frame(void)
{
	int fd = pattern_file("src", PAGES * PAGE, 1);
	volatile char *p = map_uncached(fd, PAGES * PAGE);
	long was = page_of_file(fd, 2);

	CHECK(was > 0);
	measure();
	(void)p[2 * PAGE];
	measured();
	CHECK_EQ(page_of_address((char *)p + 2 * PAGE), was);
	CHECK_EQ(page_of_file(fd, 2), 0);
	CHECK_EQ(cost("faults_uncached"), 1);
	CHECK_EQ(cost("frames_stolen"), 1);
	CHECK_EQ(cost("fallbacks"), 0);
	CHECK_EQ(cost("bytes_copied"), 0);
	test_figure("p03", "one touch: %llu fault, %llu frame stolen, the same;"
		    " %llu bytes copied", cost("page_faults"),
		    cost("frames_stolen"), cost("bytes_copied"));
	CHECK(pattern_ok((char *)p + 2 * PAGE, PAGE, 1, 2));
}

static void s01_write_touch_takes_the_frame(void)
{
	int fd = pattern_file("src", PAGES * PAGE, 2);
	char *p = map_uncached(fd, PAGES * PAGE);
	long was = page_of_file(fd, 5);

	measure();
	p[5 * PAGE + 7] = 'x';
	measured();
	CHECK_EQ(page_of_address(p + 5 * PAGE), was);
	CHECK_EQ(page_of_file(fd, 5), 0);
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(p[5 * PAGE + 7], 'x');
}

static void s11_stolen_then_read_comes_from_the_disk(void)
{
	int fd = pattern_file("src", PAGES * PAGE, 3);
	char *p = map_uncached(fd, PAGES * PAGE);

	CHECK(pattern_ok(p, PAGES * PAGE, 3, 0));
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(page_of_file(fd, i), 0);
	CHECK(file_ok(fd, PAGES * PAGE, 3));
	CHECK(page_of_file(fd, 0) > 0);
	CHECK(page_of_file(fd, 0) != page_of_address(p));
}

static void s12_stolen_then_written_leaves_the_file(void)
{
	int fd = pattern_file("src", PAGES * PAGE, 4);
	char *p = map_uncached(fd, PAGES * PAGE);

	CHECK(pattern_ok(p, PAGES * PAGE, 4, 0));
	pattern_fill(p, PAGES * PAGE, 99, 0);
	CHECK(file_ok(fd, PAGES * PAGE, 4));
	CHECK(pattern_ok(p, PAGES * PAGE, 99, 0));
	CHECK_EQ(munmap(p, PAGES * PAGE), 0);
	go_cold(fd);
	CHECK(file_ok(fd, PAGES * PAGE, 4));
}

static void s13_read_fault_then_write_is_one_frame(void)
{
	int fd = pattern_file("src", PAGES * PAGE, 5);
	volatile char *p = map_uncached(fd, PAGES * PAGE);
	long was;

	(void)p[0];
	was = page_of_address((char *)p);
	measure();
	p[0] = 'x';
	measured();
	CHECK_EQ(page_of_address((char *)p), was);
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK(file_ok(fd, PAGES * PAGE, 5));
}

/* The cache page of a hole is an ordinary clean page of zeros. */
static void s15_hole_is_stolen_too(void)
{
	int fd = sparse_file("src", PAGES * PAGE);
	char *p = map_uncached(fd, PAGES * PAGE);

	go_warm(fd);
	measure();
	p[0] = 'x';
	measured();
	CHECK_EQ(cost("frames_stolen"), 1);
	CHECK_EQ(page_of_file(fd, 0), 0);
	CHECK(zeros_ok(p + 1, PAGES * PAGE - 1));
	p = map_private(fd, PAGES * PAGE);
	CHECK(zeros_ok(p, PAGES * PAGE));
}

int main(void)
{
	RUN(s01_read_touch_takes_the_frame);
	RUN(s01_write_touch_takes_the_frame);
	RUN(s11_stolen_then_read_comes_from_the_disk);
	RUN(s12_stolen_then_written_leaves_the_file);
	RUN(s13_read_fault_then_write_is_one_frame);
	RUN(s15_hole_is_stolen_too);
	return test_end();
}
