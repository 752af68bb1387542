/*
 * t-d08: a full disk.  write() and mwrite() do what still fits, then say
 * ENOSPC; what was there stays, in the source as in the destination; removing
 * a file makes room again.  (decisions 8, 9; W11, W22)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

enum {
	CHUNK = 1 << 20,
	ROOM = 24,			/* blocks given back by leave_room() */
	PAGES = 64,			/* more than fit then */
};

static char chunk[CHUNK];

static int fill_disk(void)
{
	int fd = scratch_file("filler");
	ssize_t n;

	while ((n = write(fd, chunk, CHUNK)) > 0)
		continue;
	CHECK_EQ(errno, ENOSPC);
	while (write(fd, chunk, PAGE) > 0)
		continue;
	CHECK_EQ(errno, ENOSPC);
	return fd;
}

static void leave_room(int filler)
{
	off_t size = file_size(filler) & -(off_t)PAGE;

	CHECK(size > ROOM * PAGE);
	CHECK_EQ(ftruncate(filler, size - ROOM * PAGE), 0);
	CHECK(memory_now("fs_blocks_free") >= ROOM);
	CHECK(memory_now("fs_blocks_free") < PAGES);
}

static void mwrite_of_touched_pages(void)
{
	int dst = scratch_file("dst");
	char *p = map_anonymous(4 * PAGE);
	long was;

	pattern_fill(p, 4 * PAGE, 1, 0);
	was = page_of_address(p);
	CHECK_FAILS(mwrite(dst, p, 4 * PAGE), ENOSPC);
	CHECK_EQ(file_size(dst), 0);
	CHECK_EQ(lseek(dst, 0, SEEK_CUR), 0);
	CHECK_EQ(page_of_address(p), was);
	CHECK(pattern_ok(p, 4 * PAGE, 1, 0));
}

static void mwrite_of_untouched_pages(int src)
{
	int dst = scratch_file("dst");
	char *p = map_uncached(src, PAGES * PAGE);

	CHECK_FAILS(mwrite(dst, p, PAGES * PAGE), ENOSPC);
	CHECK_EQ(file_size(dst), 0);
	CHECK(file_ok(src, PAGES * PAGE, 2));
	CHECK(pattern_ok(p, PAGES * PAGE, 2, 0));
}

static void over_blocks_that_exist_there_is_room(int src)
{
	char *p = map_anonymous(PAGE);

	pattern_fill(p, PAGE, 2, 0);
	CHECK_EQ(lseek(src, 0, SEEK_SET), 0);
	CHECK_EQ(mwrite(src, p, PAGE), PAGE);
	CHECK(file_ok(src, PAGES * PAGE, 2));
}

/* @p holds pattern 3 in all its pages. */
static void short_then_error(char *p)
{
	int dst = scratch_file("dst");
	ssize_t moved = mwrite(dst, p, PAGES * PAGE);

	CHECK(moved > 0);
	CHECK(moved < PAGES * PAGE);
	CHECK_EQ(moved % PAGE, 0);
	CHECK_EQ(lseek(dst, 0, SEEK_CUR), moved);
	CHECK_FAILS(mwrite(dst, p + moved, PAGES * PAGE - moved), ENOSPC);
	CHECK(pattern_ok(p + moved, PAGES * PAGE - moved, 3, moved / PAGE));
	CHECK(file_ok(dst, moved, 3));
	CHECK_EQ(fsync(dst), 0);
	go_cold(dst);
	CHECK(file_ok(dst, moved, 3));
	CHECK_EQ(unlink(scratch("dst")), 0);
	close(dst);
}

static void w11_no_room_at_all(void)
{
	int src = pattern_file("src", PAGES * PAGE, 2);

	fill_disk();
	mwrite_of_touched_pages();
	mwrite_of_untouched_pages(src);
	over_blocks_that_exist_there_is_room(src);
	CHECK(file_ok(src, PAGES * PAGE, 2));
}

static void w22_room_for_some(void)
{
	int src = pattern_file("src", PAGES * PAGE, 3), filler;
	char *p = map_anonymous(PAGES * PAGE);

	filler = fill_disk();
	leave_room(filler);
	pattern_fill(p, PAGES * PAGE, 3, 0);
	short_then_error(p);
	short_then_error(map_uncached(src, PAGES * PAGE));
	CHECK(file_ok(src, PAGES * PAGE, 3));
}

static void write_is_short_then_fails(void)
{
	int filler = fill_disk(), fd = scratch_file("dst");
	ssize_t n;

	leave_room(filler);
	pattern_fill(chunk, CHUNK, 4, 0);
	n = write(fd, chunk, PAGES * PAGE);
	CHECK(n > 0);
	CHECK(n < PAGES * PAGE);
	CHECK_FAILS(write(fd, chunk + n, PAGES * PAGE - n), ENOSPC);
	CHECK(file_ok(fd, n, 4));
}

static void removing_gives_the_room_back(void)
{
	uint64_t blocks = memory_now("fs_blocks_free");
	int fd = fill_disk();

	CHECK(memory_now("fs_blocks_free") < ROOM);
	close(fd);
	CHECK_EQ(unlink(scratch("filler")), 0);
	memory_settles("fs_blocks_free", blocks);
}

int main(void)
{
	RUN(w11_no_room_at_all);
	RUN(w22_room_for_some);
	RUN(write_is_short_then_fails);
	RUN(removing_gives_the_room_back);
	return test_end();
}
