/*
 * t-p10: into an empty place of the destination a page moves; an idle page
 * there is replaced; into one that is mapped the bytes are copied, and that
 * mapping sees them.  (P10, W4, W5 with a private mapping, W6)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 4 };

/* Four anonymous pages of pattern 9; their frames in was[]. */
static long was[PAGES];

static char *new_content(void)
{
	char *p = map_anonymous(PAGES * PAGE);

	pattern_fill(p, PAGES * PAGE, 9, 0);
	for (int i = 0; i < PAGES; i++)
		was[i] = page_of_address(p + i * PAGE);
	return p;
}

static void move_over(int dst)
{
	char *p = new_content();
	ssize_t moved;

	measure();
	moved = mwrite(dst, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
}

static void check_replaced(int dst)
{
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(cost("frames_moved"), PAGES);
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(page_of_file(dst, i), was[i]);
	CHECK(file_ok(dst, PAGES * PAGE, 9));
}

static void empty_place(void)
{
	int dst = scratch_file("dst");

	move_over(dst);
	check_replaced(dst);
}

static void place_on_disk_but_not_cached(void)
{
	int dst = pattern_file("dst", PAGES * PAGE, 1);

	go_cold(dst);
	move_over(dst);
	check_replaced(dst);
}

static void idle_clean_page(void)
{
	int dst = pattern_file("dst", PAGES * PAGE, 2);

	move_over(dst);
	check_replaced(dst);
}

static void idle_dirty_page(void)
{
	int dst = scratch_file("dst");
	static char page[PAGE];

	for (int i = 0; i < PAGES; i++)
		write_all(dst, page, PAGE);
	CHECK_EQ(lseek(dst, 0, SEEK_SET), 0);
	move_over(dst);
	CHECK(file_ok(dst, PAGES * PAGE, 9));
	CHECK_EQ(fsync(dst), 0);
	go_cold(dst);
	CHECK(file_ok(dst, PAGES * PAGE, 9));
}

static void mapped_page_is_copied_into(void)
{
	int dst = pattern_file("dst", PAGES * PAGE, 3);
	char *seen = map_private(dst, PAGES * PAGE);
	long held;

	CHECK(pattern_ok(seen + PAGE, PAGE, 3, 1));
	held = page_of_file(dst, 1);
	CHECK_EQ(page_of_address(seen + PAGE), held);
	move_over(dst);
	CHECK_EQ(cost("bytes_copied"), PAGE);
	CHECK_EQ(cost("fallback_target"), 1);
	test_figure("p10", "4 pages, one mapped by somebody: %llu moved, %llu "
		    "bytes copied", cost("frames_moved"), cost("bytes_copied"));
	CHECK_EQ(page_of_file(dst, 0), was[0]);
	CHECK_EQ(page_of_file(dst, 1), held);
	CHECK_EQ(page_of_file(dst, 2), was[2]);
	CHECK(pattern_ok(seen + PAGE, PAGE, 9, 1));
	CHECK(file_ok(dst, PAGES * PAGE, 9));
}

static void mapped_by_another_process(void)
{
	int dst = pattern_file("dst", PAGES * PAGE, 4);
	char *seen = map_private(dst, PAGES * PAGE);
	pid_t child;

	CHECK(pattern_ok(seen, PAGES * PAGE, 4, 0));
	child = fork();
	if (child == 0) {
		move_over(dst);
		_exit(0);
	}
	CHECK_EXIT(child_wait(child), 0);
	CHECK(pattern_ok(seen, PAGES * PAGE, 9, 0));
	CHECK(file_ok(dst, PAGES * PAGE, 9));
}

int main(void)
{
	RUN(empty_place);
	RUN(place_on_disk_but_not_cached);
	RUN(idle_clean_page);
	RUN(idle_dirty_page);
	RUN(mapped_page_is_copied_into);
	RUN(mapped_by_another_process);
	return test_end();
}
