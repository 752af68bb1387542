/*
 * t-p12: whatever the length, mwrite() of an untouched mapping causes no page
 * fault, builds no page table and does no TLB work.  (P12, W2)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { SLACK = 3 };			/* pages in front of what moves */

static void check_length(unsigned pages)
{
	size_t bytes = (size_t)pages * PAGE;
	int src = sparse_file("src", bytes + SLACK * PAGE);
	int dst = scratch_file("dst");
	char *p = map_uncached(src, bytes + SLACK * PAGE);
	ssize_t moved;

	measure();
	moved = mwrite(dst, p + SLACK * PAGE, bytes);
	measured();
	CHECK_EQ(moved, bytes);
	CHECK_EQ(cost("page_faults"), 0);
	CHECK_EQ(cost("page_tables"), 0);
	CHECK_EQ(cost("ptes_written"), 0);
	CHECK_EQ(cost("tlb_invalidations"), 0);
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(file_size(dst), bytes);
	close(src);
	close(dst);
	CHECK_EQ(munmap(p, bytes + SLACK * PAGE), 0);
}

static void short_lengths(void)
{
	check_length(1);
	check_length(2);
	check_length(63);
	check_length(64);
	check_length(65);
}

static void lengths_around_a_batch(void)
{
	check_length(127);
	check_length(128);
	check_length(129);
}

static void lengths_around_a_page_table(void)
{
	check_length(1023);
	check_length(1024);
	check_length(1500);
	test_figure("p12", "1500 pages: %llu faults, %llu page tables, %llu "
		    "TLB invalidations", cost("page_faults"),
		    cost("page_tables"), cost("tlb_invalidations"));
}

int main(void)
{
	RUN(short_lengths);
	RUN(lengths_around_a_batch);
	RUN(lengths_around_a_page_table);
	return test_end();
}
