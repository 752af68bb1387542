/*
 * t-d12: wrong arguments of the four calls: the right errno, and nothing has
 * moved.  (decision 12; W9, W14, R3)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#define KERNEL ((char *)0xC0000000)
#define TOP    ((char *)0xFFFFF000)

static void w09_descriptors(void)
{
	char *p = map_anonymous(PAGE);
	int fd = pattern_file("f", PAGE, 1);
	long was;

	*p = 'x';
	was = page_of_address(p);
	fd = open(scratch("f"), O_RDONLY);
	CHECK_FAILS(mwrite(fd, p, PAGE), EBADF);
	CHECK_FAILS(mwrite(-1, p, PAGE), EBADF);
	CHECK_FAILS(mwrite(63, p, PAGE), EBADF);
	CHECK_FAILS(mwrite(100000, p, PAGE), EBADF);
	CHECK_FAILS(mwrite(STDOUT_FILENO, p, PAGE), EINVAL);
	CHECK_EQ(page_of_address(p), was);
	CHECK_EQ(*p, 'x');
	CHECK(file_ok(fd, PAGE, 1));
}

static void w09_to_a_directory(void)
{
	char *p = map_anonymous(PAGE);
	int fd = open("/", O_RDONLY | O_DIRECTORY);

	CHECK(fd >= 0);
	CHECK_FAILS(mwrite(fd, p, PAGE), EBADF);
}

static void w14_addresses(void)
{
	int fd = scratch_file("dst");
	char *p = map_anonymous(4 * PAGE);

	pattern_fill(p, 4 * PAGE, 2, 0);
	CHECK_EQ(munmap(p + 3 * PAGE, PAGE), 0);
	CHECK_FAILS(mwrite(fd, NULL, PAGE), EFAULT);
	CHECK_FAILS(mwrite(fd, KERNEL, PAGE), EFAULT);
	CHECK_FAILS(mwrite(fd, KERNEL - PAGE, 2 * PAGE), EFAULT);
	CHECK_FAILS(mwrite(fd, TOP, PAGE), EFAULT);
	CHECK_FAILS(mwrite(fd, TOP, 2 * PAGE), EFAULT);
	CHECK_FAILS(mwrite(fd, p, 4 * PAGE), EFAULT);
	CHECK_FAILS(mwrite(fd, p, 0x7ffff000), EFAULT);
	CHECK_FAILS(mwrite(fd, p, (size_t)-PAGE), EFAULT);
	CHECK_EQ(file_size(fd), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK(pattern_ok(p, 3 * PAGE, 2, 0));
}

static void w14_a_gap_in_the_middle(void)
{
	int fd = scratch_file("dst");
	char *p = map_anonymous(3 * PAGE);

	pattern_fill(p, 3 * PAGE, 3, 0);
	CHECK_EQ(munmap(p + PAGE, PAGE), 0);
	CHECK_FAILS(mwrite(fd, p, 3 * PAGE), EFAULT);
	CHECK_EQ(file_size(fd), 0);
	CHECK(pattern_ok(p, PAGE, 3, 0));
	CHECK(pattern_ok(p + 2 * PAGE, PAGE, 3, 2));
}

/* Two mappings side by side are as good as one. */
static void w14_across_two_mappings(void)
{
	int src = pattern_file("src", 2 * PAGE, 4), fd = scratch_file("dst");
	char *p = map_anonymous(4 * PAGE), *q;

	pattern_fill(p, 2 * PAGE, 4, 0);
	CHECK(mmap(p + 2 * PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED
		   | MAP_UNCACHED, src, 0) != MAP_FAILED);
	CHECK_EQ(mwrite(fd, p, 4 * PAGE), 4 * PAGE);
	q = map_private(fd, 4 * PAGE);
	CHECK(pattern_ok(q, 2 * PAGE, 4, 0));
	CHECK(pattern_ok(q + 2 * PAGE, 2 * PAGE, 4, 0));
}

static void mwrite_beyond_the_largest_file(void)
{
	int fd = scratch_file("dst");
	off_t far = (off_t)1 << 52;
	char *p = map_anonymous(PAGE);

	*p = 'x';
	if (lseek(fd, far, SEEK_SET) == far)
		CHECK_FAILS(mwrite(fd, p, PAGE), EFBIG);
	else
		CHECK_EQ(errno, EINVAL);
	CHECK_EQ(file_size(fd), 0);
	CHECK_EQ(*p, 'x');
}

static void r03_readahead_descriptors(void)
{
	int fd = pattern_file("f", PAGE, 1), ends[2];

	fd = open(scratch("f"), O_WRONLY);
	CHECK(fd >= 0);
	CHECK_FAILS(readahead(fd, 0, PAGE), EBADF);
	CHECK_FAILS(readahead(-1, 0, PAGE), EBADF);
	CHECK_FAILS(readahead(63, 0, PAGE), EBADF);
	fd = open("/", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0);
	CHECK_FAILS(readahead(fd, 0, PAGE), EINVAL);
	fd = open("/dev/null", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_FAILS(readahead(fd, 0, PAGE), EINVAL);
	CHECK_EQ(pipe(ends), 0);
	CHECK_FAILS(readahead(ends[0], 0, PAGE), EINVAL);
	CHECK_FAILS(readahead(ends[1], 0, PAGE), EBADF);
}

static void fdatasync_area_descriptors(void)
{
	CHECK_FAILS(fdatasync_area(-1, 0, 0), EBADF);
	CHECK_FAILS(fdatasync_area(63, 0, 0), EBADF);
}

/* Files to look at, but there are no pages behind them. */
static void texts_of_proc_have_no_pages(void)
{
	char *p = map_anonymous(PAGE), *argv[] = { NULL };
	int fd = open("/proc/magpie/counters", O_RDONLY);

	*p = 'x';
	CHECK(fd >= 0);
	CHECK_FAILS(readahead(fd, 0, PAGE), EINVAL);
	CHECK_FAILS((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0),
		    ENODEV);
	CHECK_FAILS((long)mmap(NULL, PAGE, PROT_READ,
			       MAP_PRIVATE | MAP_UNCACHED, fd, 0), ENODEV);
	CHECK(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED) >= 0);
	CHECK(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) >= 0);
	chmod("/proc/magpie/counters", 0755);
	CHECK_EQ(execv("/proc/magpie/counters", argv), -1);
	CHECK_FAILS(open("/proc/magpie/fail", O_WRONLY | O_DIRECT), EINVAL);
	fd = open("/proc/magpie/fail", O_WRONLY);
	CHECK(fd >= 0);
	CHECK_FAILS(mwrite(fd, p, PAGE), EINVAL);
	CHECK_EQ(*p, 'x');
	CHECK_FAILS(fdatasync_area(fd, 0, 0), EINVAL);
}

int main(void)
{
	RUN(w09_descriptors);
	RUN(w09_to_a_directory);
	RUN(w14_addresses);
	RUN(w14_a_gap_in_the_middle);
	RUN(w14_across_two_mappings);
	RUN(mwrite_beyond_the_largest_file);
	RUN(r03_readahead_descriptors);
	RUN(fdatasync_area_descriptors);
	RUN(texts_of_proc_have_no_pages);
	return test_end();
}
