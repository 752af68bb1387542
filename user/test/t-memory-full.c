/*
 * t-memory-full: who wants more memory than there is gets ENOMEM or is killed;
 * nobody else is harmed, and afterwards the memory is there again.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <unistd.h>

#include "test.h"

enum { REFUSED = 42, AREA = 4 << 20 };

/* Touch area after area until the kernel has enough of it. */
static void eat_mmap(void)
{
	for (;;) {
		char *p = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			_exit(errno == ENOMEM ? REFUSED : 1);
		for (int i = 0; i < AREA; i += PAGE)
			p[i] = 'x';
	}
}

static void eat_brk(void)
{
	for (;;) {
		char *p = sbrk(AREA);

		if (p == (char *)-1)
			_exit(errno == ENOMEM ? REFUSED : 1);
		for (int i = 0; i < AREA; i += PAGE)
			p[i] = 'x';
	}
}

/* A process that is in nobody's way. */
static void check_harmless(void (*eat)(void))
{
	int fd = pattern_file("f", 16 * PAGE, 1), status;
	char *p = map_anonymous(16 * PAGE);
	uint64_t anon;

	pattern_fill(p, 16 * PAGE, 2, 0);
	anon = memory_now("frames_anon");
	status = in_child(eat);
	if (WIFEXITED(status))
		CHECK_EQ(WEXITSTATUS(status), REFUSED);
	else
		CHECK_EQ(WTERMSIG(status), SIGKILL);
	CHECK(pattern_ok(p, 16 * PAGE, 2, 0));
	CHECK(file_ok(fd, 16 * PAGE, 1));
	memory_settles("frames_anon", anon);
}

static void too_much_by_mmap(void)
{
	check_harmless(eat_mmap);
}

static void too_much_by_brk(void)
{
	check_harmless(eat_brk);
}

static void more_than_the_address_space(void)
{
	CHECK_FAILS((long)mmap(NULL, 0xF0000000, PROT_READ, MAP_PRIVATE
			       | MAP_ANONYMOUS, -1, 0), ENOMEM);
	CHECK_FAILS((long)sbrk(0x70000000), ENOMEM);
}

/* The page cache gives way to processes, and comes back. */
static void cache_gives_way(void)
{
	int fd = pattern_file("f", 256 * PAGE, 3);

	go_warm(fd);
	in_child(eat_mmap);
	CHECK(file_ok(fd, 256 * PAGE, 3));
}

static void dirty_pages_survive(void)
{
	static char page[PAGE];
	int fd = scratch_file("f");

	for (int i = 0; i < 256; i++) {
		pattern_fill(page, PAGE, 4, i);
		write_all(fd, page, PAGE);
	}
	in_child(eat_mmap);
	CHECK(file_ok(fd, 256 * PAGE, 4));
	CHECK_EQ(fsync(fd), 0);
	go_cold(fd);
	CHECK(file_ok(fd, 256 * PAGE, 4));
}

int main(void)
{
	RUN(too_much_by_mmap);
	RUN(too_much_by_brk);
	RUN(more_than_the_address_space);
	RUN(cache_gives_way);
	RUN(dirty_pages_survive);
	return test_end();
}
