/*
 * t-sendfile: sendfile and copy_file_range copy from file to file by any
 * lengths and places, once and not twice, leave positions where they should
 * be, and refuse what Linux refuses.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 40, ODD = 1234, SIZE = PAGES * PAGE + ODD };

static void send_a_file(void)
{
	int in = pattern_file("in", SIZE, 1), out = scratch_file("out");

	go_cold(in);
	lseek(in, 0, SEEK_SET);
	measure();
	CHECK_EQ(sendfile(out, in, NULL, 1 << 30), SIZE);
	measured();
	CHECK_EQ(cost("bytes_copied_read"), 0);
	CHECK_EQ(cost("bytes_copied_write"), SIZE);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), SIZE);
	CHECK_EQ(lseek(out, 0, SEEK_CUR), SIZE);
	CHECK_EQ(sendfile(out, in, NULL, 10), 0);
	CHECK_EQ(fsync(out), 0);
	go_cold(out);
	CHECK(file_ok(out, SIZE, 1));
	CHECK(file_ok(in, SIZE, 1));
}

/* Neither place is at a page's start, so every page of the one meets two of the other. */
static void send_from_the_middle(void)
{
	static char should[4 * PAGE], is[4 * PAGE];
	int in = pattern_file("in", 8 * PAGE, 2);
	int out = pattern_file("out", 8 * PAGE, 3);
	off_t from = PAGE + 100;

	CHECK_EQ(pread(out, should, 4 * PAGE, 0), 4 * PAGE);
	CHECK_EQ(pread(in, should + 333, 2 * PAGE + 5, from), 2 * PAGE + 5);
	lseek(in, 17, SEEK_SET);
	lseek(out, 333, SEEK_SET);
	CHECK_EQ(sendfile(out, in, &from, 2 * PAGE + 5), 2 * PAGE + 5);
	CHECK_EQ(from, PAGE + 100 + 2 * PAGE + 5);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 17);
	CHECK_EQ(lseek(out, 0, SEEK_CUR), 333 + 2 * PAGE + 5);
	CHECK_EQ(pread(out, is, 4 * PAGE, 0), 4 * PAGE);
	CHECK(memcmp(is, should, sizeof is) == 0);
	CHECK_EQ(file_size(out), 8 * PAGE);
}

/* The call of programs whose positions have 32 bits: the word after its own stays. */
static void send_with_a_narrow_position(void)
{
	int in = pattern_file("in", 2 * PAGE, 4), out = scratch_file("out");
	int32_t from[2] = { 0, -7 };

	CHECK_EQ(syscall(SYS_sendfile, out, in, from, 2 * PAGE), 2 * PAGE);
	CHECK_EQ(from[0], 2 * PAGE);
	CHECK_EQ(from[1], -7);
	CHECK(file_ok(out, 2 * PAGE, 4));
	from[0] = INT32_MAX;
	CHECK_FAILS(syscall(SYS_sendfile, out, in, from, 1), EOVERFLOW);
}

static void sendfile_refuses(void)
{
	int in = pattern_file("in", PAGE, 5), out = scratch_file("out");
	int blind = open(scratch("out"), O_RDONLY);
	int mute = open(scratch("in"), O_WRONLY);
	int end = open(scratch("out"), O_WRONLY | O_APPEND);
	int directory = open("/", O_RDONLY), ends[2];
	off_t before = -1, zero = 0;

	CHECK_EQ(pipe(ends), 0);
	CHECK_FAILS(sendfile(99, in, NULL, 1), EBADF);
	CHECK_FAILS(sendfile(out, 99, NULL, 1), EBADF);
	CHECK_FAILS(sendfile(blind, in, NULL, 1), EBADF);
	CHECK_FAILS(sendfile(out, mute, NULL, 1), EBADF);
	CHECK_FAILS(sendfile(end, in, NULL, 1), EINVAL);
	CHECK_FAILS(sendfile(out, in, &before, 1), EINVAL);
	CHECK_FAILS(sendfile(out, in, (off_t *)8, 1), EFAULT);
	CHECK_FAILS(sendfile(out, ends[0], &zero, 1), ESPIPE);
	CHECK_FAILS(sendfile(out, ends[0], NULL, 1), EINVAL);
	CHECK_FAILS(sendfile(out, directory, NULL, 1), EINVAL);
	CHECK_EQ(file_size(out), 0);
}

static void copy_a_range(void)
{
	int in = pattern_file("in", SIZE, 6), out = scratch_file("out");
	off_t from = 0, to = 0;

	go_cold(in);
	while (to < SIZE)
		CHECK_EQ(copy_file_range(in, &from, out, &to, 3 * PAGE + 1, 0) > 0, 1);
	CHECK_EQ(copy_file_range(in, &from, out, &to, PAGE, 0), 0);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), lseek(out, 0, SEEK_CUR));
	CHECK_EQ(fsync(out), 0);
	go_cold(out);
	CHECK(file_ok(out, SIZE, 6));
}

/* Past the end of the destination: what lies between reads as zeros. */
static void copy_past_the_end(void)
{
	static char between[PAGE];
	int in = pattern_file("in", PAGE, 7), out = scratch_file("out");
	off_t from = 0, to = PAGE + 10;

	CHECK_EQ(copy_file_range(in, &from, out, &to, PAGE, 0), PAGE);
	CHECK_EQ(file_size(out), 2 * PAGE + 10);
	CHECK_EQ(pread(out, between, PAGE, 10), PAGE);
	CHECK(zeros_ok(between, PAGE));
}

static void copy_within_a_file(void)
{
	int fd = pattern_file("in", 4 * PAGE, 8);
	static char should[PAGE], is[PAGE];
	off_t from = 100, to = 2 * PAGE + 50, behind = 5 * PAGE;

	CHECK_FAILS(copy_file_range(fd, &from, fd, &(off_t){ 1000 }, PAGE, 0), EINVAL);
	CHECK_FAILS(copy_file_range(fd, &from, fd, &(off_t){ 0 }, 101, 0), EINVAL);
	CHECK_EQ(copy_file_range(fd, &behind, fd, &(off_t){ 5 * PAGE }, PAGE, 0), 0);
	CHECK_EQ(pread(fd, should, PAGE, from), PAGE);
	CHECK_EQ(copy_file_range(fd, &from, fd, &to, PAGE, 0), PAGE);
	CHECK_EQ(pread(fd, is, PAGE, 2 * PAGE + 50), PAGE);
	CHECK(memcmp(is, should, PAGE) == 0);
}

/* From one half of a page to the other. */
static void copy_within_a_page(void)
{
	int fd = pattern_file("in", PAGE, 9);
	static char should[PAGE], is[PAGE];
	off_t from = 0, to = 2000;

	CHECK_EQ(pread(fd, should, PAGE, 0), PAGE);
	memcpy(should + 2000, should, 2000);
	CHECK_EQ(copy_file_range(fd, &from, fd, &to, 2000, 0), 2000);
	CHECK_EQ(pread(fd, is, PAGE, 0), PAGE);
	CHECK(memcmp(is, should, PAGE) == 0);
}

static void copy_file_range_refuses(void)
{
	int in = pattern_file("in", PAGE, 10), out = scratch_file("out");
	int end = open(scratch("out"), O_WRONLY | O_APPEND);
	int blind = open(scratch("out"), O_RDONLY);
	int directory = open("/", O_RDONLY), ends[2];
	off_t far = INT64_MAX - 10, before = -1;

	CHECK_EQ(pipe(ends), 0);
	CHECK_FAILS(copy_file_range(in, NULL, out, NULL, 1, 1), EINVAL);
	CHECK_FAILS(copy_file_range(99, NULL, out, NULL, 1, 0), EBADF);
	CHECK_FAILS(copy_file_range(in, NULL, blind, NULL, 1, 0), EBADF);
	CHECK_FAILS(copy_file_range(in, NULL, end, NULL, 1, 0), EBADF);
	CHECK_FAILS(copy_file_range(directory, NULL, out, NULL, 1, 0), EISDIR);
	CHECK_FAILS(copy_file_range(in, NULL, ends[1], NULL, 1, 0), EINVAL);
	CHECK_FAILS(copy_file_range(in, &before, out, NULL, 1, 0), EINVAL);
	CHECK_FAILS(copy_file_range(in, (off_t *)8, out, NULL, 1, 0), EFAULT);
	CHECK_FAILS(copy_file_range(in, NULL, out, &far, 11, 0), EOVERFLOW);
	CHECK_EQ(file_size(out), 0);
}

int main(void)
{
	RUN(send_a_file);
	RUN(send_from_the_middle);
	RUN(send_with_a_narrow_position);
	RUN(sendfile_refuses);
	RUN(copy_a_range);
	RUN(copy_past_the_end);
	RUN(copy_within_a_file);
	RUN(copy_within_a_page);
	RUN(copy_file_range_refuses);
	return test_end();
}
