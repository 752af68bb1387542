/*
 * t-p01: readahead() starts reading and does not wait; what it is asked for is
 * a hint; the file position stays.  (P1, R1, R2, R4, R7)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 64, TRIES = 20, SECTOR = 512 };

/* Pages that have a frame, but not yet their content. */
static int pages_on_their_way(int fd)
{
	int n = 0;

	for (int i = 0; i < PAGES; i++) {
		if (page_of_file(fd, i) > 0
		    && !(page_state(fd, i) & PAGE_UPTODATE))
			n++;
	}
	return n;
}

/*
 * Seen only if we look sooner than the device answers.  One look may come too
 * late; a readahead that waits would never be seen.
 */
static void r01_returns_before_the_device_answers(void)
{
	int fd = pattern_file("ra", PAGES * PAGE, 1), seen = 0;

	if (kernel_option("ramdisk.latency_us") == 0) {
		test_note("needs a disk with latency");
		return;
	}
	for (int i = 0; i < TRIES && !seen; i++) {
		go_cold(fd);
		CHECK_EQ(readahead(fd, 0, PAGES * PAGE), 0);
		seen = pages_on_their_way(fd);
		CHECK(file_ok(fd, PAGES * PAGE, 1));
	}
	CHECK(seen > 0);
	test_figure("p01", "of %d pages %d are on their way when it returns",
		    PAGES, seen);
}

static void later_the_pages_are_up_to_date(void)
{
	int fd = pattern_file("ra", PAGES * PAGE, 2);

	go_cold(fd);
	CHECK_EQ(readahead(fd, 0, PAGES * PAGE), 0);
	CHECK(page_of_file(fd, 0) > 0);
	CHECK(file_ok(fd, PAGES * PAGE, 2));
	for (int i = 0; i < PAGES; i++)
		CHECK(page_state(fd, i) & PAGE_UPTODATE);
}

static void costs_no_copy_and_no_fault(void)
{
	int fd = pattern_file("ra", PAGES * PAGE, 3);

	go_cold(fd);
	measure();
	CHECK_EQ(readahead(fd, 0, PAGES * PAGE), 0);
	measured();
	CHECK(cost("ra_issued") >= 1);
	CHECK(cost("ra_issued") <= PAGES);
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(cost("page_faults"), 0);
	CHECK(file_ok(fd, PAGES * PAGE, 3));
}

static void r04_position_stays(void)
{
	int fd = pattern_file("ra", PAGES * PAGE, 4);

	go_cold(fd);
	CHECK_EQ(lseek(fd, 1234, SEEK_SET), 1234);
	CHECK_EQ(readahead(fd, 8 * PAGE, 8 * PAGE), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 1234);
}

static void r02_size_is_a_hint(void)
{
	int fd = pattern_file("ra", 4 * PAGE, 5);

	go_cold(fd);
	measure();
	CHECK_EQ(readahead(fd, 0, 0x7ffff000), 0);
	CHECK_EQ(readahead(fd, 4 * PAGE, PAGE), 0);
	CHECK_EQ(readahead(fd, (off_t)1 << 40, PAGE), 0);
	CHECK_EQ(readahead(fd, 0, 0), 0);
	measured();
	CHECK(cost("ra_issued") <= 4);
	CHECK(file_ok(fd, 4 * PAGE, 5));
}

static void r07_same_range_twice_is_one_read(void)
{
	int fd = pattern_file("ra", 8 * PAGE, 6);
	long sectors;

	go_cold(fd);
	measure();
	CHECK_EQ(readahead(fd, 0, 8 * PAGE), 0);
	CHECK_EQ(readahead(fd, 0, 8 * PAGE), 0);
	CHECK(file_ok(fd, 8 * PAGE, 6));
	measured();
	sectors = machine_cost("blk_sectors");
	CHECK(sectors >= 8 * PAGE / SECTOR);
	CHECK(sectors < 2 * 8 * PAGE / SECTOR);
}

int main(void)
{
	RUN(r01_returns_before_the_device_answers);
	RUN(later_the_pages_are_up_to_date);
	RUN(costs_no_copy_and_no_fault);
	RUN(r04_position_stays);
	RUN(r02_size_is_a_hint);
	RUN(r07_same_range_twice_is_one_read);
	return test_end();
}
