/*
 * t-stack: the stack grows as it is used, up to its limit; beyond it lies
 * SIGSEGV.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

enum { FRAME = 2000 };

/* Uses a little more than FRAME bytes a level; returns the sum of 1 to @n. */
static __attribute__((noinline)) long descend(long n)
{
	volatile char room[FRAME];

	memset((char *)room, n, FRAME);
	if (n == 0)
		return 0;
	return descend(n - 1) + n + (room[7] != (char)n);
}

static void grows_by_four_mebibytes(void)
{
	long levels = (4 << 20) / FRAME;

	CHECK_EQ(descend(levels), levels * (levels + 1) / 2);
}

static void without_end(void)
{
	descend(1L << 30);
}

static void endless_recursion_is_SIGSEGV(void)
{
	CHECK_KILLED(in_child(without_end), SIGSEGV);
}

static void large_frame(void)
{
	volatile char room[300000];

	room[0] = 1;
	room[sizeof room - 1] = 2;
	CHECK_EQ(room[0] + room[sizeof room - 1], 3);
}

static void child_has_its_own(void)
{
	volatile int local = 1;
	pid_t child = fork();

	if (child == 0) {
		local = 2;
		CHECK_EQ(descend(100), 5050);
		_exit(local);
	}
	CHECK_EXIT(child_wait(child), 2);
	CHECK_EQ(local, 1);
}

int main(void)
{
	RUN(grows_by_four_mebibytes);
	RUN(endless_recursion_is_SIGSEGV);
	RUN(large_frame);
	RUN(child_has_its_own);
	return test_end();
}
