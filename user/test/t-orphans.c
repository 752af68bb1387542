/*
 * t-orphans: a process whose parent has gone gets process 1 for a parent,
 * which buries it.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <unistd.h>

#include "test.h"

static int report;
static pid_t parent;

/* Runs in the grandchild: wait until the parent is gone, then report. */
static void wait_to_be_adopted(void)
{
	while (getppid() == parent)
		sched_yield();
	if (getppid() == 1)
		write_all(report, "adopted", 7);
	else
		write_all(report, "lost", 4);
}

static void leave_a_grandchild(void)
{
	parent = getpid();
	child_start(wait_to_be_adopted);
}

static void adopted_by_process_1(void)
{
	report = scratch_file("report");
	CHECK_EXIT(in_child(leave_a_grandchild), 0);
	while (file_size(report) == 0)
		sched_yield();
	CHECK_EQ(file_size(report), 7);
	CHECK_FAILS(waitpid(-1, NULL, 0), ECHILD);
}

static void and_buried(void)
{
	uint64_t tasks = memory_now("tasks");

	for (int i = 0; i < 10; i++)
		adopted_by_process_1();
	while (memory_now("tasks") > tasks)
		sched_yield();
}

int main(void)
{
	RUN(adopted_by_process_1);
	RUN(and_buried);
	return test_end();
}
