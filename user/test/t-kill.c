/*
 * t-kill: what signals do when nobody handles them, and who may be sent one.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"

static int number;

static void spin(void)
{
	for (;;)
		continue;
}

static void sleep_long(void)
{
	for (;;)
		sleep(1000);
}

static void check_kills(void (*fn)(void), int sig)
{
	pid_t child = child_start(fn);

	CHECK_EQ(kill(child, sig), 0);
	CHECK_KILLED(child_wait(child), sig);
}

static void most_end_the_process(void)
{
	static const int fatal[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGABRT, SIGFPE, SIGKILL,
		SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM,
	};

	for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
		check_kills(spin, fatal[i]);
}

static void a_sleeper_too(void)
{
	check_kills(sleep_long, SIGTERM);
	check_kills(sleep_long, SIGKILL);
}

static void raise_number(void)
{
	CHECK_EQ(raise(number), 0);
}

static void some_do_nothing(void)
{
	static const int harmless[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT };

	for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
		number = harmless[i];
		CHECK_EXIT(in_child(raise_number), 0);
	}
}

static void raise_ignored(void)
{
	CHECK(signal(number, SIG_IGN) != SIG_ERR);
	CHECK_EQ(raise(number), 0);
	CHECK(signal(number, SIG_DFL) == SIG_IGN);
	raise(number);
}

static void ignored_until_not(void)
{
	number = SIGTERM;
	CHECK_KILLED(in_child(raise_ignored), SIGTERM);
}

static void raise_blocked(void)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGKILL);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_EQ(raise(SIGTERM), 0);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &old), 0);
	CHECK_EQ(sigismember(&old, SIGTERM), 1);
	CHECK_EQ(sigismember(&old, SIGKILL), 0);
	if (number)
		CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
}

static void blocked_until_not(void)
{
	number = 0;
	CHECK_EXIT(in_child(raise_blocked), 0);
	number = 1;
	CHECK_KILLED(in_child(raise_blocked), SIGTERM);
}

static void kill_cannot_be_ignored(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	CHECK_FAILS(sigaction(SIGKILL, &ignore, NULL), EINVAL);
	CHECK_FAILS(sigaction(SIGSTOP, &ignore, NULL), EINVAL);
	CHECK_FAILS(sigaction(100, &ignore, NULL), EINVAL);
}

static void wrong_targets(void)
{
	pid_t child;

	number = SIGCHLD;
	child = child_start(raise_number);
	child_wait(child);
	CHECK_FAILS(kill(child, 0), ESRCH);
	CHECK_FAILS(kill(child, SIGTERM), ESRCH);
	CHECK_FAILS(kill(getpid(), 65), EINVAL);
	CHECK_FAILS(kill(getpid(), -1), EINVAL);
	CHECK_EQ(kill(getpid(), 0), 0);
}

static void abort_is_SIGABRT(void)
{
	CHECK_KILLED(in_child(abort), SIGABRT);
}

int main(void)
{
	RUN(most_end_the_process);
	RUN(a_sleeper_too);
	RUN(some_do_nothing);
	RUN(ignored_until_not);
	RUN(blocked_until_not);
	RUN(kill_cannot_be_ignored);
	RUN(wrong_targets);
	RUN(abort_is_SIGABRT);
	return test_end();
}
