/*
 * t-pipe: bytes go through a pipe in order, whole writes stay whole, and both
 * ends learn when the other is gone.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

enum {
	BUF = 4096,			/* PIPE_BUF, and all that a pipe holds */
	MANY = 300 * 1000,
	ROUNDS = 200,
};

static int p[2], q[2];
static char text[2 * BUF];

static void make_pipe(int flags)
{
	CHECK_EQ(pipe2(p, flags), 0);
}

/* Does the next read give exactly @want? */
static void check_read(const char *want)
{
	ssize_t n = read(p[0], text, sizeof text);

	CHECK_EQ(n, strlen(want));
	CHECK_EQ(memcmp(text, want, n), 0);
}

static void keeps_order_and_gives_what_there_is(void)
{
	make_pipe(0);
	write_all(p[1], "one ", 4);
	write_all(p[1], "two", 3);
	check_read("one two");
	write_all(p[1], "three", 5);
	CHECK_EQ(read(p[0], text, 2), 2);
	check_read("ree");
	CHECK_EQ(read(p[0], text, 0), 0);
	CHECK_EQ(write(p[1], text, 0), 0);
}

static void ends_when_the_writers_are_gone(void)
{
	int second;

	make_pipe(0);
	second = dup(p[1]);
	write_all(p[1], "last", 4);
	close(p[1]);
	write_all(second, " words", 6);
	close(second);
	check_read("last words");
	CHECK_EQ(read(p[0], text, sizeof text), 0);
	CHECK_EQ(read(p[0], text, sizeof text), 0);
}

static void has_two_different_ends(void)
{
	make_pipe(0);
	CHECK_FAILS(write(p[0], "x", 1), EBADF);
	CHECK_FAILS(read(p[1], text, 1), EBADF);
	CHECK_EQ(fcntl(p[0], F_GETFL) & O_ACCMODE, O_RDONLY);
	CHECK_EQ(fcntl(p[1], F_GETFL) & O_ACCMODE, O_WRONLY);
}

static void is_no_file_with_places(void)
{
	void *page = map_anonymous(PAGE);
	struct stat a, b;

	make_pipe(0);
	CHECK_EQ(fstat(p[0], &a), 0);
	CHECK_EQ(fstat(p[1], &b), 0);
	CHECK(S_ISFIFO(a.st_mode));
	CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	CHECK_FAILS(lseek(p[0], 0, SEEK_CUR), ESPIPE);
	CHECK_FAILS(pread(p[0], text, 1, 0), ESPIPE);
	CHECK_FAILS(pwrite(p[1], text, 1, 0), ESPIPE);
	CHECK_FAILS(ftruncate(p[1], 0), EINVAL);
	CHECK_FAILS(fsync(p[1]), EINVAL);
	CHECK_FAILS(fchdir(p[0]), ENOTDIR);
	CHECK_FAILS(readahead(p[0], 0, PAGE), EINVAL);
	CHECK_FAILS(mwrite(p[1], page, PAGE), EINVAL);
	CHECK_FAILS(mwrite(p[0], page, PAGE), EBADF);
}

static void bad_arguments(void)
{
	int *volatile nowhere = (int *)8;
	int lowest = dup(0);

	CHECK_FAILS(pipe2(p, O_APPEND), EINVAL);
	CHECK_FAILS(pipe(nowhere), EFAULT);
	CHECK_EQ(close(lowest), 0);
	CHECK_EQ(dup(0), lowest);	/* and nothing stayed open */
	make_pipe(0);
	CHECK_FAILS(write(p[1], nowhere, 10), EFAULT);
	CHECK_EQ(write(p[1], "abc", 3), 3);
	CHECK_FAILS(read(p[0], nowhere, 10), EFAULT);
	check_read("abc");		/* it was not lost */
}

static void no_descriptors_left(void)
{
	int fd, last = -1;

	while ((fd = dup(0)) >= 0)
		last = fd;
	CHECK_FAILS(pipe(p), EMFILE);
	close(last);
	CHECK_FAILS(pipe(p), EMFILE);
	CHECK_EQ(dup(0), last);
}

static void close_on_exec(void)
{
	make_pipe(O_CLOEXEC);
	CHECK_EQ(fcntl(p[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(p[1], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(p[0], F_GETFL) & O_NONBLOCK, 0);
}

static void without_waiting(void)
{
	make_pipe(O_NONBLOCK);
	CHECK_FAILS(read(p[0], text, 1), EAGAIN);
	write_all(p[1], text, BUF - 10);
	CHECK_FAILS(write(p[1], text, 11), EAGAIN);	/* whole or not */
	CHECK_EQ(write(p[1], text, BUF + 1), 10);	/* too long for that */
	CHECK_FAILS(write(p[1], text, 1), EAGAIN);
	CHECK_EQ(read(p[0], text, sizeof text), BUF);
	close(p[1]);
	CHECK_EQ(read(p[0], text, 1), 0);
}

static int events(int fd)
{
	struct pollfd f = { .fd = fd, .events = POLLIN | POLLOUT };

	CHECK(poll(&f, 1, 0) >= 0);
	return f.revents;
}

static void tells_poll(void)
{
	make_pipe(0);
	CHECK_EQ(events(p[0]), 0);
	CHECK_EQ(events(p[1]), POLLOUT);
	write_all(p[1], "x", 1);
	CHECK_EQ(events(p[0]), POLLIN);
	CHECK_EQ(events(p[1]), 0);	/* no room for any PIPE_BUF bytes */
	close(p[1]);
	CHECK_EQ(events(p[0]), POLLIN | POLLHUP);
	check_read("x");
	CHECK_EQ(events(p[0]), POLLHUP);
	make_pipe(0);
	close(p[0]);
	CHECK_EQ(events(p[1]) & POLLERR, POLLERR);
}

/* ---- two processes ---- */

/* Word i of the stream is i, in writes of odd and changing lengths. */
static void pour(void)
{
	static uint32_t word[MANY / 4];
	size_t at = 0, step = 1;

	close(p[0]);
	for (uint32_t i = 0; i < MANY / 4; i++)
		word[i] = i;
	while (at < MANY) {
		size_t n = step < MANY - at ? step : MANY - at;

		write_all(p[1], (char *)word + at, n);
		at += n;
		step = step * 3 % 10007;
	}
}

static void carries_any_lengths(void)
{
	static uint32_t word[MANY / 4];
	size_t at = 0, step = 1;
	pid_t child;
	ssize_t n;

	make_pipe(0);
	child = child_start(pour);
	close(p[1]);
	while (at < MANY) {
		step = step * 7 % 9973;
		n = read(p[0], (char *)word + at,
			 step < MANY - at ? step : MANY - at);
		CHECK(n > 0);
		at += n;
	}
	CHECK_EQ(read(p[0], text, 1), 0);
	for (uint32_t i = 0; i < MANY / 4; i++)
		CHECK_EQ(word[i], i);
	CHECK_EXIT(child_wait(child), 0);
}

/* Records of one letter each, of the longest length that stays together. */
static void write_records(void)
{
	char record[BUF / 2];

	memset(record, 'a' + getpid() % 26, sizeof record);
	for (int i = 0; i < 50; i++)
		write_all(p[1], record, sizeof record);
}

static void writes_do_not_mix(void)
{
	enum { WRITERS = 4 };
	pid_t child[WRITERS];
	char record[BUF / 2];
	int records = 0;

	make_pipe(0);
	for (int i = 0; i < WRITERS; i++)
		child[i] = child_start(write_records);
	close(p[1]);
	for (;;) {
		size_t at = 0;
		ssize_t n = 1;

		while (at < sizeof record && n > 0) {
			n = read(p[0], record + at, sizeof record - at);
			at += n > 0 ? n : 0;
		}
		if (at == 0)
			break;
		CHECK_EQ(at, sizeof record);
		for (size_t i = 1; i < sizeof record; i++)
			CHECK(record[i] == record[0]);
		records++;
	}
	CHECK_EQ(records, 50 * WRITERS);
	for (int i = 0; i < WRITERS; i++)
		CHECK_EXIT(child_wait(child[i]), 0);
}

static void on_signal(int sig)
{
	(void)sig;
}

/* Signals its parent again and again until it is killed. */
static void pester(void)
{
	for (;;) {
		kill(getppid(), SIGUSR1);
		usleep(1000);
	}
}

static void waiting_can_be_interrupted(void)
{
	struct sigaction a = { .sa_handler = on_signal };
	pid_t child;

	CHECK_EQ(sigaction(SIGUSR1, &a, NULL), 0);
	make_pipe(0);
	child = child_start(pester);
	CHECK_FAILS(read(p[0], text, 1), EINTR);
	/* What was written before the signal counts. */
	CHECK_EQ(write(p[1], text, BUF + 100), BUF);
	CHECK_FAILS(write(p[1], text, 1), EINTR);
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0)
		CHECK_EQ(errno, EINTR);
	signal(SIGUSR1, SIG_DFL);
}

static void read_forever(void)
{
	read(p[0], text, 1);
}

static void waiting_can_be_killed(void)
{
	pid_t child;

	make_pipe(0);
	child = child_start(read_forever);
	usleep(5000);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_KILLED(child_wait(child), SIGKILL);
}

static void echo(void)
{
	char c;

	close(p[1]);
	close(q[0]);
	while (read(p[0], &c, 1) == 1)
		write(q[1], &c, 1);
}

static void round_trips(int rounds)
{
	char c = 'x';

	for (int i = 0; i < rounds; i++) {
		write(p[1], &c, 1);
		read(q[0], &c, 1);
	}
}

/* What is written has never been touched: it must first be brought in. */
static void from_memory_not_there_yet(void)
{
	char *from = map_anonymous(2 * PAGE), c = 'x';

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(write(p[1], from, 1), 1);
	CHECK_EQ(write(p[1], from + PAGE - 1, 2), 2);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(c, 0);
	CHECK_EQ(munmap(from, 2 * PAGE), 0);
	CHECK_FAILS(write(p[1], from, 1), EFAULT);
	CHECK_EQ(read(p[0], from, 0), 0);
}

/* How dear is it?  The answer means something in virtual time only. */
static void there_and_back(void)
{
	uint64_t start, stop;
	char line[64];
	pid_t child;

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(pipe(q), 0);
	child = child_start(echo);
	close(p[0]);
	close(q[1]);
	round_trips(10);
	start = __builtin_ia32_rdtsc();
	round_trips(ROUNDS);
	stop = __builtin_ia32_rdtsc();
	close(p[1]);
	CHECK_EXIT(child_wait(child), 0);
	snprintf(line, sizeof line, "round trip %u",
		 (unsigned)((stop - start) / ROUNDS));
	test_note(line);
}

int main(void)
{
	RUN(keeps_order_and_gives_what_there_is);
	RUN(ends_when_the_writers_are_gone);
	RUN(has_two_different_ends);
	RUN(is_no_file_with_places);
	RUN(bad_arguments);
	RUN(no_descriptors_left);
	RUN(close_on_exec);
	RUN(without_waiting);
	RUN(tells_poll);
	RUN(carries_any_lengths);
	RUN(writes_do_not_mix);
	RUN(waiting_can_be_interrupted);
	RUN(waiting_can_be_killed);
	RUN(from_memory_not_there_yet);
	RUN(there_and_back);
	return test_end();
}
