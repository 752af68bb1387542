/*
 * t-w19: a frame is never in two caches, nor in a cache and in a page table
 * that has moved it.  Here for every page that this process
 * can see; the suite then lets the kernel look at every frame of the machine
 * (/proc/magpie/check).  (W19)
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "test.h"

enum { FILES = 4, PAGES = 40, ROUNDS = 12 };

static const char *const names[FILES] = { "a", "b", "c", "d" };
static int file[FILES];
static long frames[(FILES + 1) * PAGES];
static unsigned nframes;

static void note(long frame)
{
	if (frame > 0)
		frames[nframes++] = frame;
}

static int by_number(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * All pages of all files, and what is mapped at @p, where file[@from] was.  A
 * page that could not be stolen is shown as in any private mapping: that one
 * frame is the file's own, at its own index.
 */
static void check_no_frame_twice(int from, const char *p)
{
	nframes = 0;
	for (int f = 0; f < FILES; f++) {
		for (int i = 0; i < PAGES; i++)
			note(page_of_file(file[f], i));
	}
	for (int i = 0; i < PAGES; i++) {
		if (page_of_address(p + i * PAGE) != page_of_file(file[from], i))
			note(page_of_address(p + i * PAGE));
	}
	qsort(frames, nframes, sizeof frames[0], by_number);
	for (unsigned i = 1; i < nframes; i++)
		CHECK(frames[i] != frames[i - 1]);
}

/* One turn: from file @from to file @to, every third page touched. */
static void turn(int from, int to)
{
	char *p = map_uncached(file[from], PAGES * PAGE);

	for (int i = 0; i < PAGES; i += 3)
		p[i * PAGE] = p[i * PAGE];
	check_no_frame_twice(from, p);
	CHECK_EQ(lseek(file[to], 0, SEEK_SET), 0);
	CHECK_EQ(mwrite(file[to], p, PAGES * PAGE), PAGES * PAGE);
	check_no_frame_twice(from, p);
	CHECK(pattern_ok(p, 2 * PAGE, 1, 0));
	check_no_frame_twice(from, p);
	CHECK_EQ(munmap(p, PAGES * PAGE), 0);
}

static void w19_never_in_two_caches(void)
{
	for (int f = 0; f < FILES; f++)
		file[f] = pattern_file(names[f], PAGES * PAGE, 1);
	for (int i = 0; i < ROUNDS; i++) {
		turn(i % FILES, (i + 1 + i / FILES) % FILES);
		if (i % 3 == 0)
			CHECK_EQ(fsync(file[i % FILES]), 0);
	}
	for (int f = 0; f < FILES; f++)
		CHECK(file_ok(file[f], PAGES * PAGE, 1));
}

int main(void)
{
	RUN(w19_never_in_two_caches);
	return test_end();
}
