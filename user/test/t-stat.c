/*
 * t-stat: what stat() says of files, directories and devices.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static void regular_file(void)
{
	int fd = pattern_file("f", 5 * PAGE + 10, 1);
	struct stat a, b;

	CHECK_EQ(fstat(fd, &a), 0);
	CHECK_EQ(stat(scratch("f"), &b), 0);
	CHECK(S_ISREG(a.st_mode));
	CHECK_EQ(a.st_size, 5 * PAGE + 10);
	CHECK_EQ(a.st_blocks, 6 * PAGE / 512);
	CHECK_EQ(a.st_nlink, 1);
	CHECK_EQ(a.st_blksize, PAGE);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(a.st_dev, b.st_dev);
	CHECK_EQ(a.st_size, b.st_size);
}

static void directory(void)
{
	struct stat st;

	CHECK_EQ(stat("/tmp", &st), 0);
	CHECK(S_ISDIR(st.st_mode));
	CHECK(st.st_nlink >= 2);
	CHECK(st.st_size > 0);
}

static void device(void)
{
	struct stat st;

	CHECK_EQ(stat("/dev/null", &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(stat("/dev/console", &st), 0);
	CHECK(S_ISCHR(st.st_mode));
}

static void times_move_with_writing(void)
{
	int fd = pattern_file("f", 10, 1);
	struct stat st;
	time_t now = time(NULL);

	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(st.st_mtime >= now - 10);
	CHECK(st.st_mtime <= now + 1);
	CHECK(st.st_ctime >= now - 10);
}

static void different_files_differ(void)
{
	struct stat a, b;

	CHECK_EQ(fstat(scratch_file("a"), &a), 0);
	CHECK_EQ(fstat(scratch_file("b"), &b), 0);
	CHECK(a.st_ino != b.st_ino);
}

static void refused(void)
{
	struct stat st;

	CHECK_FAILS(stat("/tmp/not-there", &st), ENOENT);
	CHECK_FAILS(stat("", &st), ENOENT);
	CHECK_FAILS(fstat(-1, &st), EBADF);
	CHECK_FAILS(fstat(63, &st), EBADF);
}

static void who_we_are(void)
{
	struct utsname u;

	CHECK_EQ(uname(&u), 0);
	CHECK(u.sysname[0] != '\0');
	CHECK(u.machine[0] == 'i');
	CHECK_EQ(getuid(), 0);
	CHECK_EQ(geteuid(), 0);
	CHECK(getpid() > 1);
	CHECK(getppid() >= 1);
}

int main(void)
{
	RUN(regular_file);
	RUN(directory);
	RUN(device);
	RUN(times_move_with_writing);
	RUN(different_files_differ);
	RUN(refused);
	RUN(who_we_are);
	return test_end();
}
