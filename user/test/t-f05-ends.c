/*
 * t-f05: somebody who never stops writing to the range cannot keep
 * fdatasync_area() from ending: it writes what was dirty when it came, each
 * page once.  (F5)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 32, ROUNDS = 10 };

static int file;

/* Until killed. */
static void write_for_ever(void)
{
	static char page[PAGE];

	for (unsigned i = 0;; i++) {
		pattern_fill(page, PAGE, 2, i % PAGES);
		if (pwrite(file, page, PAGE, i % PAGES * PAGE) != PAGE)
			_exit(1);
	}
}

/* The same through memory. */
static void store_for_ever(void)
{
	volatile char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
				MAP_SHARED, file, 0);

	CHECK(p != MAP_FAILED);
	for (unsigned i = 0;; i++)
		p[i % PAGES * PAGE] = p[i % PAGES * PAGE];
}

static void check_ends(void (*disturb)(void))
{
	pid_t child;

	file = pattern_file("f", PAGES * PAGE, 2);
	child = child_start(disturb);
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(pwrite(file, "\0", 0, 0), 0);
		measure();
		CHECK_EQ(fdatasync_area(file, 0, PAGES * PAGE), 0);
		measured();
		CHECK(cost("pages_written") <= 2 * PAGES);
	}
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_KILLED(child_wait(child), SIGKILL);
	CHECK(file_ok(file, PAGES * PAGE, 2));
}

static void f05_although_somebody_writes(void)
{
	check_ends(write_for_ever);
}

static void f05_although_somebody_stores(void)
{
	check_ends(store_for_ever);
}

int main(void)
{
	RUN(f05_although_somebody_writes);
	RUN(f05_although_somebody_stores);
	return test_end();
}
