/*
 * t-p18: O_DIRECT can be made of the four calls.  The same operations, drawn
 * at random, go to one file by O_DIRECT and to another by user/lib/direct.c;
 * each result, error and buffer must be the same, and the files too, in the
 * cache and on the disk.  (P18)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "direct.h"
#include "test.h"

enum { SPAN = 40, BUFFER = 12, ROUNDS = 400 };

/* Two of all: [0] is O_DIRECT's, [1] that of the four calls. */
static int file[2];
static char *buffer[2], *seen[2];
static uint32_t state;

static unsigned draw(unsigned n)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % n;
}

/* Mostly whole pages; one in eight is off by a little. */
static size_t some_bytes(unsigned pages)
{
	return draw(pages) * PAGE + (draw(8) == 0 ? 512 * draw(8) + draw(2) : 0);
}

static void same_buffers(void)
{
	CHECK(memcmp(buffer[0], buffer[1], (BUFFER + 1) * PAGE) == 0);
}

static void same_results(ssize_t real, int real_error, ssize_t made)
{
	CHECK_EQ(made, real);
	if (real < 0)
		CHECK_EQ(errno, real_error);
	same_buffers();
}

static void read_both(size_t at, size_t len, size_t from)
{
	ssize_t real = pread(file[0], buffer[0] + from, len, at);
	int error = errno;

	same_results(real, error,
		     direct_read(file[1], buffer[1] + from, len, at));
}

static void write_both(size_t at, size_t len, size_t from)
{
	unsigned seed = draw(1000000);
	ssize_t real;
	int error;

	for (int i = 0; i < 2; i++)
		pattern_fill(buffer[i], BUFFER * PAGE, seed, 0);
	real = pwrite(file[0], buffer[0] + from, len, at);
	error = errno;
	same_results(real, error,
		     direct_write(file[1], buffer[1] + from, len, at));
}

/* Another descriptor, the ordinary way: dirty pages, and cached ones. */
static void cached_both(size_t at, size_t len, int write_it)
{
	static char bytes[SPAN * PAGE];
	ssize_t done[2];

	memset(bytes, draw(256), sizeof bytes);
	fcntl(file[0], F_SETFL, 0);
	for (int i = 0; i < 2; i++)
		done[i] = write_it ? pwrite(file[i], bytes, len, at)
				   : pread(file[i], seen[i], len, at);
	fcntl(file[0], F_SETFL, O_DIRECT);
	CHECK_EQ(done[0], done[1]);
	CHECK(write_it || done[0] < 0 || memcmp(seen[0], seen[1], done[0]) == 0);
}

static void cut_both(size_t size)
{
	for (int i = 0; i < 2; i++)
		CHECK_EQ(ftruncate(file[i], size), 0);
}

static void same_files(void)
{
	off_t size = file_size(file[0]);

	CHECK_EQ(file_size(file[1]), size);
	fcntl(file[0], F_SETFL, 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pread(file[i], seen[i], 2 * SPAN * PAGE, 0), size);
	fcntl(file[0], F_SETFL, O_DIRECT);
	CHECK(memcmp(seen[0], seen[1], size) == 0);
}

static void one_operation(void)
{
	size_t at = some_bytes(SPAN), len = some_bytes(BUFFER);
	size_t from = draw(12) == 0 ? 512 : 0;

	switch (draw(10)) {
	case 0:
		cut_both(at);
		break;
	case 1:
		cached_both(at, len, 1);
		break;
	case 2:
		cached_both(at, len, 0);
		break;
	case 3:
	case 4:
	case 5:
		read_both(at, len, from);
		break;
	default:
		write_both(at, len, from);
	}
}

static void begin(void)
{
	static const char *const name[] = { "by-o-direct", "by-four-calls" };

	for (int i = 0; i < 2; i++) {
		file[i] = scratch_file(name[i]);
		buffer[i] = map_anonymous((BUFFER + 1) * PAGE);
		seen[i] = map_anonymous(2 * SPAN * PAGE);
	}
	CHECK_EQ(fcntl(file[0], F_SETFL, O_DIRECT), 0);
	same_buffers();
}

static void random_operations(unsigned seed)
{
	state = seed;
	begin();
	for (int i = 0; i < ROUNDS; i++) {
		one_operation();
		if (i % 50 == 49)
			same_files();
	}
	for (int i = 0; i < 2; i++)
		go_cold(file[i]);
	same_files();
	test_figure("p18", "seed %u: %d operations by both, same results, "
		    "errors, buffers and files", seed, ROUNDS);
}

static void the_same_results_1(void)
{
	random_operations(1);
}

static void the_same_results_2(void)
{
	random_operations(2002);
}

/* What was read is a picture: what others write later is not in it. */
static void a_picture_of_the_file(void)
{
	begin();
	write_both(0, 4 * PAGE, 0);
	read_both(0, 4 * PAGE, 0);
	cached_both(PAGE, 2 * PAGE, 1);
	same_buffers();
	read_both(0, 4 * PAGE, 0);
}

static void the_position_stays(void)
{
	begin();
	for (int i = 0; i < 2; i++)
		CHECK_EQ(lseek(file[i], 77, SEEK_SET), 77);
	write_both(PAGE, 2 * PAGE, 0);
	read_both(PAGE, 2 * PAGE, 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(lseek(file[i], 0, SEEK_CUR), 77);
}

static void holes_and_the_end(void)
{
	begin();
	cut_both(10 * PAGE + 100);
	read_both(0, BUFFER * PAGE, 0);
	write_both(3 * PAGE, PAGE, 0);
	write_both(20 * PAGE, PAGE, 0);
	read_both(10 * PAGE, BUFFER * PAGE, 0);
	read_both(21 * PAGE, PAGE, 0);
	read_both(21 * PAGE + 1, 7, 0);
	same_files();
}

static void the_same_refusals(void)
{
	begin();
	write_both(0, 4 * PAGE, 0);
	read_both(1, PAGE, 0);
	read_both(0, PAGE + 1, 0);
	read_both(0, PAGE, 512);
	write_both(512, PAGE, 0);
	write_both(0, 512, 0);
	write_both(0, PAGE, 1);
	CHECK_FAILS(direct_read(file[1], (void *)PAGE, PAGE, 0), EFAULT);
	CHECK_FAILS(pread(file[0], (void *)PAGE, PAGE, 0), EFAULT);
	CHECK_FAILS(direct_write(file[1], (void *)PAGE, PAGE, 0), EFAULT);
	CHECK_FAILS(pwrite(file[0], (void *)PAGE, PAGE, 0), EFAULT);
	same_files();
}

static void for_writing_only(void)
{
	begin();
	close(file[1]);
	file[1] = open(scratch("by-four-calls"), O_WRONLY);
	write_both(0, 4 * PAGE, 0);
	CHECK_FAILS(direct_read(file[1], buffer[1], PAGE, 0), EBADF);
	close(file[1]);
	file[1] = open(scratch("by-four-calls"), O_RDWR);
	same_files();
}

/* readahead keeps its error to itself; after it the page is still unread. */
static void let_readahead_fail(int fd)
{
	const struct timespec pause = { .tv_nsec = 1000 * 1000 };

	fail_at("read", 1);
	CHECK_EQ(readahead(fd, 0, PAGE), 0);
	while (page_state(fd, 0) & PAGE_LOCKED)
		nanosleep(&pause, NULL);
}

/* A read that fails: the same EIO.  The page can be read the next time. */
static void the_same_error(void)
{
	begin();
	write_both(0, PAGE, 0);
	go_cold(file[1]);
	fail_at("read", 1);
	CHECK_FAILS(pread(file[0], buffer[0], PAGE, 0), EIO);
	let_readahead_fail(file[1]);
	fail_at("read", 1);
	CHECK_FAILS(direct_read(file[1], buffer[1], PAGE, 0), EIO);
	fail_at("read", 0);
	read_both(0, PAGE, 0);
}

/* The point of it: nothing is copied, and nothing stays in the cache. */
static void no_byte_is_copied(void)
{
	begin();
	write_both(0, 8 * PAGE, 0);
	go_cold(file[1]);
	measure();
	CHECK_EQ(direct_read(file[1], buffer[1], 8 * PAGE, 0), 8 * PAGE);
	CHECK_EQ(direct_write(file[1], buffer[1], 8 * PAGE, 8 * PAGE),
		 8 * PAGE);
	measured();
	CHECK_EQ(cost("bytes_copied"), 0);
	for (int i = 0; i < 16; i++)
		CHECK_EQ(page_of_file(file[1], i), 0);
}

int main(void)
{
	RUN(the_same_results_1);
	RUN(the_same_results_2);
	RUN(a_picture_of_the_file);
	RUN(the_position_stays);
	RUN(holes_and_the_end);
	RUN(the_same_refusals);
	RUN(for_writing_only);
	RUN(the_same_error);
	RUN(no_byte_is_copied);
	fail_at("read", 0);
	return test_end();
}
