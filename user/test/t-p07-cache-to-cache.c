/*
 * t-p07: what was not touched goes from cache to cache: the same frames, no
 * page fault, no page table.  (P7, P9, W2, S15)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 200 };			/* more than one batch */

static long was[PAGES];

static void check_no_mmu_work(void)
{
	CHECK_EQ(cost("page_faults"), 0);
	CHECK_EQ(cost("page_tables"), 0);
	CHECK_EQ(cost("ptes_written"), 0);
	CHECK_EQ(cost("tlb_invalidations"), 0);
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(cost("fallbacks"), 0);
}

static void warm_source_same_frames(void)
{
	int src = pattern_file("src", PAGES * PAGE, 1);
	int dst = scratch_file("dst");
	char *p = map_uncached(src, PAGES * PAGE);
	ssize_t moved;

	for (int i = 0; i < PAGES; i++) {
		was[i] = page_of_file(src, i);
		CHECK(was[i] > 0);
	}
	measure();
	moved = mwrite(dst, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	check_no_mmu_work();
	CHECK_EQ(cost("frames_moved"), PAGES);
	test_figure("p07", "%llu frames moved, %llu faults, %llu page tables",
		    cost("frames_moved"), cost("page_faults"),
		    cost("page_tables"));
	for (int i = 0; i < PAGES; i++) {
		CHECK_EQ(page_of_file(dst, i), was[i]);
		CHECK_EQ(page_of_file(src, i), 0);
		CHECK_EQ(page_of_address(p + i * PAGE), 0);
	}
	CHECK(file_ok(dst, PAGES * PAGE, 1));
	CHECK(file_ok(src, PAGES * PAGE, 1));
}

static void cold_source_is_read_on_the_way(void)
{
	int src = pattern_file("src", PAGES * PAGE, 2);
	int dst = scratch_file("dst");
	char *p = map_uncached(src, PAGES * PAGE);
	ssize_t moved;

	go_cold(src);
	measure();
	moved = mwrite(dst, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	check_no_mmu_work();
	CHECK_EQ(cost("frames_moved"), PAGES);
	CHECK_EQ(fdatasync_area(dst, 0, 0), 0);
	go_cold(dst);
	CHECK(file_ok(dst, PAGES * PAGE, 2));
	CHECK(file_ok(src, PAGES * PAGE, 2));
}

static void holes_move_as_pages_of_zeros(void)
{
	int src = sparse_file("src", PAGES * PAGE);
	int dst = scratch_file("dst");
	char *p = map_uncached(src, PAGES * PAGE);
	static char page[PAGE];
	ssize_t moved;

	measure();
	moved = mwrite(dst, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	check_no_mmu_work();
	for (int i = 0; i < PAGES; i++) {
		CHECK_EQ(pread(dst, page, PAGE, i * PAGE), PAGE);
		CHECK(zeros_ok(page, PAGE));
	}
}

static void middle_of_the_mapping(void)
{
	int src = pattern_file("src", PAGES * PAGE, 3);
	int dst = scratch_file("dst");
	char *p = map_uncached(src, PAGES * PAGE);

	CHECK_EQ(mwrite(dst, p + 10 * PAGE, 5 * PAGE), 5 * PAGE);
	CHECK_EQ(file_size(dst), 5 * PAGE);
	CHECK(pattern_ok(map_private(dst, 5 * PAGE), 5 * PAGE, 3, 10));
	CHECK(page_of_file(src, 9) > 0);
	CHECK(page_of_file(src, 15) > 0);
}

int main(void)
{
	RUN(warm_source_same_frames);
	RUN(cold_source_is_read_on_the_way);
	RUN(holes_move_as_pages_of_zeros);
	RUN(middle_of_the_mapping);
	return test_end();
}
