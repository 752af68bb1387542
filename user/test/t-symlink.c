/*
 * t-symlink: a path that stands for another, short or long, followed or not.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

/* Around the room in the inode, 60 bytes, and up to the longest path. */
static void texts_of_all_lengths(void)
{
	static const int sizes[] = { 1, 59, 60, 61, 500, PATH_MAX - 1 };
	static char text[PATH_MAX + 1], back[PATH_MAX + 1];

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		int n = sizes[i];
		struct stat st;

		memset(text, 'a' + i, n);
		text[n] = '\0';
		CHECK_EQ(symlink(text, scratch("s")), 0);
		sync();
		CHECK_EQ(lstat("/tmp/s", &st), 0);
		CHECK(S_ISLNK(st.st_mode));
		CHECK_EQ(st.st_size, n);
		CHECK_EQ(st.st_blocks, n < 60 ? 0 : PAGE / 512);
		CHECK_EQ(readlink("/tmp/s", back, sizeof back), n);
		CHECK_EQ(memcmp(text, back, n), 0);
		CHECK_EQ(unlink("/tmp/s"), 0);
	}
	CHECK_FAILS(symlink("", "/tmp/s"), ENOENT);
	memset(text, 'x', PATH_MAX);
	CHECK_FAILS(symlink(text, "/tmp/s"), ENAMETOOLONG);
}

static void followed(void)
{
	struct stat st;

	pattern_file("f", 100, 1);
	scratch_directory("d");
	CHECK_EQ(symlink("../tmp/./f", scratch("s")), 0);
	CHECK_EQ(symlink("/tmp/d", scratch("t")), 0);
	CHECK(file_ok(open("/tmp/s", O_RDONLY), 100, 1));
	CHECK_EQ(stat("/tmp/s", &st), 0);
	CHECK(S_ISREG(st.st_mode));
	scratch("d/g");
	CHECK_EQ(close(open("/tmp/t/g", O_WRONLY | O_CREAT, 0644)), 0);
	CHECK_EQ(access("/tmp/d/g", F_OK), 0);
	CHECK_EQ(mkdir(scratch("t/h"), 0755), 0);
	CHECK_EQ(rmdir("/tmp/d/h"), 0);
}

static void leads_nowhere(void)
{
	CHECK_EQ(symlink("made", scratch("s")), 0);
	CHECK_FAILS(open("/tmp/s", O_RDONLY), ENOENT);
	scratch("made");
	CHECK(open("/tmp/s", O_WRONLY | O_CREAT, 0644) >= 0);
	CHECK_EQ(access("/tmp/made", F_OK), 0);
	CHECK_EQ(symlink("loop", scratch("loop")), 0);
	CHECK_FAILS(open("/tmp/loop", O_RDONLY), ELOOP);
	CHECK_FAILS(chdir("/tmp/loop/x"), ELOOP);
}

/* unlink, rename, rmdir and mkdir speak of the link itself. */
static void not_followed(void)
{
	scratch_directory("d");
	CHECK_EQ(symlink("d", scratch("s")), 0);
	CHECK_FAILS(rmdir("/tmp/s"), ENOTDIR);
	CHECK_FAILS(mkdir("/tmp/s", 0755), EEXIST);
	CHECK_EQ(rename("/tmp/s", scratch("t")), 0);
	CHECK_EQ(access("/tmp/d", F_OK), 0);
	CHECK_EQ(unlink("/tmp/t"), 0);
	CHECK_EQ(access("/tmp/d", F_OK), 0);
}

static void by_descriptor(void)
{
	int d = open(scratch_directory("d"), O_RDONLY);
	char text[8];

	scratch("d/s");
	CHECK_EQ(symlinkat("text", d, "s"), 0);
	CHECK_EQ(readlinkat(d, "s", text, sizeof text), 4);
	CHECK_EQ(readlinkat(d, "s", text, 2), 2);
	CHECK_FAILS(symlinkat("text", d, "s"), EEXIST);
	CHECK_FAILS(symlinkat("text", 77, "s"), EBADF);
	CHECK_FAILS(symlink("text", "/proc/s"), EPERM);
	CHECK_FAILS(symlink((char *)1, "/tmp/s"), EFAULT);
	CHECK_FAILS(readlink("/tmp/d", text, sizeof text), EINVAL);
}

int main(void)
{
	RUN(texts_of_all_lengths);
	RUN(followed);
	RUN(leads_nowhere);
	RUN(not_followed);
	RUN(by_descriptor);
	return test_end();
}
