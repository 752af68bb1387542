/*
 * t-p19: splice can be made of the four calls, for what the page cache holds:
 * from file to file, any length, nothing copied but a last part of a page.
 * What has no pages is refused: a pipe and a terminal as mwrite's target.
 * (P19)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "direct.h"
#include "test.h"

enum { PAGES = 24, ODD = 1234 };

static void a_whole_file(void)
{
	int in = pattern_file("in", PAGES * PAGE, 1), out = scratch_file("out");

	go_cold(in);
	measure();
	CHECK_EQ(splice_file(in, 0, out, 0, 1 << 30), PAGES * PAGE);
	measured();
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(cost("page_faults"), 0);
	CHECK_EQ(cost("frames_moved"), PAGES);
	test_figure("p19", "%d pages from file to file: 0 faults, 0 bytes "
		    "copied; a pipe, a terminal: EINVAL", PAGES);
	CHECK(file_ok(out, PAGES * PAGE, 1));
	CHECK(file_ok(in, PAGES * PAGE, 1));
	CHECK_EQ(lseek(in, 0, SEEK_CUR) + lseek(out, 0, SEEK_CUR), 0);
}

static void a_file_of_odd_length(void)
{
	size_t size = 3 * PAGE + ODD;
	int in = pattern_file("in", size, 2), out = scratch_file("out");

	CHECK_EQ(splice_file(in, 0, out, 0, size), size);
	CHECK_EQ(splice_file(in, PAGE * PAGES, out, 0, size), 0);
	CHECK(file_ok(out, size, 2));
	CHECK_EQ(fsync(out), 0);
	go_cold(out);
	CHECK(file_ok(out, size, 2));
}

/* Bytes of the destination around what is moved stay as they are. */
static void into_the_middle(void)
{
	static char should[8 * PAGE], is[8 * PAGE];
	int in = pattern_file("in", 8 * PAGE, 3);
	int out = pattern_file("out", 8 * PAGE, 4);

	pattern_fill(should, 8 * PAGE, 4, 0);
	CHECK_EQ(pread(in, should + 2 * PAGE, PAGE + ODD, 4 * PAGE), PAGE + ODD);
	CHECK_EQ(splice_file(in, 4 * PAGE, out, 2 * PAGE, PAGE + ODD),
		 PAGE + ODD);
	CHECK_EQ(file_size(out), 8 * PAGE);
	CHECK_EQ(pread(out, is, 8 * PAGE, 0), 8 * PAGE);
	CHECK(memcmp(is, should, 8 * PAGE) == 0);
}

static void what_is_not_aligned(void)
{
	int in = pattern_file("in", 4 * PAGE, 1), out = scratch_file("out");

	CHECK_FAILS(splice_file(in, 1, out, 0, PAGE), EINVAL);
	CHECK_FAILS(splice_file(in, 0, out, 512, PAGE), EINVAL);
	CHECK_FAILS(splice_file(in, -PAGE, out, 0, PAGE), EINVAL);
	CHECK_EQ(file_size(out), 0);
}

static void refused_by(int fd)
{
	int file = pattern_file("in", PAGE, 1);
	char *p = map_anonymous(PAGE);

	p[0] = 1;
	CHECK_FAILS(mwrite(fd, p, PAGE), EINVAL);
	CHECK_EQ(p[0], 1);
	CHECK_FAILS(splice_file(file, 0, fd, 0, PAGE), EINVAL);
	CHECK_FAILS(splice_file(fd, 0, file, 0, PAGE), EINVAL);
	CHECK(file_ok(file, PAGE, 1));
}

static void a_pipe_is_refused(void)
{
	int end[2];
	char c;

	CHECK_EQ(pipe2(end, O_NONBLOCK), 0);
	refused_by(end[1]);
	CHECK_FAILS(read(end[0], &c, 1), EAGAIN);
}

static void a_terminal_is_refused(void)
{
	int fd = open("/dev/console", O_RDWR);

	CHECK(fd >= 0);
	refused_by(fd);
}

static void for_reading_only(void)
{
	int in = pattern_file("in", PAGE, 1), out;

	pattern_file("out", PAGE, 2);
	out = open(scratch("out"), O_RDONLY);
	CHECK_FAILS(splice_file(in, 0, out, 0, PAGE), EBADF);
	CHECK(file_ok(out, PAGE, 2));
}

int main(void)
{
	RUN(a_whole_file);
	RUN(a_file_of_odd_length);
	RUN(into_the_middle);
	RUN(what_is_not_aligned);
	RUN(a_pipe_is_refused);
	RUN(a_terminal_is_refused);
	RUN(for_reading_only);
	return test_end();
}
