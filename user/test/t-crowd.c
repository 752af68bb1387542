/*
 * t-crowd: many want more memory than there is, all at once.  Each either gets
 * what it asked for, or ENOMEM, or is killed; nobody hangs, nobody else is
 * harmed, and afterwards the memory is there again.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

enum {
	CROWD = 12,
	REFUSED = 42,
	FILE_PAGES = 64,
};

static size_t share;			/* of each, bytes */

/* Touch so much memory, taking turns with the others. */
static void want(size_t bytes)
{
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		_exit(errno == ENOMEM ? REFUSED : 1);
	for (size_t at = 0; at < bytes; at += PAGE) {
		p[at] = 1;
		if (at % (64 * PAGE) == 0)
			usleep(100);		/* let the others in */
	}
}

static void want_memory(void)
{
	want(share);
}

/* Forks too until it cannot: that is refused as well. */
static void want_children(void)
{
	want(share / 2);
	for (int i = 0; i < 3; i++) {
		pid_t pid = fork();

		if (pid < 0)
			_exit(errno == ENOMEM || errno == EAGAIN ? REFUSED : 1);
		if (pid == 0) {
			want(share / 2);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		continue;
}

/* Dirties pages of a file meanwhile. */
static void want_cache(void)
{
	static char page[PAGE];
	int fd = scratch_file("crowd");

	for (int i = 0; i < 2048; i++) {
		if (pwrite(fd, page, PAGE, (off_t)(i % 1024) * PAGE) != PAGE)
			_exit(errno == ENOMEM ? REFUSED : 1);
	}
}

static int ended_well(int status)
{
	return WIFSIGNALED(status)
	       ? WTERMSIG(status) == SIGKILL
	       : WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == REFUSED;
}

static void check_crowd(void (*what)(void), size_t all)
{
	int fd = pattern_file("f", FILE_PAGES * PAGE, 1), harmed = 0;
	pid_t pid[CROWD];
	uint64_t anon;
	char *p = map_anonymous(16 * PAGE);

	scratch("crowd");		/* so that it goes with the case */
	pattern_fill(p, 16 * PAGE, 2, 0);
	share = all / CROWD / PAGE * PAGE;
	anon = memory_now("frames_anon");
	for (int i = 0; i < CROWD; i++) {
		pid[i] = fork();
		CHECK(pid[i] >= 0 || errno == ENOMEM || errno == EAGAIN);
		if (pid[i] == 0) {
			(i == 0 ? want_cache : what)();
			_exit(0);
		}
	}
	for (int i = 0; i < CROWD; i++) {
		if (pid[i] > 0)
			harmed += !ended_well(child_wait(pid[i]));
	}
	CHECK_EQ(harmed, 0);
	CHECK(pattern_ok(p, 16 * PAGE, 2, 0));
	CHECK(file_ok(fd, FILE_PAGES * PAGE, 1));
	memory_settles("frames_anon", anon);
}

static size_t memory(void)
{
	return (size_t)(memory_now("frames_free") + memory_now("frames_cached"))
	       * PAGE;
}

static void who_fill_memory_to_the_brim(void)
{
	check_crowd(want_memory, memory() / 16 * 15);
}

static void who_want_twice_as_much(void)
{
	check_crowd(want_memory, 2 * memory());
}

static void who_also_fork(void)
{
	check_crowd(want_children, memory());
}

int main(void)
{
	RUN(who_fill_memory_to_the_brim);
	RUN(who_want_twice_as_much);
	RUN(who_also_fork);
	return test_end();
}
