/*
 * t-wait: wait4() tells how each child ended, once.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sched.h>
#include <unistd.h>

#include "test.h"

static int number;

static void leave(void)
{
	_exit(number);
}

static void spin(void)
{
	for (;;)
		sched_yield();
}

static void exit_status_is_eight_bits(void)
{
	static const int statuses[] = { 0, 1, 2, 127, 128, 255, 256, 259, -1 };

	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
		int how;

		number = statuses[i];
		how = in_child(leave);
		CHECK(WIFEXITED(how));
		CHECK_EQ(WEXITSTATUS(how), number & 255);
	}
}

static void no_child(void)
{
	int how;

	CHECK_FAILS(waitpid(-1, &how, 0), ECHILD);
	CHECK_FAILS(waitpid(-1, &how, WNOHANG), ECHILD);
	CHECK_FAILS(waitpid(1, &how, 0), ECHILD);
	CHECK_FAILS(waitpid(getpid(), &how, 0), ECHILD);
}

static void only_once(void)
{
	pid_t child = child_start(leave);

	child_wait(child);
	CHECK_FAILS(waitpid(child, NULL, 0), ECHILD);
}

static void without_waiting(void)
{
	pid_t child = child_start(spin);
	int how = 42;

	CHECK_EQ(waitpid(child, &how, WNOHANG), 0);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, &how, 0), child);
	CHECK(WIFSIGNALED(how));
	CHECK_EQ(WTERMSIG(how), SIGKILL);
}

static void whichever_comes(void)
{
	pid_t spinning = child_start(spin), leaving;

	number = 5;
	leaving = child_start(leave);
	CHECK_EQ(waitpid(-1, NULL, 0), leaving);
	CHECK_EQ(kill(spinning, SIGKILL), 0);
	CHECK_EQ(waitpid(-1, NULL, 0), spinning);
}

static void in_any_order(void)
{
	pid_t child[5];

	number = 6;
	for (int i = 0; i < 5; i++)
		child[i] = child_start(leave);
	for (int i = 4; i >= 0; i--)
		CHECK_EXIT(child_wait(child[i]), 6);
	CHECK_FAILS(waitpid(-1, NULL, 0), ECHILD);
}

static void bad_options(void)
{
	CHECK_FAILS(waitpid(-1, NULL, 0x10000), EINVAL);
}

static void identities(void)
{
	pid_t parent = getpid(), child = fork();

	if (child == 0) {
		CHECK(getpid() != parent);
		CHECK_EQ(getppid(), parent);
		_exit(0);
	}
	CHECK_EXIT(child_wait(child), 0);
}

int main(void)
{
	RUN(exit_status_is_eight_bits);
	RUN(no_child);
	RUN(only_once);
	RUN(without_waiting);
	RUN(whichever_comes);
	RUN(in_any_order);
	RUN(bad_options);
	RUN(identities);
	return test_end();
}
