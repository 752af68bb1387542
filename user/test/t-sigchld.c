/*
 * t-sigchld: parents hear of their children's end; those who do not want to
 * know need not wait.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

static volatile int count, code, status;
static volatile pid_t who;
static sigset_t before;

static void on_child(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	count++;
	code = info->si_code;
	who = info->si_pid;
	status = info->si_status;
}

static void install(int flags)
{
	struct sigaction a = {
		.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | flags,
	};

	CHECK_EQ(sigaction(SIGCHLD, &a, NULL), 0);
	count = 0;
}

/* So that it can come only while we wait for it. */
static void block(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, &before), 0);
}

static void back_to_default(void)
{
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void nothing(void)
{
}

static void exit_7(void)
{
	_exit(7);
}

static void kill_self(void)
{
	raise(SIGKILL);
}

static void is_ignored_by_default(void)
{
	pid_t child = child_start(exit_7);

	/* Not interrupted, and the child is there to be waited for. */
	CHECK_EXIT(child_wait(child), 7);
}

static void tells_who_and_how(void)
{
	pid_t child;

	block();
	install(0);
	child = child_start(exit_7);
	CHECK_FAILS(sigsuspend(&before), EINTR);
	CHECK_EQ(count, 1);
	CHECK_EQ(code, CLD_EXITED);
	CHECK_EQ(who, child);
	CHECK_EQ(status, 7);
	CHECK_EXIT(child_wait(child), 7);
	child = child_start(kill_self);
	CHECK_FAILS(sigsuspend(&before), EINTR);
	CHECK_EQ(count, 2);
	CHECK_EQ(code, CLD_KILLED);
	CHECK_EQ(who, child);
	CHECK_EQ(status, SIGKILL);
	CHECK_KILLED(child_wait(child), SIGKILL);
	back_to_default();
}

/* sigsuspend lets it through for that moment only. */
static void is_blocked_again(void)
{
	sigset_t now;
	pid_t child;

	block();
	install(0);
	child = child_start(nothing);
	sigsuspend(&before);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	CHECK(sigismember(&now, SIGCHLD));
	CHECK_EXIT(child_wait(child), 0);
	child = child_start(nothing);
	CHECK_EXIT(child_wait(child), 0);
	CHECK_EQ(count, 1);
	CHECK_EQ(sigpending(&now), 0);
	CHECK(sigismember(&now, SIGCHLD));
	sigprocmask(SIG_SETMASK, &before, NULL);
	CHECK_EQ(count, 2);
	back_to_default();
}

static void nobody_is_left(void (*end)(void))
{
	pid_t child = child_start(end);

	CHECK_FAILS(waitpid(child, NULL, 0), ECHILD);
	CHECK_FAILS(wait(NULL), ECHILD);
}

static void who_ignores_it_has_no_zombies(void)
{
	signal(SIGCHLD, SIG_IGN);
	nobody_is_left(nothing);
	nobody_is_left(kill_self);
	back_to_default();
}

static void who_wants_no_zombies_has_none(void)
{
	install(SA_NOCLDWAIT);
	nobody_is_left(nothing);
	back_to_default();
}

int main(void)
{
	sigprocmask(SIG_SETMASK, NULL, &before);
	RUN(is_ignored_by_default);
	RUN(tells_who_and_how);
	RUN(is_blocked_again);
	RUN(who_ignores_it_has_no_zombies);
	RUN(who_wants_no_zombies_has_none);
	return test_end();
}
