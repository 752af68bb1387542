/*
 * t-s04: a page on its way to the disk is not stolen: whoever touches or moves
 * it gets the right bytes, and so does the disk.  (S4)
 */
#define _GNU_SOURCE
#include <sched.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 4, PAGE_1 = PAGE, TRIES = 1000 };

static int src;
static char *mapped;			/* the file, untouched */
static pid_t writer;

static void sync_it(void)
{
	CHECK_EQ(fsync(src), 0);
}

/*
 * Dirty pages, and somebody who has just begun to write them.  Counting has
 * begun too: it takes longer than the disk does.
 * Returns: 1 if the disk is certain not to be done before our next step.
 */
static int begin_writing(unsigned seed)
{
	static char page[PAGE];
	int slow = kernel_option("ramdisk.latency_us") > 0;

	src = scratch_file("src");
	for (int i = 0; i < PAGES; i++) {
		pattern_fill(page, PAGE, seed, i);
		write_all(src, page, PAGE);
	}
	mapped = map_uncached(src, PAGES * PAGE);
	writer = child_start(sync_it);
	measure();
	for (int i = 0; i < TRIES; i++) {
		if (page_state(src, 1) & PAGE_WRITEBACK)
			break;
		sched_yield();
	}
	if (slow)
		CHECK(page_state(src, 1) & PAGE_WRITEBACK);
	else
		test_note("needs a disk with latency");
	return slow;
}

/* After all that the disk has what was written, and only that. */
static void check_disk(unsigned seed)
{
	CHECK_EXIT(child_wait(writer), 0);
	CHECK(file_ok(src, PAGES * PAGE, seed));
	go_cold(src);
	CHECK(file_ok(src, PAGES * PAGE, seed));
}

/* The page was touched while it was being written: it stayed where it was. */
static void check_not_stolen(long was)
{
	measured();
	CHECK_EQ(cost("fallback_busy"), 1);
	CHECK_EQ(cost("frames_stolen"), 0);
	CHECK_EQ(page_of_file(src, 1), was);
}

static void s04_read_touch(void)
{
	int certain = begin_writing(1);
	volatile char *p = mapped + PAGE_1;
	long was = page_of_file(src, 1);

	(void)*p;
	if (certain)
		check_not_stolen(was);
	CHECK(pattern_ok(mapped + PAGE_1, PAGE, 1, 1));
	pattern_fill(mapped + PAGE_1, PAGE, 9, 1);
	check_disk(1);
	CHECK(pattern_ok(mapped + PAGE_1, PAGE, 9, 1));
}

static void s04_write_touch(void)
{
	int certain = begin_writing(2);
	long was = page_of_file(src, 1);

	mapped[PAGE_1] = 'x';
	if (certain) {
		check_not_stolen(was);
		CHECK_EQ(cost("bytes_copied"), PAGE);
		CHECK(page_of_address(mapped + PAGE_1) != was);
	}
	check_disk(2);
	CHECK_EQ(mapped[PAGE_1], 'x');
}

/* Untouched: what cannot be taken now is copied or waited for. */
static void s04_move(void)
{
	int dst = scratch_file("dst");

	begin_writing(3);
	CHECK_EQ(mwrite(dst, mapped, PAGES * PAGE), PAGES * PAGE);
	CHECK(file_ok(dst, PAGES * PAGE, 3));
	check_disk(3);
	CHECK_EQ(fdatasync_area(dst, 0, 0), 0);
	go_cold(dst);
	CHECK(file_ok(dst, PAGES * PAGE, 3));
}

/* Once it is written, it is as clean as any other. */
static void s04_afterwards_it_is_stolen(void)
{
	long was;

	begin_writing(4);
	CHECK_EXIT(child_wait(writer), 0);
	was = page_of_file(src, 1);
	mapped[PAGE_1] = 'x';
	CHECK_EQ(page_of_address(mapped + PAGE_1), was);
	CHECK(file_ok(src, PAGES * PAGE, 4));
}

int main(void)
{
	RUN(s04_read_touch);
	RUN(s04_write_touch);
	RUN(s04_move);
	RUN(s04_afterwards_it_is_stolen);
	return test_end();
}
