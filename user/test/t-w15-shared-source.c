/*
 * t-w15: what is mapped MAP_SHARED belongs to others as well.  mwrite copies
 * it: the file, and everybody who has it mapped, keep their frames; and what
 * they write afterwards does not reach the destination.  (decision 6; W15)
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 4 };

static long was[PAGES];

/* Move @p, of pattern @seed, to a new file.  Returns that. */
static int check_copied(char *p, unsigned seed)
{
	int dst = scratch_file("dst");
	ssize_t moved;

	measure();
	moved = mwrite(dst, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	CHECK_EQ(cost("bytes_copied"), PAGES * PAGE);
	CHECK(file_ok(dst, PAGES * PAGE, seed));
	for (int i = 0; i < PAGES; i++)
		CHECK(page_of_file(dst, i) != was[i]);
	return dst;
}

static void w15_a_file_mapped_shared(void)
{
	int src = pattern_file("src", PAGES * PAGE, 1), dst;
	char *p = map_shared(src, PAGES * PAGE);

	pattern_fill(p, PAGES * PAGE, 2, 0);
	for (int i = 0; i < PAGES; i++)
		was[i] = page_of_file(src, i);
	dst = check_copied(p, 2);
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(page_of_file(src, i), was[i]);
	CHECK(pattern_ok(p, PAGES * PAGE, 2, 0));
	pattern_fill(p, PAGES * PAGE, 3, 0);
	CHECK(file_ok(dst, PAGES * PAGE, 2));
	CHECK(file_ok(src, PAGES * PAGE, 3));
}

static void w15_never_touched(void)
{
	int src = pattern_file("src", PAGES * PAGE, 1);
	char *p = map_shared(src, PAGES * PAGE);

	for (int i = 0; i < PAGES; i++)
		was[i] = page_of_file(src, i);
	check_copied(p, 1);
	CHECK_EQ(cost("page_faults"), 0);
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(page_of_file(src, i), was[i]);
}

static char *mine;

static void move_mine(void)
{
	check_copied(mine, 2);
}

/* The child moves; its parent has the same pages mapped and keeps them. */
static void w15_a_third_party_keeps_its_frames(void)
{
	int src = pattern_file("src", PAGES * PAGE, 1);
	char *p = map_shared(src, PAGES * PAGE);

	pattern_fill(p, PAGES * PAGE, 2, 0);
	for (int i = 0; i < PAGES; i++)
		was[i] = page_of_address(p + i * PAGE);
	mine = map_shared(src, PAGES * PAGE);
	CHECK_EXIT(in_child(move_mine), 0);
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(page_of_address(p + i * PAGE), was[i]);
	CHECK(pattern_ok(p, PAGES * PAGE, 2, 0));
}

static void w15_anonymous_shared_memory(void)
{
	int dst;

	mine = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(mine != MAP_FAILED);
	pattern_fill(mine, PAGES * PAGE, 2, 0);
	for (int i = 0; i < PAGES; i++)
		was[i] = page_of_address(mine + i * PAGE);
	CHECK_EXIT(in_child(move_mine), 0);
	dst = check_copied(mine, 2);
	CHECK(pattern_ok(mine, PAGES * PAGE, 2, 0));
	pattern_fill(mine, PAGES * PAGE, 3, 0);
	CHECK(file_ok(dst, PAGES * PAGE, 2));
}

int main(void)
{
	RUN(w15_a_file_mapped_shared);
	RUN(w15_never_touched);
	RUN(w15_a_third_party_keeps_its_frames);
	RUN(w15_anonymous_shared_memory);
	return test_end();
}
