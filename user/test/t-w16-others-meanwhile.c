/*
 * t-w16: while one process moves pages, others that share them after fork
 * write to them, fork and exit, others read the destination, and others move
 * into it.  Each keeps its own bytes; a page of the destination is always one
 * page that somebody moved there, whole.  (decision 5; W16, W7)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 24, CHILDREN = 3, ROUNDS = 8 };

static char *shared;
static int dst, source;

/* Writes to what it shares, passes it on to a child of its own, and exits. */
static void write_and_fork(void)
{
	pid_t child;

	CHECK(pattern_ok(shared, PAGES * PAGE, 1, 0));
	pattern_fill(shared, PAGES / 2 * PAGE, 2, 0);
	child = fork();
	if (child == 0) {
		pattern_fill(shared, PAGES * PAGE, 3, 0);
		_exit(!pattern_ok(shared, PAGES * PAGE, 3, 0));
	}
	CHECK(pattern_ok(shared, PAGES / 2 * PAGE, 2, 0));
	CHECK_EXIT(child_wait(child), 0);
	CHECK(pattern_ok(shared, PAGES / 2 * PAGE, 2, 0));
}

/* Half of it touched and shared; the rest comes from the disk on the way. */
static void w16_siblings_write_fork_and_exit(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		pid_t child[CHILDREN];

		source = pattern_file("src", PAGES * PAGE, 1);
		dst = scratch_file("dst");
		shared = map_uncached(source, PAGES * PAGE);
		CHECK(pattern_ok(shared, PAGES / 2 * PAGE, 1, 0));
		go_cold(source);
		for (int i = 0; i < CHILDREN; i++)
			child[i] = child_start(write_and_fork);
		CHECK_EQ(mwrite(dst, shared, PAGES * PAGE), PAGES * PAGE);
		CHECK(file_ok(dst, PAGES * PAGE, 1));
		for (int i = 0; i < CHILDREN; i++)
			CHECK_EXIT(child_wait(child[i]), 0);
		CHECK(file_ok(dst, PAGES * PAGE, 1));
		CHECK(file_ok(source, PAGES * PAGE, 1));
		CHECK_EQ(munmap(shared, PAGES * PAGE), 0);
		close(source);
		close(dst);
	}
}

static int open_again(void)
{
	int fd = open(scratch("dst"), O_RDWR);

	CHECK(fd >= 0);
	return fd;
}

/* Pages of pattern 1 and 2 alternate in one place of dst. */
static void move_there(unsigned seed)
{
	int fd = open_again();
	char *p = map_anonymous(PAGES * PAGE);

	for (int round = 0; round < ROUNDS; round++) {
		pattern_fill(p, PAGES * PAGE, seed, 0);
		CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
		CHECK_EQ(mwrite(fd, p, PAGES * PAGE), PAGES * PAGE);
		CHECK_EQ(fdatasync_area(fd, 0, 0), 0);
	}
}

static void move_ones(void)
{
	move_there(1);
}

static void move_twos(void)
{
	move_there(2);
}

static int one_of_them(const char *page, int i)
{
	return pattern_ok(page, PAGE, 1, i) || pattern_ok(page, PAGE, 2, i);
}

static void read_always(void)
{
	static char page[PAGE];
	int fd = open_again();

	for (int i = 0; i < ROUNDS * PAGES; i++) {
		int k = i % PAGES;

		CHECK_EQ(pread(fd, page, PAGE, k * PAGE), PAGE);
		CHECK(one_of_them(page, k));
	}
}

/*
 * A mapping keeps the frame in its place, so that the bytes are copied into it
 * while others look: only read() promises a whole page then.
 */
static void w16_into_one_file_at_once(void)
{
	pid_t child[CHILDREN];

	dst = pattern_file("dst", PAGES * PAGE, 1);
	child[0] = child_start(move_ones);
	child[1] = child_start(move_twos);
	child[2] = child_start(read_always);
	for (int i = 0; i < CHILDREN; i++)
		CHECK_EXIT(child_wait(child[i]), 0);
	shared = map_private(dst, PAGES * PAGE);
	for (int i = 0; i < PAGES; i++)
		CHECK(one_of_them(shared + i * PAGE, i));
}

int main(void)
{
	RUN(w16_siblings_write_fork_and_exit);
	RUN(w16_into_one_file_at_once);
	return test_end();
}
