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

static void stealers(void)
{
	check_together(steal, steal);
}

static void stealers_and_readers(void)
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

/* The right bytes, or none: what was cut off raises SIGBUS. */
static void steal_until_cut(void)
{
	char *p = map_uncached(source, PAGES * PAGE);

	for (int i = 0; i < PAGES; i++)
		CHECK(pattern_ok(p + i * PAGE, PAGE, 1, i));
}

static void cut_while_it_is_stolen(void)
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
	RUN(stealers);
	RUN(stealers_and_readers);
	RUN(copiers);
	RUN(copiers_and_stealers);
	RUN(copiers_and_readers);
	RUN(cut_while_it_is_stolen);
	return test_end();
}
