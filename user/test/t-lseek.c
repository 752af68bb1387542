/*
 * t-lseek: where the file position may go, and where not.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

static void three_origins(void)
{
	int fd = pattern_file("f", 1000, 1);

	CHECK_EQ(lseek(fd, 10, SEEK_SET), 10);
	CHECK_EQ(lseek(fd, 5, SEEK_CUR), 15);
	CHECK_EQ(lseek(fd, -15, SEEK_CUR), 0);
	CHECK_EQ(lseek(fd, -1, SEEK_END), 999);
	CHECK_EQ(lseek(fd, 24, SEEK_END), 1024);
	CHECK_EQ(file_size(fd), 1000);
}

static void before_the_start(void)
{
	int fd = pattern_file("f", 1000, 1);

	CHECK_FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_FAILS(lseek(fd, -1001, SEEK_END), EINVAL);
	CHECK_EQ(lseek(fd, 7, SEEK_SET), 7);
	CHECK_FAILS(lseek(fd, -8, SEEK_CUR), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 7);
}

static void no_such_origin(void)
{
	CHECK_FAILS(lseek(pattern_file("f", 10, 1), 0, 99), EINVAL);
}

static void no_such_descriptor(void)
{
	CHECK_FAILS(lseek(-1, 0, SEEK_SET), EBADF);
	CHECK_FAILS(lseek(63, 0, SEEK_SET), EBADF);
}

static void reading_past_the_end_is_the_end(void)
{
	int fd = pattern_file("f", 1000, 1);
	char c;

	CHECK_EQ(lseek(fd, 1000, SEEK_SET), 1000);
	CHECK_EQ(read(fd, &c, 1), 0);
	CHECK_EQ(lseek(fd, (off_t)1 << 30, SEEK_SET), (off_t)1 << 30);
	CHECK_EQ(read(fd, &c, 1), 0);
}

/* The old call returns 32 bits; more does not fit [POSIX lseek]. */
static void old_call_cannot_say_large_positions(void)
{
	int fd = sparse_file("f", 100);
	off_t far = (off_t)3 << 30;

	CHECK_EQ(lseek(fd, far, SEEK_SET), far);
	CHECK_FAILS(syscall(SYS_lseek, fd, 0, SEEK_CUR), EOVERFLOW);
}

int main(void)
{
	RUN(three_origins);
	RUN(before_the_start);
	RUN(no_such_origin);
	RUN(no_such_descriptor);
	RUN(reading_past_the_end_is_the_end);
	RUN(old_call_cannot_say_large_positions);
	return test_end();
}
