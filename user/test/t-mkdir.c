/*
 * t-mkdir: directories come and go; one that was removed is still there for
 * whoever is in it, but nothing can be made in it any more.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static void new_directory(void)
{
	unsigned links = stat_of("/tmp").st_nlink;
	const char *d = scratch("d");
	struct stat st;

	umask(022);
	CHECK_EQ(mkdir(d, 0777), 0);
	st = stat_of(d);
	CHECK(S_ISDIR(st.st_mode));
	CHECK_EQ(st.st_mode & 07777, 0755);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(stat_of("/tmp").st_nlink, links + 1);
	CHECK_EQ(stat_of("/tmp/d/.").st_ino, st.st_ino);
	CHECK_EQ(stat_of("/tmp/d/..").st_ino, stat_of("/tmp").st_ino);
	CHECK_EQ(rmdir(d), 0);
	CHECK_EQ(stat_of("/tmp").st_nlink, links);
	CHECK_FAILS(lstat(d, &st), ENOENT);
}

static void nested(void)
{
	char cwd[64];

	scratch_directory("d");
	scratch_directory("d/e");
	scratch_directory("d/e/f");
	CHECK_EQ(stat_of("/tmp/d/e").st_nlink, 3);
	CHECK_EQ(chdir("/tmp/d/e/f"), 0);
	CHECK(getcwd(cwd, sizeof cwd) != NULL);
	CHECK_EQ(strcmp(cwd, "/tmp/d/e/f"), 0);
	CHECK_EQ(mkdir("../g", 0700), 0);
	CHECK_EQ(rmdir("/tmp/d/e/g"), 0);
	CHECK_EQ(chdir("/"), 0);
}

static void by_descriptor(void)
{
	int fd = open(scratch_directory("d"), O_RDONLY | O_DIRECTORY);

	CHECK(fd >= 0);
	CHECK_EQ(mkdirat(fd, "e", 0755), 0);
	CHECK_FAILS(unlinkat(fd, "e", 0), EISDIR);
	CHECK_EQ(unlinkat(fd, "e", AT_REMOVEDIR), 0);
	CHECK_FAILS(unlinkat(fd, "e", 77), EINVAL);
}

static void somebody_is_in_it(void)
{
	uint64_t inodes = memory_now("fs_inodes_free");
	const char *d = scratch_directory("d");
	char cwd[64];
	DIR *dir;

	CHECK_EQ(chdir(d), 0);
	CHECK_EQ(rmdir(d), 0);
	CHECK_FAILS(open("f", O_RDWR | O_CREAT, 0644), ENOENT);
	CHECK_FAILS(mkdir("e", 0755), ENOENT);
	CHECK_FAILS(symlink("x", "s"), ENOENT);
	CHECK_FAILS(chdir(".."), ENOENT);
	CHECK(getcwd(cwd, sizeof cwd) == NULL && errno == ENOENT);
	dir = opendir(".");
	CHECK(dir != NULL);
	CHECK(readdir(dir) == NULL);
	closedir(dir);
	CHECK_EQ(mkdir(d, 0755), 0);
	CHECK_EQ(chdir("/"), 0);
	CHECK_EQ(rmdir(d), 0);
	memory_settles("fs_inodes_free", inodes);
}

static void refused(void)
{
	const char *d = scratch_directory("d");

	scratch_file("d/f");
	CHECK_FAILS(mkdir(d, 0755), EEXIST);
	CHECK_FAILS(mkdir("/", 0755), EEXIST);
	CHECK_FAILS(mkdir("/tmp/d/f", 0755), EEXIST);
	CHECK_FAILS(mkdir("/tmp/d/f/g", 0755), ENOTDIR);
	CHECK_FAILS(mkdir("/not/there", 0755), ENOENT);
	CHECK_FAILS(mkdir("", 0755), ENOENT);
	CHECK_FAILS(mkdir("/dev/d", 0755), EPERM);
	CHECK_FAILS(mkdir((char *)1, 0755), EFAULT);
	CHECK_FAILS(rmdir(d), ENOTEMPTY);
	CHECK_FAILS(rmdir("/tmp/d/f"), ENOTDIR);
	CHECK_FAILS(rmdir("/tmp/d/."), EINVAL);
	CHECK_FAILS(rmdir("/tmp/d/.."), ENOTEMPTY);
	CHECK_FAILS(rmdir("/"), EBUSY);
	CHECK_FAILS(rmdir("/proc"), EBUSY);
	CHECK_FAILS(rmdir("/tmp/not-there"), ENOENT);
}

static void many_at_the_same_time(void)
{
	for (int i = 0; i < 300; i++) {
		mkdir("/tmp/d/x", 0755);
		rename("/tmp/d/x", "/tmp/d/y");
		rmdir("/tmp/d/y");
	}
}

static void without_harm(void)
{
	pid_t pid[3];

	scratch_directory("d");
	for (int i = 0; i < 3; i++)
		pid[i] = child_start(many_at_the_same_time);
	for (int i = 0; i < 3; i++)
		CHECK_EXIT(child_wait(pid[i]), 0);
	rmdir("/tmp/d/x");
	rmdir("/tmp/d/y");
	CHECK_EQ(stat_of("/tmp/d").st_nlink, 2);
}

int main(void)
{
	RUN(new_directory);
	RUN(nested);
	RUN(by_descriptor);
	RUN(somebody_is_in_it);
	RUN(refused);
	RUN(without_harm);
	return test_end();
}
