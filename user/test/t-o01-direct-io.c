/*
 * t-o01: O_DIRECT itself: bytes go between the buffer and the disk, whole runs
 * by one request, nothing is copied and nothing stays in the cache; what the
 * cache had is written first and dropped; the errors are those of Linux.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 64, SECTOR = 512 };

static int file;
static char *buffer;

/* A scratch file open with O_DIRECT, and a buffer whose pages are there. */
static void begin(void)
{
	file = open(scratch("f"), O_RDWR | O_CREAT | O_TRUNC | O_DIRECT, 0644);
	CHECK(file >= 0);
	buffer = map_anonymous(PAGES * PAGE);
	memset(buffer, 1, PAGES * PAGE);
}

/* The file by another descriptor, through the cache. */
static int cached(void)
{
	int fd = open(scratch("f"), O_RDWR);

	CHECK(fd >= 0);
	return fd;
}

static void written_by(unsigned seed)
{
	pattern_fill(buffer, PAGES * PAGE, seed, 0);
	CHECK_EQ(pwrite(file, buffer, PAGES * PAGE, 0), PAGES * PAGE);
}

static void nothing_is_cached(void)
{
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(page_of_file(file, i), 0);
}

static void there_and_back(void)
{
	begin();
	written_by(1);
	memset(buffer, 0, PAGES * PAGE);
	measure();
	CHECK_EQ(pread(file, buffer, PAGES * PAGE, 0), PAGES * PAGE);
	CHECK_EQ(pwrite(file, buffer, PAGES * PAGE, 0), PAGES * PAGE);
	measured();
	CHECK(pattern_ok(buffer, PAGES * PAGE, 1, 0));
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(cost("page_faults"), 0);
	CHECK_EQ(cost("cache_misses"), 0);
	CHECK_EQ(cost("blk_sectors"), 2 * PAGES * PAGE / SECTOR);
	nothing_is_cached();
	CHECK(file_ok(cached(), PAGES * PAGE, 1));
}

/* PAGES blocks need one indirect block, which may split them; no more. */
static void whole_runs_by_one_request(void)
{
	begin();
	measure();
	CHECK_EQ(pwrite(file, buffer, PAGES * PAGE, 0), PAGES * PAGE);
	measured();
	CHECK(cost("blk_requests") <= 3);
	measure();
	CHECK_EQ(pread(file, buffer, PAGES * PAGE, 0), PAGES * PAGE);
	measured();
	CHECK(cost("blk_requests") <= 3);
}

static void dirty_pages_are_seen(void)
{
	static char page[PAGE];
	int other;

	begin();
	written_by(1);
	other = cached();
	pattern_fill(page, PAGE, 2, 5);
	CHECK_EQ(pwrite(other, page, PAGE, 5 * PAGE), PAGE);
	CHECK(page_state(other, 5) & PAGE_DIRTY);
	CHECK_EQ(pread(file, buffer, PAGES * PAGE, 0), PAGES * PAGE);
	CHECK(!(page_state(other, 5) & PAGE_DIRTY));
	CHECK(pattern_ok(buffer + 5 * PAGE, PAGE, 2, 5));
	CHECK(pattern_ok(buffer, 5 * PAGE, 1, 0));
}

static void cached_pages_are_dropped(void)
{
	int other;

	begin();
	written_by(1);
	other = cached();
	go_warm(other);
	written_by(2);
	nothing_is_cached();
	CHECK(file_ok(other, PAGES * PAGE, 2));
}

/* Those that are mapped, too: the mapping sees the new bytes. */
static void mapped_pages_are_dropped(void)
{
	volatile char *shared;
	char *alone;
	int other;

	begin();
	written_by(1);
	other = cached();
	shared = map_shared(other, PAGES * PAGE);
	alone = map_private(other, PAGES * PAGE);
	shared[3 * PAGE]++;
	alone[4 * PAGE] = 77;
	CHECK(pattern_ok(alone + 5 * PAGE, PAGE, 1, 5));
	written_by(2);
	CHECK(pattern_ok((const void *)shared, PAGES * PAGE, 2, 0));
	CHECK_EQ(alone[4 * PAGE], 77);
	shared[0] = 78;
	CHECK_EQ(pread(file, buffer, PAGE, 0), PAGE);
	CHECK_EQ(buffer[0], 78);
}

static void the_end_of_the_file(void)
{
	begin();
	written_by(1);
	CHECK_EQ(ftruncate(file, 10 * PAGE + 100), 0);
	memset(buffer, 7, PAGES * PAGE);
	CHECK_EQ(pread(file, buffer, PAGES * PAGE, 8 * PAGE), 2 * PAGE + 100);
	CHECK(pattern_ok(buffer, 2 * PAGE + 100, 1, 8));
	CHECK(zeros_ok(buffer + 2 * PAGE + 100, PAGE - 100));
	CHECK_EQ(buffer[3 * PAGE], 7);
	CHECK_EQ(pread(file, buffer, PAGE, 11 * PAGE), 0);
	CHECK_EQ(pread(file, buffer + 1, 5, 10 * PAGE + 100), 0);
	CHECK_EQ(pwrite(file, buffer, PAGE, 20 * PAGE), PAGE);
	CHECK_EQ(file_size(file), 21 * PAGE);
	CHECK_EQ(pread(file, buffer, 10 * PAGE, 11 * PAGE), 10 * PAGE);
	CHECK(zeros_ok(buffer, 9 * PAGE));
}

/* What a mapping leaves behind the end is nobody's business. */
static void behind_the_end(void)
{
	char *shared;
	int other;

	begin();
	written_by(1);
	other = cached();
	CHECK_EQ(ftruncate(file, 100), 0);
	shared = map_shared(other, PAGE);
	shared[200] = 5;
	CHECK_EQ(fsync(other), 0);
	CHECK_EQ(pread(file, buffer, PAGE, 0), 100);
	CHECK(zeros_ok(buffer + 100, PAGE - 100));
}

static void holes(void)
{
	begin();
	CHECK_EQ(ftruncate(file, PAGES * PAGE), 0);
	CHECK_EQ(pread(file, buffer, PAGES * PAGE, 0), PAGES * PAGE);
	CHECK(zeros_ok(buffer, PAGES * PAGE));
	pattern_fill(buffer, 4 * PAGE, 3, 8);
	CHECK_EQ(pwrite(file, buffer, 4 * PAGE, 8 * PAGE), 4 * PAGE);
	nothing_is_cached();
	CHECK_EQ(pread(file, buffer, PAGES * PAGE, 0), PAGES * PAGE);
	CHECK(zeros_ok(buffer, 8 * PAGE));
	CHECK(pattern_ok(buffer + 8 * PAGE, 4 * PAGE, 3, 8));
	CHECK(zeros_ok(buffer + 12 * PAGE, (PAGES - 12) * PAGE));
}

static void alignment(void)
{
	begin();
	written_by(1);
	CHECK_FAILS(pread(file, buffer, PAGE, 512), EINVAL);
	CHECK_FAILS(pread(file, buffer, 512, 0), EINVAL);
	CHECK_FAILS(pread(file, buffer + 512, PAGE, 0), EINVAL);
	CHECK_FAILS(pwrite(file, buffer, PAGE, 1), EINVAL);
	CHECK_FAILS(pwrite(file, buffer, PAGE - 1, 0), EINVAL);
	CHECK_FAILS(pwrite(file, buffer + 1, PAGE, 0), EINVAL);
	CHECK_EQ(pread(file, buffer, 0, 1), 0);
	CHECK_EQ(pwrite(file, buffer, 0, 1), 0);
	CHECK_EQ(lseek(file, 100, SEEK_SET), 100);
	CHECK_FAILS(read(file, buffer, PAGE), EINVAL);
	CHECK(file_ok(cached(), PAGES * PAGE, 1));
}

static void several_buffers(void)
{
	struct iovec v[3];

	begin();
	pattern_fill(buffer, PAGES * PAGE, 4, 0);
	v[0] = (struct iovec){ buffer, PAGE };
	v[1] = (struct iovec){ buffer + PAGE, 5 * PAGE };
	v[2] = (struct iovec){ buffer + 6 * PAGE, 2 * PAGE };
	CHECK_EQ(writev(file, v, 3), 8 * PAGE);
	CHECK_EQ(lseek(file, 0, SEEK_CUR), 8 * PAGE);
	memset(buffer, 0, PAGES * PAGE);
	CHECK_EQ(lseek(file, 0, SEEK_SET), 0);
	CHECK_EQ(readv(file, v, 3), 8 * PAGE);
	CHECK(pattern_ok(buffer, 8 * PAGE, 4, 0));
	v[1].iov_len = 100;
	CHECK_EQ(lseek(file, 0, SEEK_SET), 0);
	CHECK_EQ(readv(file, v, 3), PAGE);
}

static void switched_on_and_off(void)
{
	int pipe_end[2];

	begin();
	CHECK(fcntl(file, F_GETFL) & O_DIRECT);
	CHECK_EQ(fcntl(file, F_SETFL, 0), 0);
	CHECK(!(fcntl(file, F_GETFL) & O_DIRECT));
	CHECK_EQ(pwrite(file, buffer, 100, 1), 100);
	CHECK_EQ(fcntl(file, F_SETFL, O_DIRECT), 0);
	CHECK_FAILS(pwrite(file, buffer, 100, 1), EINVAL);
	CHECK_EQ(pipe(pipe_end), 0);
	CHECK_FAILS(fcntl(pipe_end[1], F_SETFL, O_DIRECT), EINVAL);
	CHECK_FAILS(open("/tmp", O_RDONLY | O_DIRECT), EINVAL);
	CHECK_FAILS(open("/proc/cmdline", O_RDONLY | O_DIRECT), EINVAL);
}

static void appended(void)
{
	begin();
	pattern_fill(buffer, 2 * PAGE, 5, 0);
	CHECK_EQ(fcntl(file, F_SETFL, O_DIRECT | O_APPEND), 0);
	CHECK_EQ(write(file, buffer, PAGE), PAGE);
	CHECK_EQ(pwrite(file, buffer + PAGE, PAGE, 0), PAGE);
	CHECK_EQ(file_size(file), 2 * PAGE);
	CHECK_EQ(ftruncate(file, PAGE + 5), 0);
	CHECK_FAILS(write(file, buffer, PAGE), EINVAL);
}

int main(void)
{
	RUN(there_and_back);
	RUN(whole_runs_by_one_request);
	RUN(dirty_pages_are_seen);
	RUN(cached_pages_are_dropped);
	RUN(mapped_pages_are_dropped);
	RUN(the_end_of_the_file);
	RUN(behind_the_end);
	RUN(holes);
	RUN(alignment);
	RUN(several_buffers);
	RUN(switched_on_and_off);
	RUN(appended);
	return test_end();
}
