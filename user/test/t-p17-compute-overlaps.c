/*
 * t-p17: one thread, no asynchronous I/O: readahead() for the next page before
 * computing on this one, and the disk works meanwhile.  What counts is how
 * often the process has to wait; the time is the machine's virtual one.  (P17)
 */
#define _GNU_SOURCE
#include <time.h>
#include <unistd.h>

#include "test.h"

enum {
	PAGES = 64,
	SIZE = (PAGES + 1) * PAGE,
	STRIDE = 29,		/* no order that a fault would read ahead in */
	SECOND = 1000000000,
	FIRST_TRY = 1 << 14,	/* turns of the loop */
};

struct run { unsigned waits; uint64_t ns; };

static unsigned turns;			/* that take about as long as a read */

static uint64_t now_ns(void)
{
	struct timespec t;

	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return (uint64_t)t.tv_sec * SECOND + t.tv_nsec;
}

static unsigned ms(uint64_t ns)
{
	return (ns + 500000) / 1000000;
}

static unsigned compute(const char *page, unsigned n)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum = sum * 33 + (unsigned char)page[i % PAGE];
	return sum;
}

/* Computing on a page shall take as long as reading it, and half as much. */
static void calibrate(unsigned latency_us)
{
	static char page[PAGE];
	uint64_t before = now_ns(), took;
	volatile unsigned sum = compute(page, FIRST_TRY);

	(void)sum;
	took = now_ns() - before;
	CHECK(took > 0);
	turns = FIRST_TRY * (latency_us * 1500ull) / took;
}

/* The page to be worked on in step @i; not the first, which looks like the
 * beginning of a sequence. */
static int page_at(int i)
{
	return 1 + i * STRIDE % PAGES;
}

static struct run work(int ahead)
{
	int fd = pattern_file("src", SIZE, 1);
	char *p = map_uncached(fd, SIZE);
	volatile unsigned sum = 0;
	struct run r;

	go_cold(fd);
	measure();
	r.ns = now_ns();
	for (int i = 0; i < PAGES; i++) {
		if (ahead && i + 1 < PAGES)
			readahead(fd, page_at(i + 1) * PAGE, PAGE);
		sum += compute(p + page_at(i) * PAGE, turns);
	}
	r.ns = now_ns() - r.ns;
	measured();
	r.waits = cost("waits");
	CHECK(pattern_ok(p, SIZE, 1, 0));
	close(fd);
	CHECK_EQ(munmap(p, SIZE), 0);
	return r;
}

static void computing_overlaps_reading(void)
{
	unsigned long latency_us = kernel_option("ramdisk.latency_us");
	struct run plain, ahead;

	if (latency_us == 0) {
		test_note("needs a disk with latency");
		return;
	}
	calibrate(latency_us);
	plain = work(0);
	ahead = work(1);
	test_figure("p17", "%d pages: waits %u without readahead, %u with; "
		    "%u ms and %u ms", PAGES, plain.waits, ahead.waits,
		    ms(plain.ns), ms(ahead.ns));
	CHECK_EQ(plain.waits, PAGES);
	CHECK(ahead.waits <= 2);
	/* Of the disk's time at least three quarters were computed away. */
	CHECK(ahead.ns + PAGES * latency_us * 750 < plain.ns);
}

int main(void)
{
	RUN(computing_overlaps_reading);
	return test_end();
}
