/*
 * t-sparse: holes read as zeros and take no room; blocks are found again
 * wherever they lie: direct, indirect, double indirect.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

/* With blocks of 4 KiB: 12 direct, then 1024, then 1024 * 1024 [ext2 §3.5]. */
enum { DIRECT = 12, SINGLE = 1024 };

/* The pages on either side of each border. */
static const off_t borders[] = {
	0, DIRECT - 1, DIRECT, DIRECT + SINGLE - 1, DIRECT + SINGLE,
	DIRECT + 2 * SINGLE - 1, DIRECT + 2 * SINGLE, DIRECT + 300 * SINGLE + 7,
};

enum { BORDERS = sizeof borders / sizeof borders[0] };

static char page[PAGE];

static void check_borders(int fd)
{
	for (int i = 0; i < BORDERS; i++) {
		CHECK_EQ(pread(fd, page, PAGE, borders[i] * PAGE), PAGE);
		CHECK(pattern_ok(page, PAGE, 1, i));
	}
	CHECK_EQ(pread(fd, page, PAGE, 5 * PAGE), PAGE);
	CHECK(zeros_ok(page, PAGE));
	CHECK_EQ(pread(fd, page, PAGE, (off_t)(DIRECT + 5000) * PAGE), PAGE);
	CHECK(zeros_ok(page, PAGE));
}

static void every_kind_of_block(void)
{
	int fd = scratch_file("f");

	for (int i = 0; i < BORDERS; i++) {
		pattern_fill(page, PAGE, 1, i);
		CHECK_EQ(pwrite(fd, page, PAGE, borders[i] * PAGE), PAGE);
	}
	check_borders(fd);
	CHECK_EQ(fsync(fd), 0);
	CHECK(drop_cached_pages(fd) > 0);
	check_borders(fd);
	CHECK_EQ(file_size(fd), (borders[BORDERS - 1] + 1) * PAGE);
	CHECK(file_blocks(fd) >= BORDERS);
	CHECK(file_blocks(fd) <= BORDERS + 10);
}

static void truncating_frees_them(void)
{
	uint64_t before = memory_now("fs_blocks_free");
	int fd = scratch_file("f");

	for (int i = 0; i < BORDERS; i++)
		CHECK_EQ(pwrite(fd, page, PAGE, borders[i] * PAGE), PAGE);
	CHECK_EQ(ftruncate(fd, PAGE), 0);
	CHECK_EQ(file_blocks(fd), 1);
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(file_blocks(fd), 0);
	memory_settles("fs_blocks_free", before);
}

static void a_hole_takes_no_room(void)
{
	int fd = sparse_file("f", 100 << 20);

	CHECK_EQ(file_blocks(fd), 0);
	CHECK_EQ(pread(fd, page, PAGE, 50 << 20), PAGE);
	CHECK(zeros_ok(page, PAGE));
	CHECK_EQ(file_blocks(fd), 0);
}

static void filling_a_hole(void)
{
	int fd = sparse_file("f", 10 * PAGE);

	memset(page, 'x', PAGE);
	CHECK_EQ(pread(fd, page, PAGE, 4 * PAGE), PAGE);
	CHECK_EQ(pwrite(fd, "x", 1, 4 * PAGE + 100), 1);
	CHECK_EQ(pread(fd, page, PAGE, 4 * PAGE), PAGE);
	CHECK(zeros_ok(page, 100));
	CHECK_EQ(page[100], 'x');
	CHECK(zeros_ok(page + 101, PAGE - 101));
	CHECK_EQ(file_blocks(fd), 1);
}

/* The room of a removed file must not show through a hole or a fresh block. */
static void old_content_does_not_show(void)
{
	int fd = pattern_file("old", 64 * PAGE, 9);

	close(fd);
	CHECK_EQ(unlink(scratch("old")), 0);
	fd = scratch_file("f");
	for (int i = 0; i < 32; i++)
		CHECK_EQ(pwrite(fd, "x", 1, i * 2 * PAGE + 10), 1);
	CHECK_EQ(fsync(fd), 0);
	go_cold(fd);
	for (int i = 0; i < 63; i++) {
		CHECK(pread(fd, page, PAGE, i * PAGE) >= 11);
		CHECK(zeros_ok(page, 10));
		if (i < 62)
			CHECK(zeros_ok(page + 11, PAGE - 11));
	}
}

static void beyond_the_largest_file(void)
{
	int fd = scratch_file("f");

	CHECK_FAILS(ftruncate(fd, (off_t)1 << 60), EFBIG);
	CHECK_FAILS(pwrite(fd, "x", 1, (off_t)1 << 60), EFBIG);
	CHECK_EQ(file_size(fd), 0);
}

int main(void)
{
	RUN(every_kind_of_block);
	RUN(truncating_frees_them);
	RUN(a_hole_takes_no_room);
	RUN(filling_a_hole);
	RUN(old_content_does_not_show);
	RUN(beyond_the_largest_file);
	return test_end();
}
