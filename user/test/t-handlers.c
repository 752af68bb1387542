/*
 * t-handlers: a handled signal runs its handler, with what the handler needs
 * to know, and the program goes on where it was.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static volatile int count, depth, deepest;
static void *volatile address;
static sigjmp_buf out;

static void on_signal(int sig)
{
	(void)sig;
	count++;
}

static void install(int sig, void (*fn)(int), int flags)
{
	struct sigaction a = { .sa_handler = fn, .sa_flags = flags };

	CHECK_EQ(sigaction(sig, &a, NULL), 0);
	count = depth = deepest = 0;
}

static void runs_and_returns(void)
{
	install(SIGUSR1, on_signal, 0);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(count, 10);
	signal(SIGUSR1, SIG_DFL);
}

static void on_nested(int sig)
{
	if (++depth > deepest)
		deepest = depth;
	if (++count < 5)
		raise(sig);
	depth--;
}

static void waits_for_its_own_end(void)
{
	install(SIGUSR1, on_nested, 0);
	raise(SIGUSR1);
	CHECK_EQ(count, 5);
	CHECK_EQ(deepest, 1);
	install(SIGUSR1, on_nested, SA_NODEFER);
	raise(SIGUSR1);
	CHECK_EQ(count, 5);
	CHECK_EQ(deepest, 5);
	signal(SIGUSR1, SIG_DFL);
}

static void raise_twice(void)
{
	install(SIGUSR1, on_signal, SA_RESETHAND);
	raise(SIGUSR1);
	CHECK_EQ(count, 1);
	raise(SIGUSR1);
}

static void only_once_if_wanted(void)
{
	CHECK_KILLED(in_child(raise_twice), SIGUSR1);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	address = info->si_addr;
	siglongjmp(out, 1);
}

static void faults_can_be_survived(void)
{
	struct sigaction a = {
		.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO,
	};
	volatile char *volatile bad = (volatile char *)0x1234;

	CHECK_EQ(sigaction(SIGSEGV, &a, NULL), 0);
	for (int i = 0; i < 3; i++) {
		address = NULL;
		if (sigsetjmp(out, 1) == 0) {
			*bad = 'x';
			CHECK(0);
		}
		CHECK(address == (void *)0x1234);
	}
	signal(SIGSEGV, SIG_DFL);
}

/* Signals the parent until it is killed itself. */
static void pester(void)
{
	for (;;) {
		const struct timespec nap = { .tv_nsec = 1000 * 1000 };

		kill(getppid(), SIGUSR1);
		nanosleep(&nap, NULL);
	}
}

static void sleeping_is_interrupted(void)
{
	const struct timespec age = { .tv_sec = 1000 };
	struct timespec left = { 0, 0 };
	pid_t child;

	install(SIGUSR1, on_signal, 0);
	child = child_start(pester);
	CHECK_FAILS(nanosleep(&age, &left), EINTR);
	CHECK(count > 0);
	CHECK(left.tv_sec > 0);
	CHECK(left.tv_sec <= 1000);
	CHECK_EQ(kill(child, SIGKILL), 0);
	while (waitpid(child, NULL, 0) < 0)
		CHECK_EQ(errno, EINTR);
	signal(SIGUSR1, SIG_DFL);
}

/* Computation with all kinds of registers, interrupted again and again. */
static void registers_survive(void)
{
	volatile unsigned turns = 0;
	unsigned sum = 0;
	double real = 0;
	pid_t child;

	install(SIGUSR1, on_signal, SA_RESTART);
	child = child_start(pester);
	for (unsigned i = 1; count < 10 || i < 1000; i++) {
		sum += i;
		real += i;
		turns = i;
	}
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_KILLED(child_wait(child), SIGKILL);
	CHECK(real == (double)turns * (turns + 1.0) / 2);
	CHECK_EQ(sum, (unsigned)((uint64_t)turns * (turns + 1) / 2));
	signal(SIGUSR1, SIG_DFL);
}

int main(void)
{
	RUN(runs_and_returns);
	RUN(waits_for_its_own_end);
	RUN(only_once_if_wanted);
	RUN(faults_can_be_survived);
	RUN(sleeping_is_interrupted);
	RUN(registers_survive);
	return test_end();
}
