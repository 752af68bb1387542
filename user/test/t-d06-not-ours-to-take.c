/*
 * t-d06: only MAP_UNCACHED permits taking a file's page away.  From a plain
 * private or a shared mapping the page is copied, unless the process has made
 * it its own by writing.  (decision 6; W8, W15)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 4 };

static long was[PAGES];

static void remember(int src)
{
	for (int i = 0; i < PAGES; i++) {
		was[i] = page_of_file(src, i);
		CHECK(was[i] > 0);
	}
}

/* Move all of @p to a new file; the source keeps every frame. */
static void check_copied(int src, char *p)
{
	int dst = scratch_file("dst");
	ssize_t moved;

	measure();
	moved = mwrite(dst, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	CHECK_EQ(cost("bytes_copied"), PAGES * PAGE);
	for (int i = 0; i < PAGES; i++) {
		CHECK_EQ(page_of_file(src, i), was[i]);
		CHECK(page_of_file(dst, i) != was[i]);
	}
	CHECK_EQ(pwrite(dst, "changed", 7, 0), 7);
	CHECK(file_ok(src, PAGES * PAGE, 1));
}

static void untouched_private_mapping(void)
{
	int src = pattern_file("src", PAGES * PAGE, 1);

	remember(src);
	check_copied(src, map_private(src, PAGES * PAGE));
}

/* The Dirty Pipe shape: read-only file, mapped and read, never written. */
static void w08_read_only_file_mapped_and_read(void)
{
	int src = pattern_file("src", PAGES * PAGE, 1);
	char *p;

	src = open(scratch("src"), O_RDONLY);
	p = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_PRIVATE, src, 0);
	CHECK(p != MAP_FAILED);
	CHECK(pattern_ok(p, PAGES * PAGE, 1, 0));
	remember(src);
	check_copied(src, p);
}

static void read_only_shared_mapping(void)
{
	int src = pattern_file("src", PAGES * PAGE, 1);
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, src, 0);

	if (p == MAP_FAILED) {
		test_note("no shared mappings here");
		return;
	}
	remember(src);
	check_copied(src, p);
	CHECK(pattern_ok(p, PAGES * PAGE, 1, 0));
	check_copied(src, p);
}

static void written_private_pages_are_ours_and_move(void)
{
	int src = pattern_file("src", PAGES * PAGE, 1);
	int dst = scratch_file("dst");
	char *p = map_private(src, PAGES * PAGE);
	ssize_t moved;

	pattern_fill(p, PAGES * PAGE, 2, 0);
	for (int i = 0; i < PAGES; i++)
		was[i] = page_of_address(p + i * PAGE);
	measure();
	moved = mwrite(dst, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	CHECK_EQ(cost("bytes_copied"), 0);
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(page_of_file(dst, i), was[i]);
	CHECK(file_ok(dst, PAGES * PAGE, 2));
	CHECK(file_ok(src, PAGES * PAGE, 1));
	CHECK(pattern_ok(p, PAGES * PAGE, 1, 0));
}

static void read_only_uncached_mapping_may_move(void)
{
	int src = pattern_file("src", PAGES * PAGE, 1);
	int dst = scratch_file("dst");
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ,
		       MAP_PRIVATE | MAP_UNCACHED, src, 0);

	CHECK(p != MAP_FAILED);
	remember(src);
	CHECK_EQ(mwrite(dst, p, PAGES * PAGE), PAGES * PAGE);
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(page_of_file(dst, i), was[i]);
	CHECK(file_ok(src, PAGES * PAGE, 1));
}

int main(void)
{
	RUN(untouched_private_mapping);
	RUN(w08_read_only_file_mapped_and_read);
	RUN(read_only_shared_mapping);
	RUN(written_private_pages_are_ours_and_move);
	RUN(read_only_uncached_mapping_may_move);
	return test_end();
}
