/*
 * t-read-write: bytes that were written are read, wherever they lie in the
 * pages, through any of the calls.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "test.h"

static char buffer[3 * PAGE];

static void at_every_kind_of_offset(void)
{
	static const int offsets[] = { 0, 1, PAGE - 1, PAGE, PAGE + 1, 5000 };
	static const int sizes[] = { 1, 2, 100, PAGE, PAGE + 1, 2 * PAGE };

	for (int i = 0; i < 6; i++) {
		for (int j = 0; j < 6; j++) {
			int fd = scratch_file("f");

			pattern_fill(buffer, sizeof buffer, 36 * i + j, 0);
			CHECK_EQ(pwrite(fd, buffer, sizes[j], offsets[i]),
				 sizes[j]);
			CHECK_EQ(file_size(fd), offsets[i] + sizes[j]);
			memset(buffer, 0, sizeof buffer);
			CHECK_EQ(pread(fd, buffer, sizeof buffer, offsets[i]),
				 sizes[j]);
			CHECK(pattern_ok(buffer, sizes[j], 36 * i + j, 0));
			CHECK_EQ(pread(fd, buffer, offsets[i], 0), offsets[i]);
			CHECK(zeros_ok(buffer, offsets[i]));
			close(fd);
		}
	}
}

static void position_moves(void)
{
	int fd = scratch_file("f");

	write_all(fd, "hello ", 6);
	write_all(fd, "world", 5);
	CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
	CHECK_EQ(read(fd, buffer, 5), 5);
	CHECK_EQ(memcmp(buffer, "lo wo", 5), 0);
	CHECK_EQ(read(fd, buffer, 100), 3);
	CHECK_EQ(read(fd, buffer, 100), 0);
}

static void pread_and_pwrite_leave_it(void)
{
	int fd = pattern_file("f", 100, 1);

	CHECK_EQ(lseek(fd, 50, SEEK_SET), 50);
	CHECK_EQ(pread(fd, buffer, 10, 0), 10);
	CHECK_EQ(pwrite(fd, buffer, 10, 0), 10);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 50);
	CHECK_FAILS(pread(fd, buffer, 10, -1), EINVAL);
	CHECK_FAILS(pwrite(fd, buffer, 10, -1), EINVAL);
}

static void append(void)
{
	int fd = pattern_file("f", 100, 1);

	fd = open(scratch("f"), O_RDWR | O_APPEND);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	write_all(fd, "x", 1);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 101);
	CHECK_EQ(file_size(fd), 101);
	CHECK_EQ(pread(fd, buffer, 1, 100), 1);
	CHECK_EQ(buffer[0], 'x');
}

static void vectors(void)
{
	struct iovec v[3] = {
		{ "one", 3 }, { "", 0 }, { "three", 5 },
	};
	int fd = scratch_file("f");

	CHECK_EQ(writev(fd, v, 3), 8);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	v[0] = (struct iovec){ buffer, 4 };
	v[1] = (struct iovec){ buffer + 100, 100 };
	CHECK_EQ(readv(fd, v, 2), 8);
	CHECK_EQ(memcmp(buffer, "onet", 4), 0);
	CHECK_EQ(memcmp(buffer + 100, "hree", 4), 0);
	CHECK_FAILS(readv(fd, v, -1), EINVAL);
	CHECK_FAILS(readv(fd, v, 2000), EINVAL);
}

static void nothing_at_all(void)
{
	int fd = pattern_file("f", 10, 1);

	CHECK_EQ(read(fd, buffer, 0), 0);
	CHECK_EQ(write(fd, buffer, 0), 0);
	CHECK_EQ(file_size(fd), 10);
}

static void bad_descriptors(void)
{
	CHECK_FAILS(read(-1, buffer, 1), EBADF);
	CHECK_FAILS(write(-1, buffer, 1), EBADF);
	CHECK_FAILS(read(63, buffer, 1), EBADF);
	CHECK_FAILS(write(1 << 30, buffer, 1), EBADF);
	CHECK_FAILS(close(-1), EBADF);
	CHECK_FAILS(fsync(-1), EBADF);
	CHECK_FAILS(fdatasync(63), EBADF);
}

static void null_and_zero(void)
{
	int fd = open("/dev/null", O_RDWR);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, buffer, 1000), 1000);
	CHECK_EQ(read(fd, buffer, 1000), 0);
	fd = open("/dev/zero", O_RDWR);
	CHECK(fd >= 0);
	memset(buffer, 'x', 1000);
	CHECK_EQ(read(fd, buffer, 1000), 1000);
	CHECK(zeros_ok(buffer, 1000));
}

/* Written, made durable, forgotten, read again from the disk. */
static void survives_the_cache(void)
{
	int fd = pattern_file("f", 50 * PAGE + 123, 2);

	go_cold(fd);
	CHECK(file_ok(fd, 50 * PAGE + 123, 2));
}

int main(void)
{
	RUN(at_every_kind_of_offset);
	RUN(position_moves);
	RUN(pread_and_pwrite_leave_it);
	RUN(append);
	RUN(vectors);
	RUN(nothing_at_all);
	RUN(bad_descriptors);
	RUN(null_and_zero);
	RUN(survives_the_cache);
	return test_end();
}
