/*
 * t-p09: from the source's cache through a mapping into the destination's
 * cache it is one and the same frame, whatever was done to the page on the
 * way.  (P9)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 160, KINDS = 4 };	/* more than one batch */

/* What happens to page i on the way. */
enum kind { UNTOUCHED, READ, WRITTEN, ANONYMOUS };

static enum kind kind_of(int i)
{
	return i % KINDS;
}

/* A mapping of the file, every fourth page of it anonymous memory instead. */
static char *mixture(int src)
{
	char *p = map_uncached(src, PAGES * PAGE);

	for (int i = ANONYMOUS; i < PAGES; i += KINDS) {
		CHECK(mmap(p + i * PAGE, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
		      == p + i * PAGE);
	}
	return p;
}

/* Treat page @i at @p.  Returns: its frame, which must be the file's. */
static long treat(int src, volatile char *p, int i)
{
	long was = page_of_file(src, i);

	CHECK(was > 0);
	if (kind_of(i) == UNTOUCHED)
		return was;
	if (kind_of(i) == READ)
		(void)*p;
	else
		pattern_fill((char *)p, PAGE, 2, i);
	if (kind_of(i) != ANONYMOUS)
		CHECK_EQ(page_of_address((char *)p), was);
	return page_of_address((char *)p);
}

static void check_content(int dst)
{
	char *q = map_private(dst, PAGES * PAGE);

	for (int i = 0; i < PAGES; i++) {
		unsigned seed = kind_of(i) == UNTOUCHED || kind_of(i) == READ
				? 1 : 2;

		CHECK(pattern_ok(q + i * PAGE, PAGE, seed, i));
	}
}

static void one_frame_all_the_way(void)
{
	int src = pattern_file("src", PAGES * PAGE, 1);
	int dst = scratch_file("dst"), same = 0;
	char *p = mixture(src);
	long was[PAGES];
	ssize_t moved;

	for (int i = 0; i < PAGES; i++)
		was[i] = treat(src, p + i * PAGE, i);
	measure();
	moved = mwrite(dst, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	CHECK_EQ(cost("frames_moved"), PAGES);
	CHECK_EQ(cost("bytes_copied"), 0);
	for (int i = 0; i < PAGES; i++)
		same += page_of_file(dst, i) == was[i];
	CHECK_EQ(same, PAGES);
	test_figure("p09", "%d of %d frames are the same before and after",
		    same, PAGES);
	check_content(dst);
}

/* And on: the destination is the next one's source. */
static void through_three_files(void)
{
	int a = pattern_file("a", 8 * PAGE, 3);
	int b = scratch_file("b"), c = scratch_file("c");
	long was[8];

	for (int i = 0; i < 8; i++)
		was[i] = page_of_file(a, i);
	CHECK_EQ(mwrite(b, map_uncached(a, 8 * PAGE), 8 * PAGE), 8 * PAGE);
	CHECK_EQ(fdatasync_area(b, 0, 0), 0);
	CHECK_EQ(mwrite(c, map_uncached(b, 8 * PAGE), 8 * PAGE), 8 * PAGE);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(page_of_file(c, i), was[i]);
	CHECK(file_ok(a, 8 * PAGE, 3));
	CHECK(file_ok(b, 8 * PAGE, 3));
	CHECK(file_ok(c, 8 * PAGE, 3));
}

int main(void)
{
	RUN(one_frame_all_the_way);
	RUN(through_three_files);
	return test_end();
}
