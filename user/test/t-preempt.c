/*
 * t-preempt: a process that computes and never calls the kernel does not keep
 * others from running.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <unistd.h>

#include "test.h"

enum { WORK = 20 * 1000 * 1000 };	/* turns: several time slices */

static void spin(void)
{
	for (;;)
		continue;
}

static void work(void)
{
	volatile unsigned n = 0;

	while (n < WORK)
		n++;
}

/* If either of the two could starve the other, one of the waits never ends. */
static void check_worker_finishes(int spinner_first)
{
	pid_t spinner, worker;

	spinner = spinner_first ? child_start(spin) : 0;
	worker = child_start(work);
	if (!spinner_first)
		spinner = child_start(spin);
	CHECK_EXIT(child_wait(worker), 0);
	CHECK_EQ(waitpid(spinner, NULL, WNOHANG), 0);
	CHECK_EQ(kill(spinner, SIGKILL), 0);
	CHECK_KILLED(child_wait(spinner), SIGKILL);
}

static void beside_a_spinner(void)
{
	check_worker_finishes(1);
	check_worker_finishes(0);
}

static void two_workers_both_finish(void)
{
	pid_t a = child_start(work), b = child_start(work);

	CHECK_EXIT(child_wait(a), 0);
	CHECK_EXIT(child_wait(b), 0);
}

/* The registers of the one must not show up in the other: FPU included. */
static void compute(void)
{
	volatile double sum = 0;

	for (int i = 1; i <= 200000; i++)
		sum += 1.0 / i;
	CHECK(sum > 12.783 && sum < 12.784);
}

static void floating_point_beside_each_other(void)
{
	pid_t a = child_start(compute), b = child_start(compute);

	compute();
	CHECK_EXIT(child_wait(a), 0);
	CHECK_EXIT(child_wait(b), 0);
}

int main(void)
{
	RUN(beside_a_spinner);
	RUN(two_workers_both_finish);
	RUN(floating_point_beside_each_other);
	return test_end();
}
