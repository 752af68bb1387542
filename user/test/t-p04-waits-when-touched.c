/*
 * t-p04: nothing waits for the disk until a page is touched; a page that is
 * being read is waited for, one that is there is not.  (P4, S6)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 32, TRIES = 20 };

static void mapping_reads_nothing(void)
{
	int fd = pattern_file("src", PAGES * PAGE, 1);
	char *p;

	go_cold(fd);
	measure();
	p = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_PRIVATE | MAP_UNCACHED,
		 fd, 0);
	measured();
	CHECK(p != MAP_FAILED);
	CHECK_EQ(cost("blk_requests"), 0);
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(page_of_file(fd, i), 0);
}

static void touching_reads(void)
{
	int fd = pattern_file("src", PAGES * PAGE, 2);
	char *p = map_uncached(fd, PAGES * PAGE);
	unsigned waits;

	go_cold(fd);
	measure();
	CHECK(pattern_ok(p + 3 * PAGE, PAGE, 2, 3));
	measured();
	CHECK(cost("blk_requests") >= 1);
	waits = cost("waits");
	if (kernel_option("ramdisk.latency_us"))
		CHECK_EQ(waits, 1);
	go_warm(fd);
	measure();
	CHECK(pattern_ok(p + 4 * PAGE, PAGE, 2, 4));
	measured();
	CHECK_EQ(cost("waits"), 0);
	test_figure("p04", "touching a page that is not there: %u wait; one "
		    "that is: 0", waits);
}

static void finished_page_asks_nothing_of_the_disk(void)
{
	int fd = pattern_file("src", PAGES * PAGE, 3);
	char *p = map_uncached(fd, PAGES * PAGE);

	go_warm(fd);
	measure();
	CHECK(pattern_ok(p, PAGES * PAGE, 3, 0));
	measured();
	CHECK_EQ(cost("blk_requests"), 0);
	CHECK_EQ(cost("cache_misses"), 0);
	CHECK_EQ(cost("waits"), 0);
}

/* That the right bytes are there means that the fault has waited for them. */
static void s06_page_being_read_is_waited_for(void)
{
	int fd = pattern_file("src", PAGES * PAGE, 4), seen = 0;
	char *p;

	for (int i = 0; i < TRIES && !seen; i++) {
		p = map_uncached(fd, PAGES * PAGE);
		go_cold(fd);
		CHECK_EQ(readahead(fd, 0, PAGES * PAGE), 0);
		seen = page_of_file(fd, 5) > 0
		    && !(page_state(fd, 5) & PAGE_UPTODATE);
		CHECK(pattern_ok(p + 5 * PAGE, PAGE, 4, 5));
		CHECK(pattern_ok(p, PAGES * PAGE, 4, 0));
		CHECK_EQ(munmap(p, PAGES * PAGE), 0);
	}
	if (kernel_option("ramdisk.latency_us") == 0)
		test_note("needs a disk with latency");
	else
		CHECK(seen);
}

int main(void)
{
	RUN(mapping_reads_nothing);
	RUN(touching_reads);
	RUN(finished_page_asks_nothing_of_the_disk);
	RUN(s06_page_being_read_is_waited_for);
	return test_end();
}
