/*
 * t-d04: a page that is dirty or that somebody has mapped is copied and stays
 * in its file; the reason is counted.  (decision 4; S2, S3)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 4 };

/* A file whose pages are in the cache only: not yet on the disk. */
static int dirty_file(unsigned seed)
{
	static char page[PAGE];
	int fd = scratch_file("src");

	for (int i = 0; i < PAGES; i++) {
		pattern_fill(page, PAGE, seed, i);
		write_all(fd, page, PAGE);
	}
	for (int i = 0; i < PAGES; i++)
		CHECK(page_state(fd, i) & PAGE_DIRTY);
	return fd;
}

static void s03_touching_a_dirty_page_copies_it(void)
{
	int src = dirty_file(1);
	char *p = map_uncached(src, PAGES * PAGE);
	long was = page_of_file(src, 1);

	measure();
	p[PAGE] = 'x';
	measured();
	CHECK_EQ(cost("fallback_dirty"), 1);
	CHECK_EQ(cost("frames_stolen"), 0);
	CHECK_EQ(cost("bytes_copied"), PAGE);
	CHECK_EQ(page_of_file(src, 1), was);
	CHECK(page_of_address(p + PAGE) != was);
	CHECK(file_ok(src, PAGES * PAGE, 1));
	CHECK_EQ(fsync(src), 0);
	go_cold(src);
	CHECK(file_ok(src, PAGES * PAGE, 1));
}

static void s03_moving_dirty_pages_copies_them(void)
{
	int src = dirty_file(2), dst = scratch_file("dst");
	char *p = map_uncached(src, PAGES * PAGE);
	ssize_t moved;

	measure();
	moved = mwrite(dst, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	CHECK_EQ(cost("fallback_dirty"), PAGES);
	CHECK_EQ(cost("bytes_copied"), PAGES * PAGE);
	CHECK(file_ok(src, PAGES * PAGE, 2));
	CHECK(file_ok(dst, PAGES * PAGE, 2));
	CHECK_EQ(fsync(src), 0);
	go_cold(src);
	CHECK(file_ok(src, PAGES * PAGE, 2));
}

/* The child takes what its parent has mapped. */
static void s02_mapped_by_another_process(void)
{
	int src = pattern_file("src", PAGES * PAGE, 3);
	char *held = map_private(src, PAGES * PAGE);
	long was;
	pid_t child;

	CHECK(pattern_ok(held, PAGES * PAGE, 3, 0));
	was = page_of_file(src, 1);
	CHECK_EQ(page_of_address(held + PAGE), was);
	child = fork();
	if (child == 0) {
		char *p = map_uncached(src, PAGES * PAGE);

		measure();
		p[PAGE] = 'x';
		measured();
		CHECK_EQ(cost("fallback_mapped"), 1);
		CHECK_EQ(cost("frames_stolen"), 0);
		CHECK_EQ(page_of_file(src, 1), was);
		CHECK(page_of_address(p + PAGE) != was);
		_exit(0);
	}
	CHECK_EXIT(child_wait(child), 0);
	CHECK(pattern_ok(held, PAGES * PAGE, 3, 0));
	CHECK_EQ(page_of_address(held + PAGE), was);
	CHECK(file_ok(src, PAGES * PAGE, 3));
}

static void moving_mapped_pages_copies_them(void)
{
	int src = pattern_file("src", PAGES * PAGE, 4);
	int dst = scratch_file("dst");
	char *held = map_private(src, PAGES * PAGE);
	char *p = map_uncached(src, PAGES * PAGE);
	ssize_t moved;

	CHECK(pattern_ok(held + PAGE, PAGE, 4, 1));
	measure();
	moved = mwrite(dst, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	CHECK_EQ(cost("fallback_mapped"), 1);
	CHECK_EQ(cost("bytes_copied"), PAGE);
	CHECK(pattern_ok(held + PAGE, PAGE, 4, 1));
	CHECK(file_ok(dst, PAGES * PAGE, 4));
	pattern_fill(held, PAGES * PAGE, 5, 0);
	CHECK(file_ok(dst, PAGES * PAGE, 4));
}

int main(void)
{
	RUN(s03_touching_a_dirty_page_copies_it);
	RUN(s03_moving_dirty_pages_copies_them);
	RUN(s02_mapped_by_another_process);
	RUN(moving_mapped_pages_copies_them);
	return test_end();
}
