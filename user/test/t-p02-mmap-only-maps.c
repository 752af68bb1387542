/*
 * t-p02: mmap(MAP_UNCACHED) sets up the mapping and nothing else: no page
 * table, no entry in one, no TLB work, no read.  (P2)
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { LARGE = 16 << 20 };

static void check_nothing_done(void)
{
	CHECK_EQ(cost("page_tables"), 0);
	CHECK_EQ(cost("ptes_written"), 0);
	CHECK_EQ(cost("tlb_invalidations"), 0);
	CHECK_EQ(cost("page_faults"), 0);
	CHECK_EQ(cost("blk_requests"), 0);
}

static void large_mapping_costs_nothing(void)
{
	int fd = sparse_file("src", LARGE);
	char *p;

	measure();
	p = mmap(NULL, LARGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_UNCACHED, fd, 0);
	measured();
	CHECK(p != MAP_FAILED);
	check_nothing_done();
	test_figure("p02", "%d MiB: %llu page tables, %llu entries, %llu TLB "
		    "invalidations", LARGE >> 20, cost("page_tables"),
		    cost("ptes_written"), cost("tlb_invalidations"));
	CHECK_EQ(page_table_at(p), 0);
	CHECK_EQ(page_table_at(p + LARGE - PAGE), 0);
}

static void unmapping_it_untouched_costs_nothing(void)
{
	int fd = sparse_file("src", LARGE);
	char *p = map_uncached(fd, LARGE);
	int result;

	measure();
	result = munmap(p, LARGE);
	measured();
	CHECK_EQ(result, 0);
	check_nothing_done();
}

static void fixed_over_an_old_mapping_unmaps_it(void)
{
	int fd = pattern_file("src", 2 * PAGE, 2);
	char *p = map_anonymous(2 * PAGE);
	long old;

	p[0] = p[PAGE] = 'x';
	old = page_of_address(p);
	CHECK(old > 0);
	CHECK(mmap(p, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE
		   | MAP_UNCACHED | MAP_FIXED, fd, 0) == (void *)p);
	CHECK_EQ(page_of_address(p), 0);
	CHECK_EQ(page_of_address(p + PAGE), 0);
	CHECK(pattern_ok(p, 2 * PAGE, 2, 0));
}

static void needs_private_and_a_file(void)
{
	int fd = pattern_file("src", PAGE, 3);
	int rw = PROT_READ | PROT_WRITE;

	CHECK_FAILS((long)mmap(NULL, PAGE, rw, MAP_SHARED | MAP_UNCACHED, fd,
			       0), EINVAL);
	CHECK_FAILS((long)mmap(NULL, PAGE, rw, MAP_PRIVATE | MAP_ANONYMOUS
			       | MAP_UNCACHED, -1, 0), EINVAL);
	CHECK_FAILS((long)mmap(NULL, PAGE, rw, MAP_UNCACHED, fd, 0), EINVAL);
}

int main(void)
{
	RUN(large_mapping_costs_nothing);
	RUN(unmapping_it_untouched_costs_nothing);
	RUN(fixed_over_an_old_mapping_unmaps_it);
	RUN(needs_private_and_a_file);
	return test_end();
}
