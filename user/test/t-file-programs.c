/*
 * t-file-programs: mkdir, rmdir, mv, ln, touch, stat, and cp and rm of trees,
 * do what their --help says.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static int is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void making_directories(void)
{
	scratch("d");
	scratch("d/e");
	scratch("d/e/f");
	CHECK_EQ(shell("mkdir /tmp/d"), 0);
	CHECK_EQ(shell("mkdir /tmp/d"), 1);
	CHECK_EQ(shell("mkdir -p /tmp/d /tmp/d/e/f/"), 0);
	CHECK(is_there("/tmp/d/e/f"));
	CHECK_EQ(shell("mkdir /tmp/x/y"), 1);
	CHECK_EQ(shell("mkdir"), 2);
	CHECK_EQ(shell("rmdir /tmp/d"), 1);
	CHECK_EQ(shell("rmdir /tmp/d/e/f /tmp/d/e /tmp/d"), 0);
	CHECK(!is_there("/tmp/d"));
	CHECK_EQ(shell("rmdir"), 2);
}

static void moving(void)
{
	scratch_directory("d");
	scratch_file("a");
	scratch_file("b");
	CHECK_EQ(shell("mv /tmp/a /tmp/b"), 0);
	CHECK(!is_there("/tmp/a") && is_there("/tmp/b"));
	scratch("d/b");
	CHECK_EQ(shell("mv /tmp/b /tmp/d"), 0);
	CHECK(!is_there("/tmp/b") && is_there("/tmp/d/b"));
	scratch_directory("e");
	scratch_file("c");
	scratch("d/c");
	scratch("d/e");
	CHECK_EQ(shell("mv /tmp/c /tmp/e/ /tmp/d/"), 0);
	CHECK(is_there("/tmp/d/c") && is_there("/tmp/d/e"));
	CHECK_EQ(shell("mv /tmp/d /tmp/d/e"), 1);
	CHECK_EQ(shell("mv /tmp/not-there /tmp/d"), 1);
	CHECK_EQ(shell("mv /tmp/d/b /tmp/d/c /tmp/file"), 2);
	CHECK_EQ(shell("mv /tmp/d"), 2);
}

static void linking(void)
{
	struct stat st;

	scratch_directory("d");
	scratch_file("a");
	CHECK_EQ(shell("ln /tmp/a /tmp/b"), 0);
	CHECK_EQ(stat(scratch("b"), &st), 0);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(shell("ln -s ../a /tmp/d"), 0);
	CHECK_EQ(lstat(scratch("d/a"), &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(shell("cmp /tmp/a /tmp/d/a"), 0);
	CHECK_EQ(shell("ln /tmp/a /tmp/b"), 1);
	CHECK_EQ(shell("ln /tmp/d /tmp/e"), 1);
	CHECK_EQ(shell("ln /tmp/a"), 2);
}

static void touching(void)
{
	const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	struct stat st;

	scratch("a");
	CHECK_EQ(shell("touch -c /tmp/a"), 0);
	CHECK(!is_there("/tmp/a"));
	CHECK_EQ(shell("touch /tmp/a"), 0);
	CHECK_EQ(utimensat(AT_FDCWD, "/tmp/a", old, 0), 0);
	CHECK_EQ(shell("touch /tmp/a"), 0);
	CHECK_EQ(stat("/tmp/a", &st), 0);
	CHECK(st.st_mtime >= time(NULL) - 5);
	CHECK_EQ(shell("touch /not/there"), 1);
	CHECK_EQ(shell("touch"), 2);
}

static void describing(void)
{
	static char text[2048];
	int fd;

	pattern_file("a", 1234, 1);
	CHECK_EQ(symlink("a", scratch("s")), 0);
	scratch("out");
	CHECK_EQ(shell("stat /tmp/a /tmp/s /dev/null > /tmp/out"), 0);
	fd = open("/tmp/out", O_RDONLY);
	CHECK(read(fd, text, sizeof text - 1) > 0);
	CHECK(strstr(text, "kind     file\nsize     1234\n"));
	CHECK(strstr(text, "leads_to a\n"));
	CHECK(strstr(text, "device   1,3\n"));
	CHECK_EQ(shell("stat -L /tmp/s > /tmp/out"), 0);
	CHECK_EQ(shell("stat /not/there"), 1);
	CHECK_EQ(shell("stat"), 2);
}

static void copying_trees(void)
{
	const char *names[] = { "d", "d/e", "d/f", "d/link", "c", "c/e", "c/f",
				"c/link", "c/d", "c/d/e", "c/d/f", "c/d/link" };

	for (int i = 0; i < 12; i++)
		scratch(names[i]);
	CHECK_EQ(shell("mkdir -p /tmp/d/e; echo one > /tmp/d/f; "
		       "ln -s f /tmp/d/link"), 0);
	CHECK_EQ(shell("cp /tmp/d /tmp/c"), 1);
	CHECK(!is_there("/tmp/c"));
	CHECK_EQ(shell("cp -r /tmp/d /tmp/c"), 0);
	CHECK_EQ(shell("cmp /tmp/d/f /tmp/c/link; ls /tmp/c/e"), 0);
	CHECK_EQ(shell("cp -r /tmp/d /tmp/c && cmp /tmp/d/f /tmp/c/d/f"), 0);
	CHECK_EQ(shell("cp -r /tmp/d /tmp/d/e"), 1);
	CHECK_EQ(shell("cp -r /tmp/not-there /tmp/x"), 1);
	CHECK_EQ(shell("cp -r /dev/null /tmp/d"), 1);
	CHECK_EQ(shell("cp /tmp/d/f /tmp/d/f /tmp/file"), 2);
	CHECK_EQ(shell("rm /tmp/d /tmp/c"), 1);
	CHECK(is_there("/tmp/d/f"));
	CHECK_EQ(shell("rm -r /tmp/d /tmp/c/"), 0);
	CHECK(!is_there("/tmp/d") && !is_there("/tmp/c"));
	CHECK_EQ(shell("rm -r /tmp/d"), 1);
	CHECK_EQ(shell("rm -rf /tmp/d"), 0);
}

static void all_have_help(void)
{
	static const char *const names[] = {
		"mkdir", "rmdir", "mv", "ln", "touch", "stat",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char line[64];

		snprintf(line, sizeof line, "%s --help > /dev/null", names[i]);
		CHECK_EQ(shell(line), 0);
	}
}

int main(void)
{
	RUN(making_directories);
	RUN(moving);
	RUN(linking);
	RUN(touching);
	RUN(describing);
	RUN(copying_trees);
	RUN(all_have_help);
	return test_end();
}
