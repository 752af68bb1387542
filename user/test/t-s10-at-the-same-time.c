/*
 * t-s10: several processes steal, read, copy and cut the same file at the same
 * time.  Whoever wins, everybody sees the right bytes.  (S8, S9, S10, R6)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 48, CHILDREN = 4, ROUNDS = 5 };

static int source;

/* Each child its own open file: the readahead state is part of it. */
static int open_again(void)
{
	int fd = open(scratch("src"), O_RDWR);

	CHECK(fd >= 0);
	return fd;
}

static void steal(void)
{
	int fd = open_again();
	char *p = map_uncached(fd, PAGES * PAGE);

	for (int i = 0; i < PAGES; i++) {
		CHECK(pattern_ok(p + i * PAGE, PAGE, 1, i));
		p[i * PAGE] = 'x';
	}
}

static void read_all(void)
{
	CHECK(file_ok(open_again(), PAGES * PAGE, 1));
}

static void copy(void)
{
	static const char *const names[] = { "c0", "c1", "c2", "c3", "c4" };
	int fd = open_again();
	int dst = scratch_file(names[getpid() % 5]);
	char *p = map_uncached(fd, PAGES * PAGE);

	CHECK_EQ(unlink(scratch(names[getpid() % 5])), 0);
	CHECK_EQ(mwrite(dst, p, PAGES * PAGE), PAGES * PAGE);
	CHECK(file_ok(dst, PAGES * PAGE, 1));
}

/* All of them at once on a cold file, several times. */
static void check_together(void (*odd)(void), void (*even)(void))
{
	source = pattern_file("src", PAGES * PAGE, 1);
	for (int round = 0; round < ROUNDS; round++) {
		pid_t child[CHILDREN];

		go_cold(source);
		for (int i = 0; i < CHILDREN; i++)
			child[i] = child_start(i % 2 ? odd : even);
		for (int i = 0; i < CHILDREN; i++)
			CHECK_EXIT(child_wait(child[i]), 0);
		CHECK(file_ok(source, PAGES * PAGE, 1));
	}
}

static void s10_stealers(void)
{
	check_together(steal, steal);
}

static void s08_stealers_and_readers(void)
{
	check_together(steal, read_all);
}

static void copiers(void)
{
	check_together(copy, copy);
}

static void copiers_and_stealers(void)
{
	check_together(copy, steal);
}

static void copiers_and_readers(void)
{
	check_together(copy, read_all);
}

static int gate;

/* Both of them sleep on the same frame, and are woken by the same read. */
static void steal_the_first_page(void)
{
	char *p = map_uncached(gate, PAGE);

	p[PAGE - 1] = 'x';
	CHECK(pattern_ok(p, PAGE - 4, 1, 0));
	CHECK_EQ(p[PAGE - 1], 'x');
}

/*
 * One frame was read and two wanted it: one has it at most, the other a copy
 * or what the disk has.
 */
static void s10_one_of_two_wins(void)
{
	pid_t child[2];

	gate = pattern_file("src", PAGE, 1);
	go_cold(gate);
	measure();
	child[0] = child_start(steal_the_first_page);
	child[1] = child_start(steal_the_first_page);
	CHECK_EXIT(child_wait(child[0]), 0);
	CHECK_EXIT(child_wait(child[1]), 0);
	measured();
	CHECK(machine_cost("frames_stolen") >= 1);
	CHECK_EQ(machine_cost("frames_stolen") + machine_cost("fallbacks"), 2);
	CHECK(machine_cost("blk_requests") >= machine_cost("frames_stolen"));
	CHECK(file_ok(gate, PAGE, 1));
}

/* The right bytes, or none: what was cut off raises SIGBUS. */
static void steal_until_cut(void)
{
	char *p = map_uncached(source, PAGES * PAGE);

	for (int i = 0; i < PAGES; i++)
		CHECK(pattern_ok(p + i * PAGE, PAGE, 1, i));
}

static void s09_cut_while_it_is_stolen(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		pid_t child;
		int status;

		source = pattern_file("src", PAGES * PAGE, 1);
		go_cold(source);
		child = child_start(steal_until_cut);
		CHECK_EQ(readahead(source, 0, PAGES * PAGE), 0);
		CHECK_EQ(ftruncate(source, 0), 0);
		status = child_wait(child);
		if (WIFSIGNALED(status))
			CHECK_EQ(WTERMSIG(status), SIGBUS);
		else
			CHECK_EQ(WEXITSTATUS(status), 0);
		CHECK_EQ(file_size(source), 0);
	}
}

int main(void)
{
	RUN(s10_stealers);
	RUN(s10_one_of_two_wins);
	RUN(s08_stealers_and_readers);
	RUN(copiers);
	RUN(copiers_and_stealers);
	RUN(copiers_and_readers);
	RUN(s09_cut_while_it_is_stolen);
	return test_end();
}
