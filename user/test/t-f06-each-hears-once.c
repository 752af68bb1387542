/*
 * t-f06: a write that failed is told to each open file description, and to
 * each once: to the one who syncs, to the one who only closes his eyes and
 * syncs later, in this process or another.  Descriptors of one description
 * hear together.  (decision 10; F6, F3)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 4 };

static int file;

static int open_again(void)
{
	int fd = open(scratch("f"), O_RDWR);

	CHECK(fd >= 0);
	return fd;
}

/* A file whose write-out fails; who syncs first is the caller's affair. */
static void make_failing(void)
{
	static char page[PAGE];

	for (int i = 0; i < PAGES; i++) {
		pattern_fill(page, PAGE, 2, i);
		CHECK_EQ(pwrite(file, page, PAGE, i * PAGE), PAGE);
	}
	fail_at("write", 1);
}

static void f06_two_descriptions_each_once(void)
{
	int other;

	file = pattern_file("f", PAGES * PAGE, 1);
	other = open_again();
	make_failing();
	CHECK_FAILS(fdatasync_area(file, 0, 0), EIO);
	CHECK_FAILS(fdatasync_area(other, 0, 0), EIO);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(fdatasync_area(file, 0, 0), 0);
		CHECK_EQ(fdatasync_area(other, 0, 0), 0);
	}
	go_cold(file);
	CHECK(file_ok(file, PAGES * PAGE, 2));
}

static void f06_one_description_hears_together(void)
{
	int same;

	file = pattern_file("f", PAGES * PAGE, 1);
	same = dup(file);
	CHECK(same >= 0);
	make_failing();
	CHECK_FAILS(fdatasync_area(file, 0, 0), EIO);
	CHECK_EQ(fdatasync_area(same, 0, 0), 0);
	CHECK_EQ(fsync(file), 0);
}

/* The child has a description of its own, opened before the error. */
static void f06_two_processes(void)
{
	int go[2];
	char c;
	pid_t child;

	file = pattern_file("f", PAGES * PAGE, 1);
	CHECK_EQ(pipe(go), 0);
	child = fork();
	if (child == 0) {
		file = open_again();
		CHECK_EQ(write(go[1], "r", 1), 1);
		CHECK_EQ(close(go[1]), 0);
		while (access(scratch("told"), F_OK) != 0)
			getppid();
		CHECK_FAILS(fdatasync_area(file, 0, 0), EIO);
		CHECK_EQ(fdatasync_area(file, 0, 0), 0);
		_exit(0);
	}
	CHECK_EQ(read(go[0], &c, 1), 1);
	make_failing();
	CHECK_FAILS(fdatasync_area(file, 0, 0), EIO);
	CHECK_EQ(fdatasync_area(file, 0, 0), 0);
	scratch_file("told");
	CHECK_EXIT(child_wait(child), 0);
}

/* The error was somebody else's, and outside the range asked for. */
static void f06_whatever_the_range(void)
{
	int other;

	file = pattern_file("f", PAGES * PAGE, 1);
	other = open_again();
	make_failing();
	CHECK_FAILS(fdatasync_area(file, 0, PAGE), EIO);
	CHECK_FAILS(fdatasync_area(other, (PAGES - 1) * PAGE, PAGE), EIO);
	CHECK_EQ(fdatasync_area(file, 0, 0), 0);
	CHECK_EQ(fdatasync_area(other, 0, 0), 0);
	go_cold(file);
	CHECK(file_ok(file, PAGES * PAGE, 2));
}

int main(void)
{
	RUN(f06_two_descriptions_each_once);
	RUN(f06_one_description_hears_together);
	RUN(f06_two_processes);
	RUN(f06_whatever_the_range);
	fail_at("write", 0);
	return test_end();
}
