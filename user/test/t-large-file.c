/*
 * t-large-file: files of more than 2 GiB, by every call that has a position,
 * and what becomes of programs whose off_t has 32 bits.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

#define GIB ((off_t)1 << 30)

/* With blocks of 4 KiB: 12 direct, 1024 single, 1024^2 double [ext2 §3.5]. */
#define TRIPLE (12 + 1024 + ((off_t)1 << 20))

/* Pages on either side of every border, and far out. */
static const off_t places[] = {
	2 * GIB / PAGE - 1, 2 * GIB / PAGE, 4 * GIB / PAGE - 1, 4 * GIB / PAGE,
	TRIPLE - 1, TRIPLE, TRIPLE + 1023, TRIPLE + 1024,
	TRIPLE + ((off_t)1 << 20) - 1, TRIPLE + ((off_t)1 << 20),
	(off_t)1 << 28,			/* 1 TiB */
};

enum { PLACES = sizeof places / sizeof places[0] };

static char page[PAGE];

static void write_places(int fd)
{
	for (int i = 0; i < PLACES; i++) {
		pattern_fill(page, PAGE, 1, i);
		CHECK_EQ(pwrite(fd, page, PAGE, places[i] * PAGE), PAGE);
	}
}

static void check_places(int fd)
{
	for (int i = 0; i < PLACES; i++) {
		CHECK_EQ(pread(fd, page, PAGE, places[i] * PAGE), PAGE);
		CHECK(pattern_ok(page, PAGE, 1, i));
	}
	CHECK_EQ(pread(fd, page, PAGE, 3 * GIB), PAGE);
	CHECK(zeros_ok(page, PAGE));
	CHECK_EQ(pread(fd, page, PAGE, (TRIPLE + 77) * PAGE), PAGE);
	CHECK(zeros_ok(page, PAGE));
}

static void every_place(void)
{
	int fd = scratch_file("f");

	write_places(fd);
	check_places(fd);
	CHECK_EQ(fsync(fd), 0);
	CHECK(drop_cached_pages(fd) > 0);
	check_places(fd);
	CHECK_EQ(file_size(fd), (places[PLACES - 1] + 1) * PAGE);
	CHECK_EQ(lseek(fd, -1, SEEK_END), (places[PLACES - 1] + 1) * PAGE - 1);
	CHECK(file_blocks(fd) > PLACES);
	CHECK(file_blocks(fd) < 4 * PLACES);
}

static void blocks_come_back(void)
{
	uint64_t before = memory_now("fs_blocks_free");
	int fd = scratch_file("f");

	write_places(fd);
	CHECK_EQ(ftruncate(fd, TRIPLE * PAGE + 1), 0);
	CHECK_EQ(pread(fd, page, PAGE, TRIPLE * PAGE), 1);
	CHECK_EQ(ftruncate(fd, TRIPLE * PAGE + 100), 0);
	CHECK_EQ(pread(fd, page, PAGE, TRIPLE * PAGE), 100);
	CHECK(zeros_ok(page + 1, 99));
	CHECK_EQ(ftruncate(fd, 2 * GIB), 0);
	CHECK_EQ(file_blocks(fd), 1 + 2);            /* the way to it: two tables */
	CHECK_EQ(ftruncate(fd, 1), 0);
	CHECK_EQ(file_blocks(fd), 0);
	memory_settles("fs_blocks_free", before);
	write_places(fd);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(unlink(scratch("f")), 0);
	memory_settles("fs_blocks_free", before);
}

static void reading_by_the_position(void)
{
	int fd = scratch_file("f");

	CHECK_EQ(lseek(fd, 5 * GIB - 2, SEEK_SET), 5 * GIB - 2);
	CHECK_EQ(write(fd, "abcd", 4), 4);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5 * GIB + 2);
	CHECK_EQ(lseek(fd, -4, SEEK_END), 5 * GIB - 2);
	CHECK_EQ(read(fd, page, PAGE), 4);
	CHECK_EQ(memcmp(page, "abcd", 4), 0);
	CHECK_EQ(read(fd, page, PAGE), 0);
}

static void mapping_far_out(void)
{
	int fd = scratch_file("f");
	char *p;

	CHECK_EQ(pwrite(fd, "far", 3, 5 * GIB), 3);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 5 * GIB);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(memcmp(p, "far", 4), 0);
	p[0] = 'b';
	CHECK_EQ(msync(p, PAGE, MS_SYNC), 0);
	CHECK_EQ(munmap(p, PAGE), 0);
	go_cold(fd);
	CHECK_EQ(pread(fd, page, 3, 5 * GIB), 3);
	CHECK_EQ(memcmp(page, "bar", 3), 0);
}

/* The four calls, from beyond 4 GiB to beyond 4 GiB. */
static void moving_far_out(void)
{
	int in = scratch_file("in"), out = scratch_file("out");
	char *p;

	for (int i = 0; i < 4; i++) {
		pattern_fill(page, PAGE, 3, i);
		CHECK_EQ(pwrite(in, page, PAGE, 5 * GIB + i * PAGE), PAGE);
	}
	go_cold(in);
	CHECK_EQ(readahead(in, 5 * GIB, 4 * PAGE), 0);
	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_UNCACHED, in, 5 * GIB);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(lseek(out, 6 * GIB, SEEK_SET), 6 * GIB);
	measure();
	CHECK_EQ(mwrite(out, p, 4 * PAGE), 4 * PAGE);
	measured();
	CHECK_EQ(cost("frames_moved"), 4);
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(fdatasync_area(out, 6 * GIB, 4 * PAGE), 0);
	CHECK_EQ(file_size(out), 6 * GIB + 4 * PAGE);
	go_cold(out);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(pread(out, page, PAGE, 6 * GIB + i * PAGE), PAGE);
		CHECK(pattern_ok(page, PAGE, 3, i));
	}
}

/* ---- programs of before O_LARGEFILE ----------------------------------- */

static int open_small(const char *path, int flags)
{
	return syscall(SYS_open, path, flags, 0600);
}

static void too_large_for_them(void)
{
	int fd = sparse_file("f", 2 * GIB - 1);
	char stat32[64];
	int old = open_small("/tmp/f", O_RDWR);

	CHECK(old >= 0);
	CHECK_EQ(close(old), 0);
	CHECK_EQ(syscall(SYS_stat, "/tmp/f", stat32), 0);
	CHECK_EQ(ftruncate(fd, 2 * GIB), 0);
	CHECK_FAILS(open_small("/tmp/f", O_RDONLY), EOVERFLOW);
	CHECK_FAILS(syscall(SYS_stat, "/tmp/f", stat32), EOVERFLOW);
	CHECK_FAILS(syscall(SYS_fstat, fd, stat32), EOVERFLOW);
	CHECK(fcntl(fd, F_GETFL) & 0100000);    /* O_LARGEFILE on i386 */
}

static void they_cannot_make_it_so(void)
{
	int old;

	scratch_file("f");
	old = open_small("/tmp/f", O_RDWR);
	CHECK_EQ(pwrite(old, "abcd", 4, 2 * GIB - 3), 2);
	CHECK_FAILS(pwrite(old, "x", 1, 2 * GIB - 1), EFBIG);
	CHECK_FAILS(pwrite(old, "x", 1, 2 * GIB), EFBIG);
	CHECK_EQ(file_size(old), 2 * GIB - 1);
}

int main(void)
{
	RUN(every_place);
	RUN(blocks_come_back);
	RUN(reading_by_the_position);
	RUN(mapping_far_out);
	RUN(moving_far_out);
	RUN(too_large_for_them);
	RUN(they_cannot_make_it_so);
	return test_end();
}
