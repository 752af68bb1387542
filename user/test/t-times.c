/*
 * t-times: the three times of a file, its mode and its owner.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "test.h"

enum { OLD = 1000000000, OLDER = 500000000 };

static int is_now(time_t t)
{
	return t >= time(NULL) - 5 && t <= time(NULL);
}

/* A file whose access and modification are long ago. */
static int old_file(void)
{
	const struct timespec t[2] = { { .tv_sec = OLD }, { .tv_sec = OLDER } };
	int fd = scratch_file("f");

	CHECK_EQ(futimens(fd, t), 0);
	return fd;
}

static void check_times(const char *path, time_t access, time_t change)
{
	struct stat st = stat_of(path);

	CHECK_EQ(st.st_atime, access);
	CHECK_EQ(st.st_mtime, change);
	CHECK(is_now(st.st_ctime));
}

static void set_by_all_calls(void)
{
	const struct timespec ts[2] = { { .tv_sec = 3 }, { .tv_sec = 4 } };
	const struct timeval tv[2] = { { .tv_sec = 5 }, { .tv_sec = 6 } };
	const struct utimbuf tb = { 7, 8 };
	int fd = old_file();

	check_times("/tmp/f", OLD, OLDER);
	CHECK_EQ(utimensat(AT_FDCWD, "/tmp/f", ts, 0), 0);
	check_times("/tmp/f", 3, 4);
	CHECK_EQ(utimes("/tmp/f", tv), 0);
	check_times("/tmp/f", 5, 6);
	CHECK_EQ(utime("/tmp/f", &tb), 0);
	check_times("/tmp/f", 7, 8);
	CHECK_EQ(futimes(fd, tv), 0);
	check_times("/tmp/f", 5, 6);
}

static void now(void)
{
	old_file();
	CHECK_EQ(utime("/tmp/f", NULL), 0);
	CHECK(is_now(stat_of("/tmp/f").st_mtime));
	CHECK(is_now(stat_of("/tmp/f").st_atime));
}

static void one_of_them(void)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_OMIT },
				 { .tv_nsec = UTIME_NOW } };
	int fd = old_file();

	CHECK_EQ(futimens(fd, t), 0);
	CHECK_EQ(stat_of("/tmp/f").st_atime, OLD);
	CHECK(is_now(stat_of("/tmp/f").st_mtime));
	t[0].tv_nsec = -1;
	CHECK_FAILS(futimens(fd, t), EINVAL);
}

static void of_a_link_itself(void)
{
	const struct timespec t[2] = { { .tv_sec = 3 }, { .tv_sec = 4 } };

	old_file();
	CHECK_EQ(symlink("f", scratch("s")), 0);
	CHECK_EQ(utimensat(AT_FDCWD, "/tmp/s", t, AT_SYMLINK_NOFOLLOW), 0);
	check_times("/tmp/s", 3, 4);
	check_times("/tmp/f", OLD, OLDER);
	CHECK_EQ(utimensat(AT_FDCWD, "/tmp/s", t, 0), 0);
	check_times("/tmp/f", 3, 4);
}

/* Writing, cutting and renaming tell; reading does not (no access times). */
static void stamped(void)
{
	int fd = old_file();
	char c;

	CHECK_EQ(read(fd, &c, 1), 0);
	check_times("/tmp/f", OLD, OLDER);
	write_all(fd, "x", 1);
	CHECK(is_now(stat_of("/tmp/f").st_mtime));
	old_file();
	CHECK_EQ(truncate("/tmp/f", 10), 0);
	CHECK(is_now(stat_of("/tmp/f").st_mtime));
	old_file();
	CHECK_EQ(rename("/tmp/f", scratch("g")), 0);
	check_times("/tmp/g", OLD, OLDER);
	CHECK(is_now(stat_of("/tmp").st_mtime));
}

static void modes(void)
{
	int fd = scratch_file("f");

	CHECK_EQ(chmod("/tmp/f", 0400), 0);
	CHECK_EQ(stat_of("/tmp/f").st_mode, S_IFREG | 0400);
	CHECK_EQ(fchmod(fd, 07777), 0);
	CHECK_EQ(stat_of("/tmp/f").st_mode, S_IFREG | 07777);
	CHECK_EQ(fchmodat(AT_FDCWD, "/tmp/f", S_IFDIR | 0644, 0), 0);
	CHECK_EQ(stat_of("/tmp/f").st_mode, S_IFREG | 0644);
	CHECK_EQ(access("/tmp/f", X_OK), -1);
	CHECK_EQ(chmod("/tmp/f", 0755), 0);
	CHECK_EQ(access("/tmp/f", X_OK), 0);
	CHECK_FAILS(chmod("/tmp/none", 0644), ENOENT);
	CHECK_FAILS(fchmod(77, 0644), EBADF);
}

static void owners(void)
{
	int fd = scratch_file("f");

	CHECK_EQ(chown("/tmp/f", 100000, 7), 0);
	CHECK_EQ(fchown(fd, -1, 8), 0);
	CHECK_EQ(stat_of("/tmp/f").st_uid, 100000);
	CHECK_EQ(stat_of("/tmp/f").st_gid, 8);
	CHECK_EQ(symlink("f", scratch("s")), 0);
	CHECK_EQ(lchown("/tmp/s", 5, 6), 0);
	CHECK_EQ(stat_of("/tmp/s").st_uid, 5);
	CHECK_EQ(stat_of("/tmp/f").st_uid, 100000);
	CHECK_EQ(fchownat(AT_FDCWD, "/tmp/s", 1, -1, 0), 0);
	CHECK_EQ(stat_of("/tmp/f").st_uid, 1);
	CHECK_EQ(stat_of("/tmp/f").st_gid, 8);
}

int main(void)
{
	RUN(set_by_all_calls);
	RUN(now);
	RUN(one_of_them);
	RUN(of_a_link_itself);
	RUN(stamped);
	RUN(modes);
	RUN(owners);
	return test_end();
}
