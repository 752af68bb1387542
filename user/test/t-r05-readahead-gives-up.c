/*
 * t-r05-readahead-gives-up: R5.  When memory is nearly full readahead gives up
 * silently: no error, no wait, nobody's memory taken; who then reads a page
 * gets it all the same.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "stress.h"
#include "test.h"

enum { ASKED = 1024 };			/* pages */

/* What the kernel keeps for itself, of which readahead leaves twice as much. */
static unsigned reserve(void)
{
	unsigned share = (memory_now("frames_total")
			  - memory_now("frames_reserved")) / 64;

	return share < 32 ? 32 : share > 256 ? 256 : share;
}

static int big(void)
{
	int fd = open("/data/big", O_RDONLY);

	CHECK(fd >= 0);
	drop_cached_pages(fd);
	CHECK_EQ(pages_cached(fd, ASKED), 0);
	return fd;
}

static void in_plenty_it_reads(void)
{
	int fd = big();

	CHECK_EQ(readahead(fd, 0, ASKED * PAGE), 0);
	CHECK_EQ(pages_cached(fd, ASKED), ASKED);
	for (int i = 0; i < ASKED; i++) {
		while (page_state(fd, i) & PAGE_LOCKED)
			usleep(100);
	}
	drop_cached_pages(fd);
}

static void in_need_it_gives_up(void)
{
	struct hog hog;
	int fd = big();
	char c;

	hog_take(&hog, reserve() * 3 / 2 + 40);
	measure();
	CHECK_EQ(readahead(fd, 0, ASKED * PAGE), 0);
	measured();
	CHECK_EQ(cost("ra_issued"), 0);
	CHECK_EQ(pages_cached(fd, ASKED), 0);
	CHECK_EQ(pread(fd, &c, 1, 5 * PAGE), 1);
	CHECK(page_of_file(fd, 5) > 0);
	for (size_t at = 0; at < hog.bytes; at += PAGE)
		CHECK_EQ(hog.p[at], 1);
	hog_release(&hog);
	drop_cached_pages(fd);
}

int main(void)
{
	RUN(in_plenty_it_reads);
	RUN(in_need_it_gives_up);
	return test_end();
}
