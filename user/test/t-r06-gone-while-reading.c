/*
 * t-r06: readahead() is under way, and the file is closed, removed, cut, or
 * its reader ends.  Nobody waits for ever, nothing leaks, and no byte of the
 * old file is seen in a new one.  (R6)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 48, KEEP = 5 };

/* Pages that have a frame, but not yet their content. */
static int on_their_way(int fd)
{
	int n = 0;

	for (int i = 0; i < PAGES; i++) {
		n += page_of_file(fd, i) > 0
		  && !(page_state(fd, i) & PAGE_UPTODATE);
	}
	return n;
}

/* A cold file that is being read. */
static int being_read(void)
{
	int fd = pattern_file("f", PAGES * PAGE, 1);

	go_cold(fd);
	CHECK_EQ(readahead(fd, 0, PAGES * PAGE), 0);
	if (on_their_way(fd) == 0) {
		CHECK(kernel_option("ramdisk.latency_us") == 0);
		test_note("needs a disk with latency");
	}
	return fd;
}

static void r06_closed(void)
{
	int fd = being_read();

	close(fd);
	fd = open(scratch("f"), O_RDONLY);
	CHECK(fd >= 0);
	CHECK(file_ok(fd, PAGES * PAGE, 1));
}

static void r06_unlinked(void)
{
	uint64_t blocks = memory_now("fs_blocks_free");
	uint64_t cached = memory_now("frames_cached");
	int fd = being_read();

	CHECK_EQ(unlink(scratch("f")), 0);
	close(fd);
	memory_settles("fs_blocks_free", blocks);
	CHECK(memory_now("frames_cached") <= cached + KEEP);
}

/* Its blocks may be another file's at once: the late transfer must not show. */
static void r06_unlinked_and_used_again(void)
{
	int fd = being_read(), next;

	CHECK_EQ(unlink(scratch("f")), 0);
	close(fd);
	next = pattern_file("g", PAGES * PAGE, 2);
	CHECK(file_ok(next, PAGES * PAGE, 2));
	go_cold(next);
	CHECK(file_ok(next, PAGES * PAGE, 2));
}

static void r06_truncated(void)
{
	static char page[PAGE];
	int fd = being_read();

	CHECK_EQ(ftruncate(fd, 0), 0);
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(page_of_file(fd, i), 0);
	CHECK_EQ(ftruncate(fd, PAGES * PAGE), 0);
	for (int i = 0; i < PAGES; i++) {
		CHECK_EQ(pread(fd, page, PAGE, i * PAGE), PAGE);
		CHECK(zeros_ok(page, PAGE));
	}
}

static void r06_cut_in_the_middle(void)
{
	int fd = being_read();

	CHECK_EQ(ftruncate(fd, KEEP * PAGE + 100), 0);
	CHECK(file_ok(fd, KEEP * PAGE + 100, 1));
	for (int i = KEEP + 1; i < PAGES; i++)
		CHECK_EQ(page_of_file(fd, i), 0);
}

static int shared;

static void read_ahead_and_end(void)
{
	CHECK_EQ(readahead(shared, 0, PAGES * PAGE), 0);
}

static void r06_its_reader_ends(void)
{
	shared = pattern_file("f", PAGES * PAGE, 1);
	go_cold(shared);
	CHECK_EXIT(in_child(read_ahead_and_end), 0);
	CHECK(file_ok(shared, PAGES * PAGE, 1));
}

int main(void)
{
	RUN(r06_closed);
	RUN(r06_unlinked);
	RUN(r06_unlinked_and_used_again);
	RUN(r06_truncated);
	RUN(r06_cut_in_the_middle);
	RUN(r06_its_reader_ends);
	return test_end();
}
