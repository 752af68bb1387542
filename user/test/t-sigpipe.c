/*
 * t-sigpipe: who writes where nobody reads any more is told: by SIGPIPE, and
 * if that does not end him, by EPIPE.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/uio.h>
#include <unistd.h>

#include "test.h"

static int p[2];
static volatile int count;

/* A pipe that nobody reads. */
static void make_broken_pipe(void)
{
	CHECK_EQ(pipe(p), 0);
	close(p[0]);
}

static void write_there(void)
{
	signal(SIGPIPE, SIG_DFL);
	write(p[1], "x", 1);
}

static void writev_there(void)
{
	struct iovec v = { "x", 1 };

	signal(SIGPIPE, SIG_DFL);
	writev(p[1], &v, 1);
}

static void ends_the_writer(void)
{
	make_broken_pipe();
	CHECK_KILLED(in_child(write_there), SIGPIPE);
	CHECK_KILLED(in_child(writev_there), SIGPIPE);
}

static void can_be_ignored(void)
{
	make_broken_pipe();
	signal(SIGPIPE, SIG_IGN);
	CHECK_FAILS(write(p[1], "x", 1), EPIPE);
	CHECK_EQ(write(p[1], "", 0), 0);
	signal(SIGPIPE, SIG_DFL);
}

static void on_pipe(int sig)
{
	CHECK_EQ(sig, SIGPIPE);
	count++;
}

static void can_be_handled(void)
{
	struct sigaction a = { .sa_handler = on_pipe, .sa_flags = SA_RESTART };

	make_broken_pipe();
	CHECK_EQ(sigaction(SIGPIPE, &a, NULL), 0);
	CHECK_FAILS(write(p[1], "x", 1), EPIPE);
	CHECK_EQ(count, 1);
	signal(SIGPIPE, SIG_DFL);
}

static void fill(void)
{
	static char much[10 * PAGE];

	close(p[0]);
	signal(SIGPIPE, SIG_DFL);
	for (;;)
		write(p[1], much, sizeof much);
}

/* A writer that waits for room is woken, too. */
static void reaches_who_waits(void)
{
	pid_t child;
	char c;

	CHECK_EQ(pipe(p), 0);
	child = child_start(fill);
	CHECK_EQ(read(p[0], &c, 1), 1);
	close(p[0]);
	close(p[1]);
	CHECK_KILLED(child_wait(child), SIGPIPE);
}

static void read_one(void)
{
	char c;

	close(p[1]);
	CHECK_EQ(read(p[0], &c, 1), 1);
}

/* Not while anybody could read. */
static void the_last_reader_counts(void)
{
	pid_t child;

	CHECK_EQ(pipe(p), 0);
	child = child_start(read_one);
	close(p[0]);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EXIT(child_wait(child), 0);
	signal(SIGPIPE, SIG_IGN);
	CHECK_FAILS(write(p[1], "x", 1), EPIPE);
	signal(SIGPIPE, SIG_DFL);
}

int main(void)
{
	RUN(ends_the_writer);
	RUN(can_be_ignored);
	RUN(can_be_handled);
	RUN(reaches_who_waits);
	RUN(the_last_reader_counts);
	return test_end();
}
