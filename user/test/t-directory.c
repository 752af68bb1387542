/*
 * t-directory: many names, long names, and reading a directory back.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

enum { MANY = 300, NAME = 255 };

/* 48 bytes of entry each: 300 of them take four blocks [ext2 §4]. */
static const char *name_of(int i)
{
	static char path[64];

	snprintf(path, sizeof path, "/tmp/a-name-of-forty-letters-or-so-%05d",
		 i);
	return path;
}

static void remove_many(void)
{
	for (int i = 0; i < MANY; i++)
		unlink(name_of(i));
}

/* Which of ours readdir() gives, and how often. */
static void count_names(unsigned char seen[MANY])
{
	DIR *d = opendir("/tmp");
	struct dirent *e;
	int n;

	CHECK(d != NULL);
	memset(seen, 0, MANY);
	while ((e = readdir(d))) {
		if (sscanf(e->d_name, "a-name-of-forty-letters-or-so-%d", &n)
		    == 1 && n < MANY)
			seen[n]++;
	}
	closedir(d);
}

static void check_names(int step, int there)
{
	unsigned char seen[MANY];

	count_names(seen);
	for (int i = 0; i < MANY; i += step) {
		struct stat st;

		CHECK_EQ(seen[i], there);
		CHECK_EQ(stat(name_of(i), &st), there ? 0 : -1);
	}
}

static void create_many(void)
{
	for (int i = 0; i < MANY; i++) {
		int fd = open(name_of(i), O_WRONLY | O_CREAT | O_EXCL, 0644);

		CHECK(fd >= 0);
		close(fd);
	}
}

static void many_names(void)
{
	create_many();
	check_names(1, 1);
	for (int i = 0; i < MANY; i += 3)
		CHECK_EQ(unlink(name_of(i)), 0);
	check_names(3, 0);
	CHECK(open(name_of(1), O_WRONLY | O_CREAT | O_EXCL, 0644) < 0);
	for (int i = 0; i < MANY; i += 3)
		CHECK(close(open(name_of(i), O_WRONLY | O_CREAT, 0644)) == 0);
	check_names(1, 1);
	remove_many();
	check_names(1, 0);
}

/* Removing while reading must not lose names that were there all the time. */
static void removing_what_was_just_read(void)
{
	struct dirent *e;
	int removed = 0;
	DIR *d;

	create_many();
	d = opendir("/tmp");
	CHECK(d != NULL);
	CHECK_EQ(chdir("/tmp"), 0);
	while ((e = readdir(d))) {
		if (strncmp(e->d_name, "a-name-of-forty", 15) == 0) {
			CHECK_EQ(unlink(e->d_name), 0);
			removed++;
		}
	}
	CHECK_EQ(chdir("/"), 0);
	closedir(d);
	CHECK_EQ(removed, MANY);
}

static void long_names(void)
{
	char path[NAME + 10] = "/tmp/";
	int fd;

	memset(path + 5, 'n', NAME);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	CHECK(fd >= 0);
	CHECK_EQ(access(path, F_OK), 0);
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(access(path, F_OK), -1);
	path[5 + NAME] = 'n';
	CHECK_FAILS(open(path, O_WRONLY | O_CREAT, 0644), ENAMETOOLONG);
	CHECK_FAILS(open(path, O_RDONLY), ENAMETOOLONG);
	CHECK_FAILS(unlink(path), ENAMETOOLONG);
}

static void odd_names(void)
{
	static const char *const names[] = {
		"/tmp/...", "/tmp/ ", "/tmp/a\nb", "/tmp/\xff\xfe", "/tmp/-",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		int fd = open(names[i], O_RDWR | O_CREAT | O_EXCL, 0644);

		CHECK(fd >= 0);
		CHECK_EQ(access(names[i], F_OK), 0);
		CHECK_EQ(unlink(names[i]), 0);
	}
}

static void dot_and_dot_dot(void)
{
	struct stat a, b;
	int dots = 0;
	DIR *d = opendir("/tmp");
	struct dirent *e;

	CHECK(d != NULL);
	while ((e = readdir(d))) {
		dots += strcmp(e->d_name, ".") == 0;
		dots += strcmp(e->d_name, "..") == 0;
	}
	closedir(d);
	CHECK_EQ(dots, 2);
	CHECK_EQ(stat("/tmp/..", &a), 0);
	CHECK_EQ(stat("/", &b), 0);
	CHECK_EQ(a.st_ino, b.st_ino);
}

static void types_and_numbers(void)
{
	struct dirent *e;
	struct stat st;
	DIR *d;

	CHECK_EQ(fstat(pattern_file("kind", 10, 1), &st), 0);
	d = opendir("/tmp");
	CHECK(d != NULL);
	while ((e = readdir(d)) && strcmp(e->d_name, "kind") != 0)
		continue;
	CHECK(e != NULL);
	CHECK_EQ(e->d_ino, st.st_ino);
	CHECK(e->d_type == DT_REG || e->d_type == DT_UNKNOWN);
	closedir(d);
}

static void from_the_start_again(void)
{
	DIR *d = opendir("/bin");
	int first = 0, second = 0;

	CHECK(d != NULL);
	while (readdir(d))
		first++;
	rewinddir(d);
	while (readdir(d))
		second++;
	closedir(d);
	CHECK(first > 10);
	CHECK_EQ(first, second);
}

static void not_a_directory(void)
{
	pattern_file("f", 10, 1);
	CHECK(opendir("/tmp/f") == NULL);
	CHECK_EQ(errno, ENOTDIR);
	CHECK_FAILS(chdir("/tmp/f"), ENOTDIR);
	CHECK_FAILS(chdir("/tmp/not-there"), ENOENT);
}

static void current_directory(void)
{
	char cwd[100];

	CHECK_EQ(chdir("/tmp"), 0);
	CHECK(getcwd(cwd, sizeof cwd) != NULL);
	CHECK_EQ(strcmp(cwd, "/tmp"), 0);
	CHECK(getcwd(cwd, 3) == NULL);
	CHECK_EQ(errno, ERANGE);
	CHECK_EQ(chdir(".."), 0);
	CHECK(getcwd(cwd, sizeof cwd) != NULL);
	CHECK_EQ(strcmp(cwd, "/"), 0);
}

int main(void)
{
	RUN(many_names);
	RUN(removing_what_was_just_read);
	remove_many();
	RUN(long_names);
	RUN(odd_names);
	RUN(dot_and_dot_dot);
	RUN(types_and_numbers);
	RUN(from_the_start_again);
	RUN(not_a_directory);
	RUN(current_directory);
	return test_end();
}
