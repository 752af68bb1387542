/*
 * t-p15: a program that copies can change what passes through its hands: the
 * page that it touches costs one fault, the others move without it.  (P15)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 64, CHANGED = 37 };

/* Change one page of the stream between mmap() and mwrite(). */
static void copy_and_change(int src, int dst)
{
	char *p = map_uncached(src, PAGES * PAGE);
	ssize_t moved;

	measure();
	pattern_fill(p + CHANGED * PAGE, PAGE, 9, CHANGED);
	moved = mwrite(dst, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
}

static void check_changed(int dst)
{
	char *q = map_private(dst, PAGES * PAGE);

	CHECK(pattern_ok(q, CHANGED * PAGE, 1, 0));
	CHECK(pattern_ok(q + CHANGED * PAGE, PAGE, 9, CHANGED));
	CHECK(pattern_ok(q + (CHANGED + 1) * PAGE,
			 (PAGES - CHANGED - 1) * PAGE, 1, CHANGED + 1));
}

static void the_destination_has_the_change(void)
{
	int src = pattern_file("src", PAGES * PAGE, 1);
	int dst = scratch_file("dst");
	long was[PAGES];

	for (int i = 0; i < PAGES; i++)
		was[i] = page_of_file(src, i);
	copy_and_change(src, dst);
	CHECK_EQ(cost("page_faults"), 1);
	CHECK_EQ(cost("faults_uncached"), 1);
	CHECK_EQ(cost("page_tables"), 1);
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(cost("fallbacks"), 0);
	CHECK_EQ(cost("frames_moved"), PAGES);
	test_figure("p15", "%d pages, 1 changed: %llu fault, %llu frames moved,"
		    " %llu bytes copied", PAGES, cost("page_faults"),
		    cost("frames_moved"), cost("bytes_copied"));
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(page_of_file(dst, i), was[i]);
	check_changed(dst);
	CHECK(file_ok(src, PAGES * PAGE, 1));
}

static void so_has_the_disk(void)
{
	int src = pattern_file("src", PAGES * PAGE, 1);
	int dst = scratch_file("dst");

	go_cold(src);
	copy_and_change(src, dst);
	CHECK_EQ(fdatasync_area(dst, 0, 0), 0);
	go_cold(dst);
	go_cold(src);
	check_changed(dst);
	CHECK(file_ok(src, PAGES * PAGE, 1));
}

int main(void)
{
	RUN(the_destination_has_the_change);
	RUN(so_has_the_disk);
	return test_end();
}
