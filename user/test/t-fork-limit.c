/*
 * t-fork-limit: fork() without end ends with EAGAIN (or ENOMEM); what runs
 * goes on, and afterwards there is room again.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <unistd.h>

#include "test.h"

enum { MANY = 1000 };

static pid_t children[MANY];

static void sleep_long(void)
{
	for (;;)
		sleep(1000);
}

static int fork_until_it_fails(void)
{
	int n = 0;

	for (; n < MANY; n++) {
		children[n] = fork();
		if (children[n] == 0)
			sleep_long();
		if (children[n] < 0)
			break;
	}
	return n;
}

static void bury(int n)
{
	for (int i = 0; i < n; i++)
		CHECK_EQ(kill(children[i], SIGKILL), 0);
	for (int i = 0; i < n; i++)
		CHECK_KILLED(child_wait(children[i]), SIGKILL);
}

static void ends_with_an_error(void)
{
	char *p = map_anonymous(4 * PAGE);
	int n, error;

	pattern_fill(p, 4 * PAGE, 1, 0);
	n = fork_until_it_fails();
	error = errno;
	bury(n);
	CHECK(n > 10);
	CHECK(n < MANY);
	CHECK(error == EAGAIN || error == ENOMEM);
	CHECK(pattern_ok(p, 4 * PAGE, 1, 0));
}

static void nothing(void)
{
}

static void afterwards_there_is_room(void)
{
	for (int i = 0; i < 20; i++)
		CHECK_EXIT(in_child(nothing), 0);
}

int main(void)
{
	RUN(ends_with_an_error);
	RUN(afterwards_there_is_room);
	return test_end();
}
