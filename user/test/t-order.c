/*
 * t-order: processes that grow files by every means there is, and sync all the
 * time.  New blocks and written metadata wait for one another (see order.h in
 * mm/cache): it ends, and every file holds what was put in it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 20, ROUNDS = 6, CHILDREN = 4 };

static const char *const names[CHILDREN] = { "a", "b", "c", "d" };
static int number;			/* of this child */

static void grow_by_write(int fd)
{
	static char page[PAGE];

	for (int i = 0; i < PAGES; i++) {
		pattern_fill(page, PAGE, 1, i);
		write_all(fd, page, PAGE);
		if (i % 8 == 0)
			CHECK_EQ(fdatasync_area(fd, 0, 0), 0);
	}
}

static void grow_by_mwrite(int fd)
{
	char *p = map_anonymous(PAGES * PAGE);

	pattern_fill(p, PAGES * PAGE, 1, 0);
	for (int i = 0; i < PAGES; i += 5) {
		CHECK_EQ(mwrite(fd, p + i * PAGE, 5 * PAGE), 5 * PAGE);
		CHECK_EQ(fdatasync_area(fd, i * PAGE, PAGE), 0);
	}
}

/* Pages of a hole get their blocks when they are first written to. */
static void grow_by_storing(int fd)
{
	char *p;

	CHECK_EQ(ftruncate(fd, PAGES * PAGE), 0);
	p = map_shared(fd, PAGES * PAGE);
	pattern_fill(p, PAGES * PAGE, 1, 0);
	CHECK_EQ(msync(p, PAGES * PAGE, MS_SYNC), 0);
	CHECK_EQ(munmap(p, PAGES * PAGE), 0);
}

static void grow(void)
{
	static void (*const ways[])(int) = {
		grow_by_write, grow_by_mwrite, grow_by_storing,
	};

	for (int round = 0; round < ROUNDS; round++) {
		int fd = open(scratch(names[number]), O_RDWR | O_CREAT, 0644);

		CHECK(fd >= 0);
		ways[(number + round) % 3](fd);
		if (round % 2)
			sync();
		go_cold(fd);
		CHECK(file_ok(fd, PAGES * PAGE, 1));
		close(fd);
		CHECK_EQ(unlink(scratch(names[number])), 0);
	}
}

static void all_grow_and_sync(void)
{
	pid_t child[CHILDREN];

	for (number = 0; number < CHILDREN; number++) {
		scratch(names[number]);
		child[number] = child_start(grow);
	}
	for (int i = 0; i < CHILDREN; i++)
		CHECK_EXIT(child_wait(child[i]), 0);
}

/* ---- all in one file, whose holes are filled again and again --------- */

static int file;

static void store_here(void)
{
	char *p = map_shared(file, PAGES * PAGE);

	for (int i = PAGES - 1; i >= 0; i--) {
		(void)*(volatile char *)(p + i * PAGE);
		pattern_fill(p + i * PAGE, PAGE, 1, i);
	}
}

static void move_here(void)
{
	int fd = open(scratch("f"), O_RDWR);
	char *p = map_anonymous(PAGES * PAGE);

	pattern_fill(p, PAGES * PAGE, 1, 0);
	for (int i = 0; i < PAGES; i += 2)
		CHECK_EQ(mwrite(fd, p + i * PAGE, 2 * PAGE), 2 * PAGE);
}

static void write_here(void)
{
	static char page[PAGE];

	for (int i = 0; i < PAGES; i++) {
		pattern_fill(page, PAGE, 1, i);
		CHECK_EQ(pwrite(file, page, PAGE, i * PAGE), PAGE);
	}
}

static void sync_here(void)
{
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(fsync(file), 0);
}

static void all_fill_the_same_holes(void)
{
	static void (*const actors[])(void) = {
		store_here, sync_here, move_here, sync_here, write_here,
		store_here,
	};
	enum { ACTORS = sizeof actors / sizeof actors[0] };

	for (int round = 0; round < ROUNDS; round++) {
		pid_t child[ACTORS];

		file = sparse_file("f", PAGES * PAGE);
		for (int i = 0; i < ACTORS; i++)
			child[i] = child_start(actors[i]);
		for (int i = 0; i < ACTORS; i++)
			CHECK_EXIT(child_wait(child[i]), 0);
		CHECK(file_ok(file, PAGES * PAGE, 1));
		close(file);
	}
}

int main(void)
{
	RUN(all_grow_and_sync);
	RUN(all_fill_the_same_holes);
	return test_end();
}
