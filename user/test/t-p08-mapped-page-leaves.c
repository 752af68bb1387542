/*
 * t-p08: a page that was touched leaves the page table and the TLB and becomes
 * the file's, the same frame.  (P8, P9, P15, W17)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 150 };			/* more than one batch */

static long was[PAGES];

static void touched_uncached_pages_move(void)
{
	int src = pattern_file("src", PAGES * PAGE, 1);
	int dst = scratch_file("dst");
	char *p = map_uncached(src, PAGES * PAGE);
	ssize_t moved;

	for (int i = 0; i < PAGES; i++) {
		*(volatile char *)(p + i * PAGE) = p[i * PAGE];
		was[i] = page_of_address(p + i * PAGE);
	}
	measure();
	moved = mwrite(dst, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	CHECK(cost("tlb_invalidations") >= 1);
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(cost("page_faults"), 0);
	CHECK_EQ(cost("frames_moved"), PAGES);
	test_figure("p08", "%llu touched pages moved, %llu bytes copied, %llu "
		    "TLB invalidations", cost("frames_moved"),
		    cost("bytes_copied"), cost("tlb_invalidations"));
	for (int i = 0; i < PAGES; i++) {
		CHECK_EQ(page_of_address(p + i * PAGE), 0);
		CHECK_EQ(page_of_file(dst, i), was[i]);
	}
	CHECK(file_ok(dst, PAGES * PAGE, 1));
}

/* If the TLB kept the old entry, the write would change the file. */
static void writing_afterwards_does_not_reach_the_file(void)
{
	int src = pattern_file("src", 4 * PAGE, 2);
	int dst = scratch_file("dst");
	char *p = map_uncached(src, 4 * PAGE);

	pattern_fill(p, 4 * PAGE, 3, 0);
	CHECK_EQ(mwrite(dst, p, 4 * PAGE), 4 * PAGE);
	pattern_fill(p, 4 * PAGE, 4, 0);
	CHECK(file_ok(dst, 4 * PAGE, 3));
	CHECK(file_ok(src, 4 * PAGE, 2));
	CHECK(pattern_ok(p, 4 * PAGE, 4, 0));
}

static void change_on_the_way(void)
{
	int src = pattern_file("src", PAGES * PAGE, 5);
	int dst = scratch_file("dst");
	char *p = map_uncached(src, PAGES * PAGE);

	pattern_fill(p + 70 * PAGE, PAGE, 6, 0);
	CHECK_EQ(mwrite(dst, p, PAGES * PAGE), PAGES * PAGE);
	CHECK(file_ok(src, PAGES * PAGE, 5));
	p = map_private(dst, PAGES * PAGE);
	CHECK(pattern_ok(p, 70 * PAGE, 5, 0));
	CHECK(pattern_ok(p + 70 * PAGE, PAGE, 6, 0));
	CHECK(pattern_ok(p + 71 * PAGE, (PAGES - 71) * PAGE, 5, 71));
}

static void later_touch_shows_the_file_again(void)
{
	int src = pattern_file("src", 4 * PAGE, 7);
	int dst = scratch_file("dst");
	char *p = map_uncached(src, 4 * PAGE);

	pattern_fill(p, 4 * PAGE, 8, 0);
	CHECK_EQ(mwrite(dst, p, 4 * PAGE), 4 * PAGE);
	CHECK(pattern_ok(p, 4 * PAGE, 7, 0));
}

int main(void)
{
	RUN(touched_uncached_pages_move);
	RUN(writing_afterwards_does_not_reach_the_file);
	RUN(change_on_the_way);
	RUN(later_touch_shows_the_file_again);
	return test_end();
}
