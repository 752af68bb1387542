/*
 * t-p11: a whole copy by the four calls: no byte copied by the processor, in
 * this process or anywhere in the machine; the disk moved each page twice.
 * (P11, P9)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 256, SECTOR = 512 };

/* A ramdisk's words are moved by the processor; any other disk moves its own. */
static void copy_by_the_four_calls(void)
{
	int in_memory = access("/dev/ram0", F_OK) == 0;
	int src = pattern_file("src", PAGES * PAGE, 1);
	int dst = scratch_file("dst");
	ssize_t moved;
	int synced;
	char *p;

	go_cold(src);
	measure();
	readahead(src, 0, PAGES * PAGE);
	p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_UNCACHED, src, 0);
	moved = mwrite(dst, p, PAGES * PAGE);
	synced = fdatasync_area(dst, 0, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	CHECK_EQ(synced, 0);
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(cost("page_faults"), 0);
	CHECK_EQ(cost("page_tables"), 0);
	CHECK_EQ(cost("tlb_invalidations"), 0);
	CHECK_EQ(cost("fallbacks"), 0);
	CHECK_EQ(cost("frames_moved"), PAGES);
	CHECK_EQ(machine_cost("bytes_copied"), 0);
	test_figure("p11", "copy of %d KiB: %llu bytes copied by the processor",
		    PAGES * PAGE / 1024, machine_cost("bytes_copied"));
	CHECK(machine_cost("blk_sectors") >= 2 * PAGES * PAGE / SECTOR);
	CHECK_EQ(machine_cost("ramdisk_words"),
		 in_memory ? machine_cost("blk_sectors") * SECTOR / 4 : 0);
	go_cold(dst);
	CHECK(file_ok(dst, PAGES * PAGE, 1));
	CHECK(file_ok(src, PAGES * PAGE, 1));
}

/* The instrument itself: a copy by read and write must show up in it. */
static void read_and_write_are_counted(void)
{
	int src = pattern_file("src", PAGE, 2), dst = scratch_file("dst");
	static char page[PAGE];
	ssize_t got, put;

	measure();
	got = read(src, page, PAGE);
	put = write(dst, page, PAGE);
	measured();
	CHECK_EQ(got, PAGE);
	CHECK_EQ(put, PAGE);
	CHECK_EQ(cost("bytes_copied_read"), PAGE);
	CHECK_EQ(cost("bytes_copied_write"), PAGE);
	CHECK_EQ(cost("bytes_copied"), 2 * PAGE);
}

static void looking_costs_nothing(void)
{
	measure();
	measured();
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(cost("page_faults"), 0);
	CHECK_EQ(cost("tlb_invalidations"), 0);
	CHECK_EQ(cost("page_tables"), 0);
}

int main(void)
{
	RUN(looking_costs_nothing);
	RUN(read_and_write_are_counted);
	RUN(copy_by_the_four_calls);
	return test_end();
}
