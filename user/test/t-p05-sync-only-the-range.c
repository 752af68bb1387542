/*
 * t-p05: fdatasync_area() writes the given range and what leads to it, flushes
 * the device, and leaves dirty pages outside alone.  (P5, F1, F2, F4)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 8, TRIES = 5 };

/* The pages that are dirty, one bit each. */
static unsigned dirty(int fd)
{
	unsigned bits = 0;

	for (int i = 0; i < PAGES; i++) {
		long state = page_state(fd, i);

		if (state & (PAGE_DIRTY | PAGE_WRITEBACK))
			bits |= 1u << i;
	}
	return bits;
}

/* Every page dirty, its block on the disk known long since. */
static void make_dirty(int fd)
{
	char c = 'd';

	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(pwrite(fd, &c, 1, i * PAGE), 1);
}

/*
 * Sync a range and compare.  The flusher may come between and write all of it:
 * that would be right too, but shows nothing, so we try again.
 */
static void check_range(off_t off, off_t len, unsigned left)
{
	int fd = pattern_file("f", PAGES * PAGE, 1);

	for (int i = 0; i < TRIES; i++) {
		make_dirty(fd);
		if (dirty(fd) != 0xff)
			continue;
		CHECK_EQ(fdatasync_area(fd, off, len), 0);
		CHECK_EQ(dirty(fd) & ~left, 0);
		if (dirty(fd) == left)
			return;
	}
	CHECK_EQ(dirty(fd), left);
}

static void whole_pages(void)
{
	check_range(2 * PAGE, 3 * PAGE, 0xe3);
	test_figure("p05", "3 of %d dirty pages asked for, the other %d still "
		    "dirty", PAGES, PAGES - 3);
}

static void every_page_that_the_range_touches(void)
{
	check_range(2 * PAGE - 1, 2, 0xf9);
}

static void length_0_is_to_the_end(void)
{
	check_range(5 * PAGE, 0, 0x1f);
}

static void beyond_the_end_is_empty(void)
{
	check_range(PAGES * PAGE, PAGE, 0xff);
}

static void more_than_the_file_is_all_of_it(void)
{
	check_range(0, (off_t)1 << 40, 0x00);
}

static void ends_with_a_flush(void)
{
	int fd = pattern_file("f", PAGES * PAGE, 1);

	make_dirty(fd);
	measure();
	CHECK_EQ(fdatasync_area(fd, 0, PAGE), 0);
	measured();
	CHECK(machine_cost("blk_flushes") >= 1);
}

/* A file of 20 pages needs an indirect block; its inode and size are new. */
static void new_blocks_are_reachable(void)
{
	int fd = scratch_file("f");
	static char page[PAGE];

	for (int i = 0; i < 20; i++)
		write_all(fd, page, PAGE);
	measure();
	CHECK_EQ(fdatasync_area(fd, 19 * PAGE, PAGE), 0);
	measured();
	CHECK(machine_cost("pages_written") >= 2);
	CHECK(machine_cost("blk_flushes") >= 1);
	CHECK(!(page_state(fd, 19) & (PAGE_DIRTY | PAGE_WRITEBACK)));
}

static void bad_arguments(void)
{
	int fd = pattern_file("f", PAGE, 1);

	CHECK_FAILS(fdatasync_area(fd, -1, PAGE), EINVAL);
	CHECK_FAILS(fdatasync_area(fd, 0, -1), EINVAL);
	CHECK_FAILS(fdatasync_area(77, 0, 0), EBADF);
	CHECK_FAILS(fdatasync_area(-1, 0, 0), EBADF);
}

int main(void)
{
	RUN(whole_pages);
	RUN(every_page_that_the_range_touches);
	RUN(length_0_is_to_the_end);
	RUN(beyond_the_end_is_empty);
	RUN(more_than_the_file_is_all_of_it);
	RUN(ends_with_a_flush);
	RUN(new_blocks_are_reachable);
	RUN(bad_arguments);
	return test_end();
}
