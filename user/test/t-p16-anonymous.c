/*
 * t-p16: data made in anonymous memory goes out by the same call: the frame
 * becomes the file's, no byte is copied.  What was never touched goes out as
 * zeros.  (P16, W1, W17)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 140 };			/* more than one batch */

static long was[PAGES];

static void frame_becomes_the_files(void)
{
	int dst = scratch_file("dst");
	char *p = map_anonymous(PAGES * PAGE);
	ssize_t moved;

	pattern_fill(p, PAGES * PAGE, 1, 0);
	for (int i = 0; i < PAGES; i++)
		was[i] = page_of_address(p + i * PAGE);
	measure();
	moved = mwrite(dst, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK(cost("pages_zeroed") <= 1);	/* a new indirect block */
	CHECK_EQ(cost("frames_moved"), PAGES);
	test_figure("p16", "%llu anonymous frames became the file's, %llu "
		    "bytes copied", cost("frames_moved"), cost("bytes_copied"));
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(page_of_file(dst, i), was[i]);
	CHECK_EQ(fdatasync_area(dst, 0, 0), 0);
	go_cold(dst);
	CHECK(file_ok(dst, PAGES * PAGE, 1));
}

static void later_touch_gives_zeros(void)
{
	int dst = scratch_file("dst");
	char *p = map_anonymous(4 * PAGE);

	pattern_fill(p, 4 * PAGE, 2, 0);
	CHECK_EQ(mwrite(dst, p, 4 * PAGE), 4 * PAGE);
	CHECK(zeros_ok(p, 4 * PAGE));
	p[0] = 'x';
	CHECK(file_ok(dst, 4 * PAGE, 2));
}

static void same_buffer_again_and_again(void)
{
	int dst = scratch_file("dst");
	char *p = map_anonymous(4 * PAGE);

	for (int i = 0; i < 10; i++) {
		pattern_fill(p, 4 * PAGE, 3, 4 * i);
		CHECK_EQ(mwrite(dst, p, 4 * PAGE), 4 * PAGE);
	}
	CHECK(file_ok(dst, 40 * PAGE, 3));
}

static void untouched_goes_out_as_zeros(void)
{
	int dst = pattern_file("dst", 4 * PAGE, 4);
	char *p = map_anonymous(4 * PAGE);
	ssize_t moved;

	measure();
	moved = mwrite(dst, p, 4 * PAGE);
	measured();
	CHECK_EQ(moved, 4 * PAGE);
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(cost("pages_zeroed"), 4);
	CHECK_EQ(cost("page_faults"), 0);
	CHECK(zeros_ok(map_private(dst, 4 * PAGE), 4 * PAGE));
}

/* Reading maps the shared page of zeros, which must never enter a cache. */
static void only_read_goes_out_as_zeros(void)
{
	int dst = scratch_file("dst");
	char *p = map_anonymous(2 * PAGE), *q = map_anonymous(PAGE);
	long zero;

	CHECK(zeros_ok(p, 2 * PAGE));
	zero = page_of_address(p);
	CHECK_EQ(mwrite(dst, p, 2 * PAGE), 2 * PAGE);
	CHECK(page_of_file(dst, 0) != page_of_file(dst, 1));
	CHECK_EQ(pwrite(dst, "x", 1, 0), 1);
	CHECK(zeros_ok(q, PAGE));
	if (page_of_address(q) == zero)
		CHECK(page_of_file(dst, 0) != zero);
	CHECK(zeros_ok(p, 2 * PAGE));
}

/* Every other page touched. */
static void mixture(void)
{
	int dst = scratch_file("dst");
	char *p = map_anonymous(8 * PAGE), *q;

	for (int i = 0; i < 8; i += 2)
		pattern_fill(p + i * PAGE, PAGE, 5, i);
	CHECK_EQ(mwrite(dst, p, 8 * PAGE), 8 * PAGE);
	q = map_private(dst, 8 * PAGE);
	for (int i = 0; i < 8; i += 2) {
		CHECK(pattern_ok(q + i * PAGE, PAGE, 5, i));
		CHECK(zeros_ok(q + (i + 1) * PAGE, PAGE));
	}
}

int main(void)
{
	RUN(frame_becomes_the_files);
	RUN(later_touch_gives_zeros);
	RUN(same_buffer_again_and_again);
	RUN(untouched_goes_out_as_zeros);
	RUN(only_read_goes_out_as_zeros);
	RUN(mixture);
	return test_end();
}
