/*
 * t-truncate: cutting and growing files; what was cut off never comes back.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "test.h"

static char page[PAGE];

static void down_and_up_gives_zeros(void)
{
	int fd = pattern_file("f", 3 * PAGE, 1);
	char *p;

	CHECK_EQ(ftruncate(fd, PAGE + 100), 0);
	CHECK_EQ(file_size(fd), PAGE + 100);
	CHECK_EQ(ftruncate(fd, 3 * PAGE), 0);
	p = map_private(fd, 3 * PAGE);
	CHECK(pattern_ok(p, PAGE + 100, 1, 0));
	CHECK(zeros_ok(p + PAGE + 100, 2 * PAGE - 100));
}

static void also_on_the_disk(void)
{
	int fd = pattern_file("f", 3 * PAGE, 1);

	CHECK_EQ(ftruncate(fd, 100), 0);
	CHECK_EQ(ftruncate(fd, 3 * PAGE), 0);
	CHECK_EQ(fsync(fd), 0);
	go_cold(fd);
	CHECK_EQ(pread(fd, page, PAGE, 0), PAGE);
	CHECK(pattern_ok(page, 100, 1, 0));
	CHECK(zeros_ok(page + 100, PAGE - 100));
	CHECK_EQ(pread(fd, page, PAGE, PAGE), PAGE);
	CHECK(zeros_ok(page, PAGE));
}

static void reading_stops_at_the_new_end(void)
{
	int fd = pattern_file("f", 3 * PAGE, 1);

	CHECK_EQ(ftruncate(fd, 50), 0);
	CHECK_EQ(pread(fd, page, PAGE, 0), 50);
	CHECK_EQ(pread(fd, page, PAGE, 50), 0);
	CHECK_EQ(pread(fd, page, PAGE, PAGE), 0);
}

static void cached_pages_go(void)
{
	int fd = pattern_file("f", 8 * PAGE, 1);

	go_warm(fd);
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	CHECK(page_of_file(fd, 1) > 0);
	for (int i = 2; i < 8; i++)
		CHECK_EQ(page_of_file(fd, i), 0);
}

static char *mapped;

static void touch_second(void)
{
	*(volatile char *)(mapped + PAGE);
}

static void a_mapping_past_the_end_is_SIGBUS(void)
{
	int fd = pattern_file("f", 2 * PAGE, 1);

	mapped = map_private(fd, 2 * PAGE);
	CHECK(pattern_ok(mapped, 2 * PAGE, 1, 0));
	CHECK_EQ(ftruncate(fd, PAGE), 0);
	CHECK_KILLED(in_child(touch_second), SIGBUS);
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	CHECK(zeros_ok(mapped + PAGE, PAGE));
}

static void own_copies_and_stolen_pages(void)
{
	int fd = pattern_file("f", 2 * PAGE, 1);
	char *p = map_uncached(fd, 2 * PAGE);

	CHECK(pattern_ok(p, 2 * PAGE, 1, 0));
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(file_size(fd), 0);
}

static void by_name(void)
{
	int fd = pattern_file("f", 3 * PAGE, 1);

	CHECK_EQ(truncate(scratch("f"), 10), 0);
	CHECK(file_ok(fd, 10, 1));
	CHECK_FAILS(truncate("/tmp/not-there", 10), ENOENT);
	CHECK_FAILS(truncate("/tmp", 10), EISDIR);
	CHECK_FAILS(truncate(scratch("f"), -1), EINVAL);
}

static void refused(void)
{
	int fd = pattern_file("f", 10, 1);

	CHECK_FAILS(ftruncate(fd, -1), EINVAL);
	CHECK_FAILS(ftruncate(-1, 0), EBADF);
	CHECK_FAILS(ftruncate(open("/", O_RDONLY), 0), EINVAL);
	CHECK(file_ok(fd, 10, 1));
}

int main(void)
{
	RUN(down_and_up_gives_zeros);
	RUN(also_on_the_disk);
	RUN(reading_stops_at_the_new_end);
	RUN(cached_pages_go);
	RUN(a_mapping_past_the_end_is_SIGBUS);
	RUN(own_copies_and_stolen_pages);
	RUN(by_name);
	RUN(refused);
	return test_end();
}
