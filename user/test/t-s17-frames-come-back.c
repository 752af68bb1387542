/*
 * t-s17: stolen frames are given back by munmap and by exit; copying over and
 * over needs no more memory than copying once.  (S17, M3)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 100, ROUNDS = 200 };

static int src;

static void steal_all(void)
{
	CHECK(pattern_ok(map_uncached(src, PAGES * PAGE), PAGES * PAGE, 1, 0));
}

static void munmap_gives_them_back(void)
{
	uint64_t anon, used;
	char *p;

	src = pattern_file("src", PAGES * PAGE, 1);
	p = map_uncached(src, PAGES * PAGE);
	anon = memory_now("frames_anon");
	CHECK(pattern_ok(p, PAGES * PAGE, 1, 0));
	used = memory_now("frames_anon");
	CHECK_EQ(used - anon, PAGES);
	measure();
	CHECK_EQ(munmap(p, PAGES * PAGE), 0);
	measured();
	CHECK(cost("frames_freed") >= PAGES);
	CHECK_EQ(memory_now("frames_anon"), anon);
}

static void exit_gives_them_back(void)
{
	uint64_t anon;

	src = pattern_file("src", PAGES * PAGE, 1);
	anon = memory_now("frames_anon");
	CHECK_EXIT(in_child(steal_all), 0);
	memory_settles("frames_anon", anon);
	CHECK(file_ok(src, PAGES * PAGE, 1));
}

/* One page there and back again; the balance of frames must not move. */
static void many_copies(void)
{
	int dst = scratch_file("dst");
	uint64_t anon = 0, cached = 0;

	src = pattern_file("src", PAGE, 1);
	for (int i = 0; i < ROUNDS; i++) {
		char *p = map_uncached(src, PAGE);

		if (i == 1) {
			anon = memory_now("frames_anon");
			cached = memory_now("frames_cached");
		}
		CHECK_EQ(lseek(dst, 0, SEEK_SET), 0);
		CHECK_EQ(mwrite(dst, p, PAGE), PAGE);
		CHECK_EQ(munmap(p, PAGE), 0);
	}
	CHECK_EQ(memory_now("frames_anon"), anon);
	CHECK(memory_now("frames_cached") <= cached + 1);
	CHECK(file_ok(dst, PAGE, 1));
}

int main(void)
{
	RUN(munmap_gives_them_back);
	RUN(exit_gives_them_back);
	RUN(many_copies);
	return test_end();
}
