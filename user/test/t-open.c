/*
 * t-open: what open() does with its flags, and what it refuses.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static void missing_file(void)
{
	CHECK_FAILS(open("/tmp/not-there", O_RDONLY), ENOENT);
	CHECK_FAILS(open("/not/there", O_RDONLY), ENOENT);
	CHECK_FAILS(open("/not/there", O_RDWR | O_CREAT, 0644), ENOENT);
	CHECK_FAILS(open("", O_RDONLY), ENOENT);
}

static void create(void)
{
	struct stat st;
	int fd = open(scratch("f"), O_RDWR | O_CREAT, 0640);

	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(S_ISREG(st.st_mode));
	CHECK_EQ(st.st_mode & 0777, 0640);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(st.st_nlink, 1);
}

static void create_keeps_what_is_there(void)
{
	int fd = pattern_file("f", 100, 1);

	fd = open(scratch("f"), O_RDWR | O_CREAT, 0644);
	CHECK(file_ok(fd, 100, 1));
}

static void exclusive(void)
{
	int fd = open(scratch("f"), O_RDWR | O_CREAT | O_EXCL, 0644);

	CHECK(fd >= 0);
	CHECK_FAILS(open(scratch("f"), O_RDWR | O_CREAT | O_EXCL, 0644),
		    EEXIST);
	CHECK_FAILS(open("/", O_RDONLY | O_CREAT | O_EXCL, 0644), EEXIST);
}

static void truncate_empties(void)
{
	int old = pattern_file("f", 3 * PAGE, 1), fd;

	fd = open(scratch("f"), O_RDWR | O_TRUNC);
	CHECK_EQ(file_size(fd), 0);
	CHECK_EQ(file_size(old), 0);
}

static void access_modes(void)
{
	char c = 'x';
	int fd = pattern_file("f", 10, 1);

	fd = open(scratch("f"), O_RDONLY);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_FAILS(write(fd, &c, 1), EBADF);
	CHECK_FAILS(ftruncate(fd, 0), EINVAL);
	fd = open(scratch("f"), O_WRONLY);
	CHECK_EQ(write(fd, &c, 1), 1);
	CHECK_FAILS(read(fd, &c, 1), EBADF);
}

static void directories(void)
{
	int fd = open("/", O_RDONLY);
	char c;

	CHECK(fd >= 0);
	CHECK_FAILS(read(fd, &c, 1), EISDIR);
	CHECK_FAILS(open("/", O_WRONLY), EISDIR);
	CHECK_FAILS(open("/", O_RDWR), EISDIR);
	CHECK_FAILS(open("/tmp", O_RDWR | O_CREAT, 0644), EISDIR);
	CHECK(open("/tmp", O_RDONLY | O_DIRECTORY) >= 0);
	fd = pattern_file("f", 10, 1);
	CHECK_FAILS(open(scratch("f"), O_RDONLY | O_DIRECTORY), ENOTDIR);
}

static void file_as_a_directory(void)
{
	pattern_file("f", 10, 1);
	CHECK_FAILS(open("/tmp/f/x", O_RDONLY), ENOTDIR);
	CHECK_FAILS(open("/tmp/f/", O_RDONLY), ENOTDIR);
	CHECK_FAILS(open("/tmp/f/..", O_RDONLY), ENOTDIR);
}

static void dots_and_slashes(void)
{
	int fd = pattern_file("f", 10, 1);

	fd = open("//tmp///./../tmp/f", O_RDONLY);
	CHECK(file_ok(fd, 10, 1));
	fd = open("/../../tmp/f", O_RDONLY);
	CHECK(file_ok(fd, 10, 1));
	CHECK_EQ(chdir("/tmp"), 0);
	fd = open("f", O_RDONLY);
	CHECK(file_ok(fd, 10, 1));
	fd = open("../tmp/./f", O_RDONLY);
	CHECK(file_ok(fd, 10, 1));
	CHECK_EQ(chdir("/"), 0);
}

static void lowest_descriptor_first(void)
{
	int a = scratch_file("a"), b = scratch_file("b");

	CHECK_EQ(b, a + 1);
	CHECK_EQ(close(a), 0);
	CHECK_FAILS(close(a), EBADF);
	CHECK_EQ(scratch_file("c"), a);
}

static void too_many_files(void)
{
	int n = 0, error;

	scratch_file("f");
	while (n < 2000 && open(scratch("f"), O_RDONLY) >= 0)
		n++;
	error = errno;
	CHECK(n >= 50);
	CHECK(n < 2000);
	CHECK_EQ(error, EMFILE);
}

int main(void)
{
	RUN(missing_file);
	RUN(create);
	RUN(create_keeps_what_is_there);
	RUN(exclusive);
	RUN(truncate_empties);
	RUN(access_modes);
	RUN(directories);
	RUN(file_as_a_directory);
	RUN(dots_and_slashes);
	RUN(lowest_descriptor_first);
	RUN(too_many_files);
	return test_end();
}
