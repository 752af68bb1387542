/*
 * t-dup: two descriptors of one open file share the position; two opens do
 * not.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

static void shares_the_position(void)
{
	int a = pattern_file("f", 100, 1), b = dup(a);

	CHECK(b > a);
	CHECK_EQ(lseek(a, 42, SEEK_SET), 42);
	CHECK_EQ(lseek(b, 0, SEEK_CUR), 42);
	CHECK_EQ(close(a), 0);
	CHECK_EQ(lseek(b, 0, SEEK_CUR), 42);
	CHECK(file_ok(b, 100, 1));
}

static void another_open_does_not(void)
{
	int a = pattern_file("f", 100, 1), b = open(scratch("f"), O_RDONLY);

	CHECK_EQ(lseek(a, 42, SEEK_SET), 42);
	CHECK_EQ(lseek(b, 0, SEEK_CUR), 0);
}

static void dup2_replaces(void)
{
	int a = pattern_file("a", 100, 1), b = pattern_file("b", 200, 2);

	CHECK_EQ(dup2(a, b), b);
	CHECK(file_ok(b, 100, 1));
	CHECK_EQ(dup2(a, a), a);
	CHECK(file_ok(a, 100, 1));
	CHECK_EQ(dup2(a, 50), 50);
	CHECK(file_ok(50, 100, 1));
}

static void close_on_exec_is_not_inherited(void)
{
	int a = open(scratch("f"), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	int b = dup(a);

	CHECK_EQ(fcntl(a, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(b, F_GETFD), 0);
	CHECK_EQ(fcntl(b, F_SETFD, FD_CLOEXEC), 0);
	CHECK_EQ(fcntl(b, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(dup2(b, 40), F_GETFD), 0);
}

static void fcntl_duplicates(void)
{
	int a = pattern_file("f", 100, 1);
	int b = fcntl(a, F_DUPFD, 30);

	CHECK_EQ(b, 30);
	CHECK_EQ(fcntl(a, F_DUPFD, 30), 31);
	CHECK(file_ok(b, 100, 1));
	CHECK_EQ(fcntl(a, F_GETFL) & O_ACCMODE, O_RDWR);
}

static void refused(void)
{
	int a = scratch_file("f");

	CHECK_FAILS(dup(-1), EBADF);
	CHECK_FAILS(dup(63), EBADF);
	CHECK_FAILS(dup2(63, a), EBADF);
	CHECK_FAILS(dup2(a, -1), EBADF);
	CHECK_FAILS(dup2(a, 1 << 30), EBADF);
	CHECK_FAILS(fcntl(63, F_GETFD), EBADF);
	CHECK_FAILS(fcntl(a, F_DUPFD, -1), EINVAL);
}

int main(void)
{
	RUN(shares_the_position);
	RUN(another_open_does_not);
	RUN(dup2_replaces);
	RUN(close_on_exec_is_not_inherited);
	RUN(fcntl_duplicates);
	RUN(refused);
	return test_end();
}
