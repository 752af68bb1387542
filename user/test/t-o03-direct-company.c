/*
 * t-o03: O_DIRECT in company.  While one process writes past the cache another
 * reads through it, cuts the file, or writes through it.  Nobody ever sees
 * bytes that nobody wrote, and at the end the last writer is right.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 8, ROUNDS = 40, OLD = 0x11, NEW = 0x22, OTHER = 0x33 };

static int file;		/* O_DIRECT */
static char *buffer;

/* Old bytes lie on the disk where the file is going to be. */
static void soil_the_disk(void)
{
	int fd = scratch_file("soil");
	char *p = map_anonymous(16 * PAGES * PAGE);

	memset(p, 0x5a, 16 * PAGES * PAGE);
	CHECK_EQ(write(fd, p, 16 * PAGES * PAGE), 16 * PAGES * PAGE);
	CHECK_EQ(fsync(fd), 0);
	close(fd);
	CHECK_EQ(unlink(scratch("soil")), 0);
}

static void begin(void)
{
	soil_the_disk();
	file = open(scratch("f"), O_RDWR | O_CREAT | O_TRUNC | O_DIRECT, 0644);
	buffer = map_anonymous(PAGES * PAGE);
	memset(buffer, OLD, PAGES * PAGE);
	CHECK_EQ(pwrite(file, buffer, PAGES * PAGE, 0), PAGES * PAGE);
}

static int cached(void)
{
	int fd = open(scratch("f"), O_RDWR);

	CHECK(fd >= 0);
	return fd;
}

static int known(const char *p, ssize_t n)
{
	for (ssize_t i = 0; i < n; i++) {
		if (p[i] != 0 && p[i] != OLD && p[i] != NEW && p[i] != OTHER)
			return 0;
	}
	return 1;
}

/* When the write is over, so is what was there before, in the cache too. */
static void write_past_the_cache(void)
{
	int fd = cached();
	char c;

	for (int i = 0; i < ROUNDS; i++) {
		memset(buffer, i % 2 ? NEW : OLD, PAGES * PAGE);
		CHECK_EQ(pwrite(file, buffer, PAGES * PAGE, 0), PAGES * PAGE);
		for (int k = 0; k < PAGES; k++) {
			CHECK_EQ(pread(fd, &c, 1, k * PAGE), 1);
			CHECK_EQ(c, buffer[0]);
		}
	}
}

/* The last of the writer's rounds, by both ways. */
static void is_new(int fd)
{
	static char page[PAGE];

	for (int i = 0; i < PAGES; i++) {
		CHECK_EQ(pread(fd, page, PAGE, i * PAGE), PAGE);
		memset(buffer, NEW, PAGE);
		CHECK(memcmp(page, buffer, PAGE) == 0);
	}
	CHECK_EQ(pread(file, buffer, PAGES * PAGE, 0), PAGES * PAGE);
	CHECK(memcmp(buffer, page, PAGE) == 0);
}

static void a_reader_of_the_cache(void)
{
	static char bytes[PAGES * PAGE];
	pid_t writer;
	int fd;

	begin();
	fd = cached();
	writer = child_start(write_past_the_cache);
	for (int i = 0; i < 3 * ROUNDS; i++) {
		CHECK_EQ(pread(fd, bytes, sizeof bytes, 0), sizeof bytes);
		CHECK(known(bytes, sizeof bytes));
		if (i % 3 == 2)
			CHECK(drop_cached_pages(fd) >= 0);
	}
	CHECK_EXIT(child_wait(writer), 0);
	is_new(fd);
}

static void a_mapping(void)
{
	volatile char *p;
	pid_t writer;
	int fd;

	begin();
	fd = cached();
	p = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	writer = child_start(write_past_the_cache);
	for (int i = 0; i < ROUNDS; i++)
		CHECK(known((const char *)p, PAGES * PAGE));
	CHECK_EXIT(child_wait(writer), 0);
	is_new(fd);
	CHECK_EQ(p[0], NEW);
}

static void append_past_the_cache(void)
{
	for (int i = 0; i < ROUNDS; i++)
		CHECK_EQ(pwrite(file, buffer, PAGES * PAGE,
				(i % 4) * PAGES * PAGE), PAGES * PAGE);
}

/* Who reads while the file grows sees zeros or what was written. */
static void somebody_cuts_the_file(void)
{
	static char bytes[4 * PAGES * PAGE];
	pid_t writer;
	ssize_t n;
	int fd;

	begin();
	fd = cached();
	writer = child_start(append_past_the_cache);
	for (int i = 0; i < 2 * ROUNDS; i++) {
		CHECK_EQ(ftruncate(fd, (i % 4) * PAGES * PAGE + 100 * i), 0);
		n = pread(fd, bytes, sizeof bytes, 0);
		CHECK(n >= 0 && known(bytes, n));
	}
	CHECK_EXIT(child_wait(writer), 0);
}

/* Where a hole is filled past the cache there are zeros, then the new bytes. */
static void a_reader_of_holes(void)
{
	static char bytes[4 * PAGES * PAGE];
	pid_t writer;
	int fd;

	begin();
	fd = cached();
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(ftruncate(fd, 4 * PAGES * PAGE), 0);
	writer = child_start(append_past_the_cache);
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(pread(fd, bytes, sizeof bytes, 0), sizeof bytes);
		CHECK(known(bytes, sizeof bytes));
		CHECK(drop_cached_pages(fd) >= 0);
	}
	CHECK_EXIT(child_wait(writer), 0);
}

static void read_past_the_cache(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		ssize_t n = pread(file, buffer, PAGES * PAGE, 0);

		CHECK(n >= 0 && known(buffer, n));
	}
}

/* Pages become dirty, and holes get places, under a reader's hands. */
static void somebody_fills_holes(void)
{
	pid_t reader;
	char *p;
	int fd;

	begin();
	fd = cached();
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(ftruncate(fd, PAGES * PAGE), 0);
	reader = child_start(read_past_the_cache);
	for (int i = 0; i < ROUNDS; i++) {
		p = map_shared(fd, PAGES * PAGE);
		memset(p + i % PAGES * PAGE, OTHER, PAGE);
		CHECK_EQ(munmap(p, PAGES * PAGE), 0);
		CHECK_EQ(pwrite(fd, "\x22", 1, (i + 3) % PAGES * PAGE), 1);
		if (i % PAGES == PAGES - 1) {
			CHECK_EQ(ftruncate(fd, 0), 0);
			CHECK_EQ(ftruncate(fd, PAGES * PAGE), 0);
		}
	}
	CHECK_EXIT(child_wait(reader), 0);
}

int main(void)
{
	RUN(a_reader_of_the_cache);
	RUN(a_mapping);
	RUN(a_reader_of_holes);
	RUN(somebody_cuts_the_file);
	RUN(somebody_fills_holes);
	return test_end();
}
