/*
 * t-r08: to know where the pages are, readahead() may have to read indirect
 * blocks first; for the data it does not wait all the same.  (R8)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

#define BIG "/data/big"

enum {
	PER_BLOCK = 1024,	/* pages that one indirect block leads to */
	DIRECT = 12,
	DEPTH = 2,		/* indirect blocks before a page of a big file */
	PAGES = 64,
};

static int on_their_way(int fd, int first)
{
	int n = 0;

	for (int i = first; i < first + PAGES; i++) {
		n += page_of_file(fd, i) > 0
		  && !(page_state(fd, i) & PAGE_UPTODATE);
	}
	return n;
}

/* Behind the @k-th indirect block, which nobody may have read yet. */
static void check_behind(int fd, int k)
{
	int first = DIRECT + PER_BLOCK + k * PER_BLOCK + PER_BLOCK / 2;

	measure();
	CHECK_EQ(readahead(fd, (off_t)first * PAGE, PAGES * PAGE), 0);
	measured();
	CHECK(cost("waits") <= DEPTH);
	CHECK_EQ(on_their_way(fd, first), PAGES);
}

static void r08_does_not_wait_for_the_data(void)
{
	int fd = open(BIG, O_RDONLY);
	int blocks = (file_size(fd) / PAGE - DIRECT) / PER_BLOCK - 1;

	CHECK(fd >= 0);
	CHECK(blocks >= 2);
	if (kernel_option("ramdisk.latency_us") == 0) {
		test_note("needs a disk with latency");
		return;
	}
	go_cold(fd);
	for (int k = 0; k < blocks; k++)
		check_behind(fd, k);
}

int main(void)
{
	RUN(r08_does_not_wait_for_the_data);
	return test_end();
}
