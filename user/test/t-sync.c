/*
 * t-sync: fsync, fdatasync and sync leave nothing dirty behind.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 20 };

static int dirty_file(void)
{
	static char page[PAGE];
	int fd = scratch_file("f");

	for (int i = 0; i < PAGES; i++) {
		pattern_fill(page, PAGE, 1, i);
		write_all(fd, page, PAGE);
	}
	return fd;
}

static void check_clean(int fd)
{
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(page_state(fd, i) & (PAGE_DIRTY | PAGE_WRITEBACK), 0);
	go_cold(fd);
	CHECK(file_ok(fd, PAGES * PAGE, 1));
}

static void by_fsync(void)
{
	int fd = dirty_file();

	measure();
	CHECK_EQ(fsync(fd), 0);
	measured();
	CHECK(machine_cost("blk_flushes") >= 1);
	check_clean(fd);
}

static void by_fdatasync(void)
{
	int fd = dirty_file();

	CHECK_EQ(fdatasync(fd), 0);
	check_clean(fd);
}

static void by_sync(void)
{
	int fd = dirty_file();

	sync();
	check_clean(fd);
	CHECK_EQ(memory_now("frames_writeback"), 0);
}

static void clean_file_writes_nothing(void)
{
	int fd = dirty_file();

	CHECK_EQ(fsync(fd), 0);
	measure();
	CHECK_EQ(fdatasync_area(fd, 0, 0), 0);
	measured();
	CHECK_EQ(cost("pages_written"), 0);
}

static void also_through_a_read_only_descriptor(void)
{
	int fd = dirty_file();

	CHECK_EQ(fsync(open(scratch("f"), O_RDONLY)), 0);
	check_clean(fd);
}

static void not_a_file(void)
{
	CHECK_FAILS(fsync(STDIN_FILENO), EINVAL);
	CHECK_FAILS(fsync(63), EBADF);
}

int main(void)
{
	RUN(by_fsync);
	RUN(by_fdatasync);
	RUN(by_sync);
	RUN(clean_file_writes_nothing);
	RUN(also_through_a_read_only_descriptor);
	RUN(not_a_file);
	return test_end();
}
