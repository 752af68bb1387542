/*
 * t-rename: one name goes, another comes.  What the new name stood for is
 * replaced in one step, and directories take their ".." along.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

static void to_a_new_name(void)
{
	int fd = pattern_file("f", 2 * PAGE, 1);
	ino_t ino = stat_of("/tmp/f").st_ino;

	CHECK_EQ(rename("/tmp/f", scratch("g")), 0);
	CHECK_EQ(stat_of("/tmp/g").st_ino, ino);
	CHECK_FAILS(access("/tmp/f", F_OK), ENOENT);
	CHECK(file_ok(fd, 2 * PAGE, 1));
}

static void over_a_file(void)
{
	uint64_t blocks = memory_now("fs_blocks_free");
	int new = pattern_file("f", PAGE, 1);
	int old = pattern_file("g", 5 * PAGE, 2), fd;

	CHECK_EQ(rename("/tmp/f", "/tmp/g"), 0);
	CHECK_FAILS(access("/tmp/f", F_OK), ENOENT);
	fd = open("/tmp/g", O_RDONLY);
	CHECK(file_ok(fd, PAGE, 1));
	CHECK(file_ok(old, 5 * PAGE, 2));       /* for whoever has it open */
	CHECK_EQ(close(new) + close(old) + close(fd), 0);
	CHECK_EQ(unlink("/tmp/g"), 0);
	memory_settles("fs_blocks_free", blocks);
}

static void names_of_one_file(void)
{
	scratch_file("f");
	CHECK_EQ(link("/tmp/f", scratch("g")), 0);
	CHECK_EQ(rename("/tmp/f", "/tmp/g"), 0);
	CHECK_EQ(access("/tmp/f", F_OK) + access("/tmp/g", F_OK), 0);
	CHECK_EQ(rename("/tmp/f", "/tmp/f"), 0);
}

static void across_directories(void)
{
	ino_t ino;

	scratch_directory("a");
	scratch_directory("b");
	scratch_directory("a/x");
	scratch_directory("b/w");
	scratch_directory("b/w/y");
	rmdir("/tmp/b/w/y");
	rmdir("/tmp/b/w");
	CHECK_EQ(mkdir("/tmp/a/x/y", 0755), 0);
	ino = stat_of("/tmp/a/x").st_ino;
	CHECK_EQ(rename("/tmp/a/x", "/tmp/b/w"), 0);
	CHECK_EQ(stat_of("/tmp/b/w").st_ino, ino);
	CHECK_EQ(stat_of("/tmp/b/w/..").st_ino, stat_of("/tmp/b").st_ino);
	CHECK_EQ(stat_of("/tmp/a").st_nlink, 2);
	CHECK_EQ(stat_of("/tmp/b").st_nlink, 3);
	CHECK_EQ(stat_of("/tmp/b/w").st_nlink, 3);
}

static void over_an_empty_directory(void)
{
	scratch_directory("a");
	scratch_directory("b");
	CHECK_EQ(chdir("/tmp/b"), 0);
	CHECK_EQ(rename("/tmp/a", "/tmp/b"), 0);
	CHECK_FAILS(mkdir("x", 0755), ENOENT);  /* we are in the old one */
	CHECK_EQ(chdir("/"), 0);
	scratch_directory("c");
	scratch_file("b/f");
	CHECK_FAILS(rename("/tmp/c", "/tmp/b"), ENOTEMPTY);
}

static void into_itself(void)
{
	scratch_directory("a");
	scratch_directory("a/b");
	CHECK_FAILS(rename("/tmp/a", "/tmp/a/c"), EINVAL);
	CHECK_FAILS(rename("/tmp/a", "/tmp/a/b/c"), EINVAL);
	CHECK_FAILS(rename("/tmp/a", "/tmp/a/b"), EINVAL);
	CHECK_FAILS(rename("/tmp/a/b", "/tmp/a"), ENOTEMPTY);
}

static void kinds_that_differ(void)
{
	scratch_file("f");
	scratch_directory("d");
	CHECK_FAILS(rename("/tmp/f", "/tmp/d"), EISDIR);
	CHECK_FAILS(rename("/tmp/d", "/tmp/f"), ENOTDIR);
	CHECK_FAILS(rename("/tmp/f", "/tmp/g/"), ENOTDIR);
	CHECK_FAILS(rename("/tmp/f/", "/tmp/g"), ENOTDIR);
}

static void refused(void)
{
	scratch_file("f");
	CHECK_FAILS(rename("/tmp/none", "/tmp/g"), ENOENT);
	CHECK_FAILS(rename("/tmp/f", "/tmp/none/g"), ENOENT);
	CHECK_FAILS(rename("/tmp/f", "/dev/f"), EXDEV);
	CHECK_FAILS(rename("/dev/null", "/dev/nil"), EPERM);
	CHECK_FAILS(rename("/tmp/.", "/tmp/g"), EBUSY);
	CHECK_FAILS(rename("/tmp", "/dev"), EBUSY);
	CHECK_FAILS(rename("/proc", "/tmp/proc"), EBUSY);
	CHECK_FAILS(rename((char *)1, "/tmp/g"), EFAULT);
	CHECK_FAILS(rename("/tmp/f", (char *)1), EFAULT);
	CHECK_FAILS(syscall(SYS_renameat2, AT_FDCWD, "/tmp/f", AT_FDCWD,
			    "/tmp/g", 1), EINVAL);
	CHECK_EQ(syscall(SYS_renameat2, AT_FDCWD, "/tmp/f", AT_FDCWD,
			 scratch("g"), 0), 0);
}

/* Somebody always finds one of two files under the name. */
static void replace_it_often(void)
{
	for (int i = 0; i < 200; i++) {
		int fd = open("/tmp/new", O_WRONLY | O_CREAT | O_TRUNC, 0644);

		CHECK_EQ(write(fd, "whole", 5), 5);
		close(fd);
		CHECK_EQ(rename("/tmp/new", "/tmp/f"), 0);
	}
}

static void never_without_a_name(void)
{
	pid_t pid;
	char text[8];

	write_all(scratch_file("f"), "whole", 5);
	scratch("new");
	pid = child_start(replace_it_often);
	for (int i = 0; i < 500; i++) {
		int fd = open("/tmp/f", O_RDONLY);

		CHECK(fd >= 0);
		CHECK_EQ(read(fd, text, sizeof text), 5);
		close(fd);
	}
	CHECK_EXIT(child_wait(pid), 0);
}

/* Two tasks move two directories into each other: one of them must lose. */
static void move_a(void)
{
	for (int i = 0; i < 300; i++) {
		rename("/tmp/d/a", "/tmp/d/b/a");
		rename("/tmp/d/b/a", "/tmp/d/a");
	}
}

static void move_b(void)
{
	for (int i = 0; i < 300; i++) {
		rename("/tmp/d/b", "/tmp/d/a/b");
		rename("/tmp/d/a/b", "/tmp/d/b");
	}
}

static void no_circle(void)
{
	pid_t a, b;

	scratch_directory("d");
	scratch_directory("d/a");
	scratch_directory("d/b");
	a = child_start(move_a);
	b = child_start(move_b);
	CHECK_EXIT(child_wait(a), 0);
	CHECK_EXIT(child_wait(b), 0);
	rename("/tmp/d/a/b", "/tmp/d/b");
	rename("/tmp/d/b/a", "/tmp/d/a");
	CHECK_EQ(stat_of("/tmp/d").st_nlink, 4);
	CHECK_EQ(stat_of("/tmp/d/a/..").st_ino, stat_of("/tmp/d").st_ino);
}

int main(void)
{
	RUN(to_a_new_name);
	RUN(over_a_file);
	RUN(names_of_one_file);
	RUN(across_directories);
	RUN(over_an_empty_directory);
	RUN(into_itself);
	RUN(kinds_that_differ);
	RUN(refused);
	RUN(never_without_a_name);
	RUN(no_circle);
	return test_end();
}
