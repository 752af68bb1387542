/*
 * t-w05: somebody has the destination's pages mapped MAP_SHARED.  The bytes
 * are copied into those very frames: the mapping sees them, and what is
 * written through it afterwards is the file's.  The same where the page is
 * dirty, or on its way to the disk.  (P10; W5, W6)
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 4, TRIES = 10 };

static int dst;
static char *seen;

static char *content(unsigned seed)
{
	char *p = map_anonymous(PAGES * PAGE);

	pattern_fill(p, PAGES * PAGE, seed, 0);
	return p;
}

/* Move pattern @seed over all of dst. */
static void move_over(unsigned seed)
{
	char *p = content(seed);
	ssize_t moved;

	CHECK_EQ(lseek(dst, 0, SEEK_SET), 0);
	measure();
	moved = mwrite(dst, p, PAGES * PAGE);
	measured();
	CHECK_EQ(moved, PAGES * PAGE);
	CHECK(zeros_ok(p, PAGES * PAGE));
}

static void check_durable(unsigned seed)
{
	CHECK_EQ(fsync(dst), 0);
	CHECK_EQ(munmap(seen, PAGES * PAGE), 0);
	go_cold(dst);
	CHECK(file_ok(dst, PAGES * PAGE, seed));
}

static void w05_mapped_shared_is_copied_into(void)
{
	long was[PAGES];

	dst = pattern_file("dst", PAGES * PAGE, 1);
	seen = map_shared(dst, PAGES * PAGE);
	CHECK(pattern_ok(seen, PAGES * PAGE, 1, 0));
	for (int i = 0; i < PAGES; i++)
		was[i] = page_of_file(dst, i);
	move_over(2);
	CHECK_EQ(cost("fallback_target"), PAGES);
	CHECK_EQ(cost("bytes_copied"), PAGES * PAGE);
	for (int i = 0; i < PAGES; i++) {
		CHECK_EQ(page_of_file(dst, i), was[i]);
		CHECK_EQ(page_of_address(seen + i * PAGE), was[i]);
	}
	CHECK(pattern_ok(seen, PAGES * PAGE, 2, 0));
	check_durable(2);
}

/* The entry may have been left writable: what it writes must not get lost. */
static void w05_writes_through_it_afterwards(void)
{
	dst = pattern_file("dst", PAGES * PAGE, 1);
	seen = map_shared(dst, PAGES * PAGE);
	pattern_fill(seen, PAGES * PAGE, 3, 0);
	move_over(2);
	CHECK(pattern_ok(seen, PAGES * PAGE, 2, 0));
	pattern_fill(seen, PAGES * PAGE, 4, 0);
	CHECK(file_ok(dst, PAGES * PAGE, 4));
	check_durable(4);
}

static void move_in_child(void)
{
	move_over(2);
}

static void w05_another_process_moves(void)
{
	dst = pattern_file("dst", PAGES * PAGE, 1);
	seen = map_shared(dst, PAGES * PAGE);
	CHECK(pattern_ok(seen, PAGES * PAGE, 1, 0));
	CHECK_EXIT(in_child(move_in_child), 0);
	CHECK(pattern_ok(seen, PAGES * PAGE, 2, 0));
	check_durable(2);
}

static void w06_dirty_through_a_mapping(void)
{
	dst = pattern_file("dst", PAGES * PAGE, 1);
	seen = map_shared(dst, PAGES * PAGE);
	pattern_fill(seen, PAGES * PAGE, 3, 0);
	CHECK_EQ(munmap(seen, PAGES * PAGE), 0);
	move_over(2);
	CHECK(file_ok(dst, PAGES * PAGE, 2));
	seen = map_shared(dst, PAGES * PAGE);
	check_durable(2);
}

static int go[2];

/* Whoever waits for the word runs when fsync() sleeps. */
static void sync_it(void)
{
	CHECK_EQ(write(go[1], "g", 1), 1);
	CHECK_EQ(fsync(dst), 0);
}

static int any_on_its_way(void)
{
	for (int i = 0; i < PAGES; i++) {
		if (page_state(dst, i) & PAGE_WRITEBACK)
			return 1;
	}
	return 0;
}

/*
 * A child syncs pattern 3; when its pages are under way, pattern 2 comes over
 * them.  A disk without latency never shows that moment.
 */
static void w06_under_writeback(void)
{
	int met = 0;

	CHECK_EQ(pipe(go), 0);
	for (int i = 0; i < TRIES; i++) {
		pid_t child;
		char c;

		dst = scratch_file("dst");
		write_all(dst, content(3), PAGES * PAGE);
		child = child_start(sync_it);
		CHECK_EQ(read(go[0], &c, 1), 1);
		met += any_on_its_way();
		move_over(2);
		CHECK(file_ok(dst, PAGES * PAGE, 2));
		CHECK_EXIT(child_wait(child), 0);
		seen = map_shared(dst, PAGES * PAGE);
		check_durable(2);
		close(dst);
	}
	if (kernel_option("ramdisk.latency_us") > 0)
		CHECK(met > 0);
}

int main(void)
{
	RUN(w05_mapped_shared_is_copied_into);
	RUN(w05_writes_through_it_afterwards);
	RUN(w05_another_process_moves);
	RUN(w06_dirty_through_a_mapping);
	RUN(w06_under_writeback);
	return test_end();
}
