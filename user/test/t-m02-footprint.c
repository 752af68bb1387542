/*
 * t-m02-footprint: M2.  The pages that a copy adds to the cache are bounded
 * whatever its size, though memory were free: a quarter of memory, and what is
 * being moved.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "stress.h"
#include "test.h"

enum {
	PIECE = 1024,		/* an mwrite is throttled every 4 MiB */
	SPARE = 1024,		/* blocks of the disk for what leads to data */
	MOVING = PIECE + 2 * STREAM_WINDOW,
};

/* As the kernel reckons it when it starts: a quarter of what is free then. */
static unsigned quarter(void)
{
	return (memory_now("frames_total") - memory_now("frames_reserved")) / 4;
}

static unsigned whole_windows(unsigned pages)
{
	return pages / STREAM_WINDOW * STREAM_WINDOW;
}

/* How much @total pages of copy add to the cache at most. */
static unsigned peak(struct stream *s, unsigned total)
{
	unsigned before;

	drop_cached_pages(s->in);
	CHECK_EQ(ftruncate(s->out, 0), 0);
	before = memory_now("frames_cached");
	s->total = whole_windows(total);
	stream_copy(s);
	return s->peak_cached - before;
}

static void check_bounded(int sync)
{
	unsigned disk = memory_now("fs_blocks_free") - SPARE;
	unsigned limit = quarter() + MOVING;
	unsigned target = 2 * limit < disk ? 2 * limit : disk;
	struct stream s = {
		.in = open("/data/big", O_RDONLY), .out = scratch_file("out"),
		.source = 16 * STREAM_WINDOW, .target = whole_windows(target),
		.sync = sync, .watch = 1,
	};
	unsigned once, twice;

	if (s.target <= limit)
		test_note("the disk is too small to fill a quarter of memory");
	once = peak(&s, s.target);
	twice = peak(&s, 2 * s.target);
	CHECK(once <= limit);
	CHECK(twice <= limit);
	CHECK(twice <= once + STREAM_WINDOW);
	drop_cached_pages(s.in);
}

static void of_a_copy_that_is_written_out(void)
{
	check_bounded(1);
}

static void of_a_copy_that_nobody_writes_out(void)
{
	check_bounded(0);
}

/* Decision 14: write(2) too waits at a bounded number of dirty pages. */
static void of_dirty_pages_by_write(void)
{
	unsigned disk = memory_now("fs_blocks_free") - SPARE, most = 0;
	unsigned limit = quarter();
	static char page[PAGE];
	int fd = scratch_file("out");

	/* Of every 64th page none: who writes here and there waits too. */
	for (unsigned i = 0; i < disk && i < 2 * limit; i++) {
		if (i % 64 != 0)
			CHECK_EQ(pwrite(fd, page, PAGE, (off_t)i * PAGE), PAGE);
		if (i % 256 == 0) {
			unsigned now = memory_now("frames_dirty")
				     + memory_now("frames_writeback");

			most = now > most ? now : most;
		}
	}
	CHECK(most > limit / 8);
	CHECK(most <= limit + 64);
}

int main(void)
{
	RUN(of_a_copy_that_is_written_out);
	RUN(of_a_copy_that_nobody_writes_out);
	RUN(of_dirty_pages_by_write);
	return test_end();
}
