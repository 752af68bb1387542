/*
 * t-p13: that nothing was touched is seen in the page directory: one entry
 * read for each 4 MiB, no page table looked into.  mmap() helps by placing
 * large MAP_UNCACHED areas at 4 MiB boundaries.  (P13, W3)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { SPAN = MAGPIE_TABLE_SPAN };

static char *map_and_move(size_t bytes)
{
	int src = sparse_file("src", bytes), dst = scratch_file("dst");
	char *p = map_uncached(src, bytes);
	ssize_t moved;

	measure();
	moved = mwrite(dst, p, bytes);
	measured();
	CHECK_EQ(moved, bytes);
	return p;
}

static void two_spans_two_entries(void)
{
	char *p = map_and_move(2 * SPAN);

	CHECK_EQ((uintptr_t)p % SPAN, 0);
	CHECK_EQ(cost("mwrite_pde_reads"), 2);
	CHECK_EQ(cost("mwrite_pte_reads"), 0);
	test_figure("p13", "%d MiB: %llu directory entries read, %llu table "
		    "entries", 2 * SPAN >> 20, cost("mwrite_pde_reads"),
		    cost("mwrite_pte_reads"));
}

static void one_page_more_is_one_entry_more(void)
{
	map_and_move(SPAN + PAGE);
	CHECK_EQ(cost("mwrite_pde_reads"), 2);
	CHECK_EQ(cost("mwrite_pte_reads"), 0);
}

static void large_areas_are_aligned(void)
{
	int fd = sparse_file("src", 4 * SPAN);
	char *a, *b;

	CHECK_EQ((uintptr_t)map_uncached(fd, 3 * PAGE) % PAGE, 0);
	a = map_uncached(fd, SPAN);
	CHECK_EQ((uintptr_t)a % SPAN, 0);
	CHECK_EQ((uintptr_t)map_anonymous(PAGE) % PAGE, 0);
	b = map_uncached(fd, SPAN + PAGE);
	CHECK_EQ((uintptr_t)b % SPAN, 0);
	CHECK(a != b);
}

/* The other side: touched pages cannot be seen in the directory alone. */
static void touched_pages_need_the_table(void)
{
	int dst = scratch_file("dst");
	char *p = map_anonymous(4 * PAGE);

	for (int i = 0; i < 4; i++)
		p[i * PAGE] = 'x';
	measure();
	CHECK_EQ(mwrite(dst, p, 4 * PAGE), 4 * PAGE);
	measured();
	CHECK(cost("mwrite_pte_reads") >= 4);
}

int main(void)
{
	RUN(two_spans_two_entries);
	RUN(one_page_more_is_one_entry_more);
	RUN(large_areas_are_aligned);
	RUN(touched_pages_need_the_table);
	return test_end();
}
