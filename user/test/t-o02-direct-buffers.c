/*
 * t-o02: the user's end of O_DIRECT.  Pages that a device reads or writes are
 * pinned: they are there, they are ours alone, and nothing takes them away;
 * afterwards everything is let go of.  And what goes wrong on the way: no
 * memory there, a disk that fails, a disk that is full.  (W20)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 16 };

static int file;
static char *buffer;

static void begin(void)
{
	file = pattern_file("f", PAGES * PAGE, 1);
	go_cold(file);
	CHECK_EQ(fcntl(file, F_SETFL, O_DIRECT), 0);
	buffer = map_anonymous(PAGES * PAGE);
}

static void read_all(void *p)
{
	CHECK_EQ(pread(file, p, PAGES * PAGE, 0), PAGES * PAGE);
}

static void write_all_of(const void *p)
{
	CHECK_EQ(pwrite(file, p, PAGES * PAGE, 0), PAGES * PAGE);
}

static void through_the_cache(unsigned seed)
{
	CHECK_EQ(fcntl(file, F_SETFL, 0), 0);
	CHECK(file_ok(file, PAGES * PAGE, seed));
}

static void untouched_memory(void)
{
	begin();
	read_all(buffer);
	CHECK(pattern_ok(buffer, PAGES * PAGE, 1, 0));
	write_all_of(map_anonymous(PAGES * PAGE));
	read_all(buffer);
	CHECK(zeros_ok(buffer, PAGES * PAGE));
}

/* The zero page, which a read of untouched memory shows, is not filled. */
static void the_page_of_zeros(void)
{
	char *other = map_anonymous(PAGE);

	begin();
	CHECK_EQ(buffer[0] + other[0], 0);
	CHECK_EQ(page_of_address(buffer), page_of_address(other));
	read_all(buffer);
	CHECK(pattern_ok(buffer, PAGES * PAGE, 1, 0));
	CHECK_EQ(other[0], 0);
}

static void child_reads(void)
{
	read_all(buffer);
	CHECK(pattern_ok(buffer, PAGES * PAGE, 1, 0));
}

/* Pages shared after fork: the reader gets its own, the other keeps its bytes. */
static void memory_shared_after_fork(void)
{
	begin();
	pattern_fill(buffer, PAGES * PAGE, 9, 0);
	CHECK_EXIT(in_child(child_reads), 0);
	CHECK(pattern_ok(buffer, PAGES * PAGE, 9, 0));
}

static void a_private_mapping(void)
{
	int src = pattern_file("src", PAGES * PAGE, 2);
	char *p = map_private(src, PAGES * PAGE);

	begin();
	write_all_of(p);
	through_the_cache(2);
	begin();
	read_all(p);
	CHECK(pattern_ok(p, PAGES * PAGE, 1, 0));
	CHECK(file_ok(src, PAGES * PAGE, 2));
}

static void an_uncached_mapping(void)
{
	int src = pattern_file("src", PAGES * PAGE, 2);
	char *p = map_uncached(src, PAGES * PAGE);

	begin();
	write_all_of(p);
	through_the_cache(2);
	CHECK(file_ok(src, PAGES * PAGE, 2));
}

/* The device writes into pages of another file: they are dirty afterwards. */
static void a_shared_mapping(void)
{
	int dst = sparse_file("dst", PAGES * PAGE);
	char *p = map_shared(dst, PAGES * PAGE);

	begin();
	read_all(p);
	CHECK_EQ(fsync(dst), 0);
	CHECK_EQ(munmap(p, PAGES * PAGE), 0);
	go_cold(dst);
	CHECK(file_ok(dst, PAGES * PAGE, 1));
}

static int shown;

/* What the device has put into the file's pages is on that file's disk. */
static void read_into_shown_and_look(void)
{
	char *p = map_shared(shown, PAGES * PAGE);
	int disk = open(scratch("shown"), O_RDONLY | O_DIRECT);

	for (int i = 0; i < 60; i++) {
		memset(p, 0, PAGES * PAGE);
		read_all(p);
		CHECK_EQ(pread(disk, buffer, PAGES * PAGE, 0), PAGES * PAGE);
		CHECK(pattern_ok(buffer, PAGES * PAGE, 1, 0));
	}
}

/* Somebody writes those pages out while the device still fills them. */
static void a_shared_mapping_written_out_meanwhile(void)
{
	pid_t reader;

	begin();
	shown = sparse_file("shown", PAGES * PAGE);
	reader = child_start(read_into_shown_and_look);
	for (int i = 0; i < 200; i++)
		CHECK_EQ(fdatasync_area(shown, 0, PAGES * PAGE), 0);
	CHECK_EXIT(child_wait(reader), 0);
	go_cold(shown);
	CHECK(file_ok(shown, PAGES * PAGE, 1));
}

/* The buffer is the file itself. */
static void its_own_pages(void)
{
	char *p;

	begin();
	p = map_shared(file, PAGES * PAGE);
	read_all(p);
	CHECK(pattern_ok(p, PAGES * PAGE, 1, 0));
	pattern_fill(p, PAGES * PAGE, 3, 0);
	write_all_of(p);
	CHECK(pattern_ok(p, PAGES * PAGE, 3, 0));
	CHECK_EQ(munmap(p, PAGES * PAGE), 0);
	through_the_cache(3);
}

static void no_such_memory(void)
{
	begin();
	CHECK_FAILS(pread(file, (void *)PAGE, PAGE, 0), EFAULT);
	CHECK_FAILS(pwrite(file, (void *)PAGE, PAGE, 0), EFAULT);
	CHECK_FAILS(pread(file, (void *)0xC0000000, PAGE, 0), EFAULT);
	CHECK_EQ(mprotect(buffer, PAGE, PROT_READ), 0);
	CHECK_FAILS(pread(file, buffer, PAGE, 0), EFAULT);
	CHECK_EQ(mprotect(buffer, PAGE, PROT_NONE), 0);
	CHECK_FAILS(pwrite(file, buffer, PAGE, 0), EFAULT);
	CHECK_EQ(munmap(buffer + 4 * PAGE, PAGE), 0);
	CHECK_EQ(pread(file, buffer + PAGE, 8 * PAGE, 0), 3 * PAGE);
	CHECK(pattern_ok(buffer + PAGE, 3 * PAGE, 1, 0));
	through_the_cache(1);
}

static void a_disk_that_fails(void)
{
	begin();
	fail_at("read", 1);
	CHECK_FAILS(pread(file, buffer, PAGE, 0), EIO);
	fail_at("read", 0);
	read_all(buffer);
	fail_at("write", 1);
	CHECK_FAILS(pwrite(file, buffer, PAGE, 0), EIO);
	fail_at("write", 0);
	CHECK_EQ(fsync(file), 0);
	write_all_of(buffer);
	through_the_cache(1);
}

/* Blocks that were found for a write that failed are given back. */
static void a_disk_that_fails_at_the_end(void)
{
	struct statvfs before, after;

	begin();
	memset(buffer, 1, PAGES * PAGE);
	CHECK_EQ(statvfs("/tmp", &before), 0);
	fail_at("write", 1);
	CHECK_FAILS(pwrite(file, buffer, PAGES * PAGE, PAGES * PAGE), EIO);
	fail_at("write", 0);
	CHECK_EQ(file_size(file), PAGES * PAGE);
	CHECK_EQ(statvfs("/tmp", &after), 0);
	CHECK_EQ(after.f_bfree, before.f_bfree);
	through_the_cache(1);
}

/* Nor is what lies on the disk where a hole was to be filled ever seen. */
static void a_disk_that_fails_in_a_hole(void)
{
	int other;

	begin();
	other = open(scratch("f"), O_RDWR);
	memset(buffer, 7, PAGES * PAGE);
	write_all_of(buffer);
	CHECK_EQ(ftruncate(file, 0), 0);
	CHECK_EQ(ftruncate(file, PAGES * PAGE), 0);
	memset(buffer, 0, PAGES * PAGE);
	fail_at("write", 1);
	CHECK_FAILS(pwrite(file, buffer, PAGES * PAGE, 0), EIO);
	fail_at("write", 0);
	memset(buffer, 1, PAGES * PAGE);
	CHECK_EQ(pread(other, buffer, PAGES * PAGE, 0), PAGES * PAGE);
	CHECK(zeros_ok(buffer, PAGES * PAGE));
}

/* A dirty page that cannot be written stays, and the transfer is refused. */
static void a_cached_page_that_cannot_be_written(void)
{
	int other;

	begin();
	other = open(scratch("f"), O_RDWR);
	pattern_fill(buffer, PAGE, 2, 0);
	CHECK_EQ(pwrite(other, buffer, PAGE, 0), PAGE);
	fail_at("write", 1);
	CHECK_FAILS(pread(file, buffer + PAGE, PAGE, 0), EIO);
	fail_at("write", 0);
	CHECK_EQ(pread(file, buffer + PAGE, PAGE, 0), PAGE);
	CHECK(pattern_ok(buffer + PAGE, PAGE, 2, 0));
}

static void fill_the_disk(void)
{
	int hog = scratch_file("hog");
	char *p = map_anonymous(256 * PAGE);

	memset(p, 1, 256 * PAGE);
	CHECK_EQ(fcntl(hog, F_SETFL, O_DIRECT), 0);
	while (write(hog, p, 256 * PAGE) > 0)
		;
	CHECK_EQ(errno, ENOSPC);
}

static void a_full_disk(void)
{
	begin();
	memset(buffer, 1, PAGES * PAGE);
	fill_the_disk();
	CHECK_FAILS(pwrite(file, buffer, PAGE, PAGES * PAGE), ENOSPC);
	CHECK_EQ(file_size(file), PAGES * PAGE);
	write_all_of(buffer);
	CHECK_EQ(ftruncate(file, 8 * PAGE), 0);
	CHECK(pwrite(file, buffer, PAGES * PAGE, 8 * PAGE) >= 8 * PAGE);
}

/* Pinned frames are let go of: none is left when all is over. */
static void nothing_is_left(void)
{
	uint64_t all;

	begin();
	read_all(buffer);
	write_all_of(buffer);
	all = memory_now("frames_free");
	for (int i = 0; i < 50; i++) {
		read_all(buffer);
		write_all_of(buffer);
	}
	memory_settles("frames_free", all);
}

static void read_into_shown(void)
{
	char *p = map_shared(shown, PAGES * PAGE);

	for (int i = 0; i < 40; i++) {
		ssize_t n = pread(file, p, PAGES * PAGE, 0);

		CHECK(n >= 0 || errno == EFAULT);
	}
}

static void kernel_finds_no_fault(void)
{
	int fd = open("/proc/magpie/check", O_RDONLY);
	char text[64] = "";

	CHECK(read(fd, text, sizeof text - 1) > 0);
	CHECK(strcmp(text, "ok") == 0 || strcmp(text, "ok\n") == 0);
}

/*
 * The device writes into pages of a file that somebody else cuts meanwhile:
 * the frames have no name any more then, but they are not free either.
 */
static void w20_buffers_that_are_cut_off(void)
{
	const struct timespec pause = { .tv_nsec = 70 * 1000 };
	pid_t reader;

	begin();
	shown = sparse_file("shown", PAGES * PAGE);
	reader = child_start(read_into_shown);
	for (int i = 0; i < 40; i++) {
		CHECK_EQ(ftruncate(shown, 0), 0);
		nanosleep(&pause, NULL);
		CHECK_EQ(ftruncate(shown, PAGES * PAGE), 0);
		nanosleep(&pause, NULL);
	}
	CHECK_EXIT(child_wait(reader), 0);
	kernel_finds_no_fault();
	through_the_cache(1);
}

int main(void)
{
	RUN(untouched_memory);
	RUN(the_page_of_zeros);
	RUN(memory_shared_after_fork);
	RUN(a_private_mapping);
	RUN(an_uncached_mapping);
	RUN(a_shared_mapping);
	RUN(a_shared_mapping_written_out_meanwhile);
	RUN(its_own_pages);
	RUN(no_such_memory);
	RUN(a_disk_that_fails);
	RUN(a_disk_that_fails_at_the_end);
	RUN(a_disk_that_fails_in_a_hole);
	RUN(a_cached_page_that_cannot_be_written);
	RUN(a_full_disk);
	RUN(nothing_is_left);
	RUN(w20_buffers_that_are_cut_off);
	fail_at("read", 0);
	fail_at("write", 0);
	return test_end();
}
