/*
 * t-link: a file may have several names, and is gone when it has none.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static void two_names_of_one_file(void)
{
	uint64_t blocks = memory_now("fs_blocks_free");
	int fd = pattern_file("f", 3 * PAGE, 1), other;

	CHECK_EQ(link("/tmp/f", scratch("g")), 0);
	CHECK_EQ(stat_of("/tmp/f").st_nlink, 2);
	CHECK_EQ(stat_of("/tmp/f").st_ino, stat_of("/tmp/g").st_ino);
	other = open("/tmp/g", O_RDWR);
	CHECK(file_ok(other, 3 * PAGE, 1));
	CHECK_EQ(pwrite(other, "x", 1, 3 * PAGE), 1);
	CHECK_EQ(file_size(fd), 3 * PAGE + 1);
	CHECK_EQ(unlink("/tmp/f"), 0);
	CHECK_EQ(stat_of("/tmp/g").st_nlink, 1);
	CHECK_EQ(close(fd) + close(other), 0);
	CHECK_EQ(unlink("/tmp/g"), 0);
	memory_settles("fs_blocks_free", blocks);
}

static void in_another_directory(void)
{
	int d = open(scratch_directory("d"), O_RDONLY);

	pattern_file("f", 100, 2);
	scratch("d/f");
	CHECK_EQ(linkat(AT_FDCWD, "/tmp/f", d, "f", 0), 0);
	CHECK_EQ(stat_of("/tmp/d/f").st_nlink, 2);
	CHECK_EQ(unlink("/tmp/f"), 0);
	CHECK(file_ok(open("/tmp/d/f", O_RDONLY), 100, 2));
}

static void of_a_symbolic_link(void)
{
	scratch_file("f");
	CHECK_EQ(symlink("f", scratch("s")), 0);
	CHECK_EQ(link("/tmp/s", scratch("t")), 0);
	CHECK(S_ISLNK(stat_of("/tmp/t").st_mode));
	CHECK_EQ(linkat(AT_FDCWD, "/tmp/s", AT_FDCWD, scratch("g"),
			AT_SYMLINK_FOLLOW), 0);
	CHECK(S_ISREG(stat_of("/tmp/g").st_mode));
	CHECK_EQ(stat_of("/tmp/f").st_nlink, 2);
}

static void refused(void)
{
	scratch_file("f");
	scratch_directory("d");
	CHECK_FAILS(link("/tmp/f", "/tmp/f"), EEXIST);
	CHECK_FAILS(link("/tmp/d", "/tmp/e"), EPERM);
	CHECK_FAILS(link("/tmp/none", "/tmp/g"), ENOENT);
	CHECK_FAILS(link("/tmp/f", "/tmp/none/g"), ENOENT);
	CHECK_FAILS(link("/tmp/f", "/dev/f"), EXDEV);
	CHECK_FAILS(link("/tmp/f", "/tmp/g/"), ENOENT);
	CHECK_FAILS(linkat(AT_FDCWD, "/tmp/f", AT_FDCWD, "/tmp/g", 1), EINVAL);
	CHECK_FAILS(link((char *)1, "/tmp/g"), EFAULT);
	CHECK_FAILS(link("/tmp/f", (char *)1), EFAULT);
	CHECK_EQ(stat_of("/tmp/f").st_nlink, 1);
}

static void device_files(void)
{
	CHECK_FAILS(mknod("/tmp/null", S_IFCHR | 0666, 0x103), EPERM);
	CHECK_FAILS(mkfifo("/tmp/fifo", 0666), EPERM);
	CHECK_EQ(mknod(scratch("f"), S_IFREG | 0600, 0), 0);
	CHECK(S_ISREG(stat_of("/tmp/f").st_mode));
	CHECK_FAILS(mknod("/tmp/f", S_IFREG | 0600, 0), EEXIST);
}

int main(void)
{
	RUN(two_names_of_one_file);
	RUN(in_another_directory);
	RUN(of_a_symbolic_link);
	RUN(refused);
	RUN(device_files);
	return test_end();
}
