/*
 * t-d05: frames that parent and child share after fork are copied, never
 * moved: the other keeps its bytes.  (decision 5; W7, S16)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 4 };

static char *shared;
static int dst;

static void move_shared(void)
{
	measure();
	CHECK_EQ(mwrite(dst, shared, PAGES * PAGE), PAGES * PAGE);
	measured();
	CHECK_EQ(cost("bytes_copied"), PAGES * PAGE);
	CHECK_EQ(cost("fallback_shared"), PAGES);
	CHECK(zeros_ok(shared, PAGES * PAGE));
	CHECK(file_ok(dst, PAGES * PAGE, 1));
}

static void child_moves_parent_keeps(void)
{
	long was;

	dst = scratch_file("dst");
	shared = map_anonymous(PAGES * PAGE);
	pattern_fill(shared, PAGES * PAGE, 1, 0);
	was = page_of_address(shared);
	CHECK_EXIT(in_child(move_shared), 0);
	CHECK_EQ(page_of_address(shared), was);
	CHECK(page_of_file(dst, 0) != was);
	CHECK(pattern_ok(shared, PAGES * PAGE, 1, 0));
	pattern_fill(shared, PAGES * PAGE, 2, 0);
	CHECK(file_ok(dst, PAGES * PAGE, 1));
}

static void alone_again_they_move(void)
{
	long was;
	ssize_t moved;

	child_moves_parent_keeps();
	was = page_of_address(shared);
	measure();
	moved = mwrite(dst, shared, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	CHECK_EQ(cost("bytes_copied"), 0);
	CHECK_EQ(page_of_file(dst, PAGES), was);
}

/* The parent moves what the child still shares; then the child looks. */
static void parent_moves_child_keeps(void)
{
	int fd[2] = { scratch_file("dst"), scratch_file("go") };
	char *p = map_anonymous(PAGES * PAGE);
	pid_t child;

	pattern_fill(p, PAGES * PAGE, 3, 0);
	child = fork();
	if (child == 0) {
		while (file_size(fd[1]) == 0)
			continue;
		CHECK(pattern_ok(p, PAGES * PAGE, 3, 0));
		pattern_fill(p, PAGES * PAGE, 4, 0);
		_exit(0);
	}
	CHECK_EQ(mwrite(fd[0], p, PAGES * PAGE), PAGES * PAGE);
	write_all(fd[1], "go", 2);
	CHECK_EXIT(child_wait(child), 0);
	CHECK(file_ok(fd[0], PAGES * PAGE, 3));
	CHECK(zeros_ok(p, PAGES * PAGE));
}

static void write_shared(void)
{
	pattern_fill(shared, PAGES * PAGE, 6, 0);
	CHECK(pattern_ok(shared, PAGES * PAGE, 6, 0));
}

static void s16_stolen_pages_are_copied_on_write(void)
{
	int src = pattern_file("src", PAGES * PAGE, 5);

	shared = map_uncached(src, PAGES * PAGE);
	CHECK(pattern_ok(shared, PAGES * PAGE, 5, 0));
	CHECK_EXIT(in_child(write_shared), 0);
	CHECK(pattern_ok(shared, PAGES * PAGE, 5, 0));
	pattern_fill(shared, PAGES * PAGE, 7, 0);
	CHECK(file_ok(src, PAGES * PAGE, 5));
}

int main(void)
{
	RUN(child_moves_parent_keeps);
	RUN(alone_again_they_move);
	RUN(parent_moves_child_keeps);
	RUN(s16_stolen_pages_are_copied_on_write);
	return test_end();
}
