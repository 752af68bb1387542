/*
 * t-brk: the heap grows and shrinks; new memory is zero; what was given back
 * is gone.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

static volatile char *target;

static void read_it(void)
{
	*target;
}

/* The raw call: returns the break, new or old. */
static char *set_break(char *to)
{
	return (char *)syscall(SYS_brk, to);
}

static char *page_above(char *p)
{
	return (char *)(((uintptr_t)p + PAGE - 1) & -(uintptr_t)PAGE);
}

static void grows_with_zeros(void)
{
	char *start = page_above(set_break(NULL));

	CHECK(set_break(start + 10 * PAGE) == start + 10 * PAGE);
	CHECK(zeros_ok(start, 10 * PAGE));
	pattern_fill(start, 10 * PAGE, 1, 0);
	CHECK(pattern_ok(start, 10 * PAGE, 1, 0));
	CHECK(set_break(start) == start);
}

static void shrinks_and_forgets(void)
{
	char *start = page_above(set_break(NULL));

	CHECK(set_break(start + 4 * PAGE) == start + 4 * PAGE);
	memset(start, 'x', 4 * PAGE);
	CHECK(set_break(start + PAGE) == start + PAGE);
	CHECK_EQ(start[PAGE - 1], 'x');
	target = start + PAGE;
	CHECK_KILLED(in_child(read_it), SIGSEGV);
	CHECK(set_break(start + 4 * PAGE) == start + 4 * PAGE);
	CHECK(zeros_ok(start + PAGE, 3 * PAGE));
	CHECK(set_break(start) == start);
}

static void need_not_be_aligned(void)
{
	char *start = page_above(set_break(NULL));

	CHECK(set_break(start + 5) == start + 5);
	start[4] = 'x';
	CHECK(set_break(start + PAGE + 1) == start + PAGE + 1);
	CHECK_EQ(start[4], 'x');
	start[PAGE] = 'y';
	CHECK(set_break(start) == start);
}

static void impossible_leaves_it(void)
{
	char *now = set_break(NULL);

	CHECK(set_break((char *)0xC0000000) == now);
	CHECK(set_break((char *)0xFFFFFFFF) == now);
	CHECK(set_break((char *)1) == now);
	CHECK(set_break(NULL) == now);
}

static void does_not_run_into_a_mapping(void)
{
	char *start = page_above(set_break(NULL)), *now = set_break(NULL);
	char *wall = mmap(start + 100 * PAGE, PAGE, PROT_READ, MAP_PRIVATE
			  | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	CHECK(wall == start + 100 * PAGE);
	CHECK(set_break(start + 200 * PAGE) == now);
	CHECK_EQ(munmap(wall, PAGE), 0);
}

int main(void)
{
	RUN(grows_with_zeros);
	RUN(shrinks_and_forgets);
	RUN(need_not_be_aligned);
	RUN(impossible_leaves_it);
	RUN(does_not_run_into_a_mapping);
	return test_end();
}
