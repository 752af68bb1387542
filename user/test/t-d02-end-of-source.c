/*
 * t-d02: the last page of a source that is no multiple of 4096 ends in zeros,
 * touched or not; pages wholly past the end of the source are an error.
 * (decisions 2, 12; W12, S14)
 */
#define _GNU_SOURCE
#include <signal.h>
#include <unistd.h>

#include "test.h"

enum { SIZE = 3 * PAGE + 1000, WHOLE = 4 * PAGE };

static void check_tail(const char *p)
{
	CHECK(pattern_ok(p, SIZE, 1, 0));
	CHECK(zeros_ok(p + SIZE, WHOLE - SIZE));
}

static void untouched_tail_is_zero(void)
{
	int src = pattern_file("src", SIZE, 1), dst = scratch_file("dst");
	char *p = map_uncached(src, SIZE);

	CHECK_EQ(mwrite(dst, p, WHOLE), WHOLE);
	CHECK_EQ(file_size(dst), WHOLE);
	check_tail(map_private(dst, WHOLE));
	CHECK_EQ(ftruncate(dst, SIZE), 0);
	CHECK(file_ok(dst, SIZE, 1));
}

static void s14_touched_tail_is_zero(void)
{
	int src = pattern_file("src", SIZE, 1), dst = scratch_file("dst");
	char *p = map_uncached(src, SIZE);

	check_tail(p);
	CHECK_EQ(mwrite(dst, p, WHOLE), WHOLE);
	check_tail(map_private(dst, WHOLE));
}

static void s14_cold_tail_is_zero(void)
{
	int src = pattern_file("src", SIZE, 1), dst = scratch_file("dst");

	go_cold(src);
	check_tail(map_uncached(src, SIZE));
	go_cold(src);
	CHECK_EQ(mwrite(dst, map_uncached(src, SIZE), WHOLE), WHOLE);
	check_tail(map_private(dst, WHOLE));
}

/* What was once written behind the end must not come back. */
static void cut_off_bytes_do_not_come_back(void)
{
	int src = pattern_file("src", WHOLE, 1), dst = scratch_file("dst");

	CHECK_EQ(ftruncate(src, SIZE), 0);
	CHECK_EQ(fsync(src), 0);
	CHECK_EQ(mwrite(dst, map_uncached(src, WHOLE), WHOLE), WHOLE);
	check_tail(map_private(dst, WHOLE));
}

static void past_the_end_is_short_then_EIO(void)
{
	int src = pattern_file("src", SIZE, 1), dst = scratch_file("dst");
	char *p = map_uncached(src, 8 * PAGE);

	CHECK_EQ(mwrite(dst, p, 8 * PAGE), WHOLE);
	CHECK_EQ(lseek(dst, 0, SEEK_CUR), WHOLE);
	CHECK_FAILS(mwrite(dst, p + WHOLE, 4 * PAGE), EIO);
	CHECK_EQ(file_size(dst), WHOLE);
	check_tail(map_private(dst, WHOLE));
}

static char *beyond;

static void touch_beyond(void)
{
	*(volatile char *)beyond;
}

static void touching_past_the_end_is_SIGBUS(void)
{
	int src = pattern_file("src", SIZE, 1);

	beyond = (char *)map_uncached(src, 8 * PAGE) + WHOLE;
	CHECK_KILLED(in_child(touch_beyond), SIGBUS);
}

int main(void)
{
	RUN(untouched_tail_is_zero);
	RUN(s14_touched_tail_is_zero);
	RUN(s14_cold_tail_is_zero);
	RUN(cut_off_bytes_do_not_come_back);
	RUN(past_the_end_is_short_then_EIO);
	RUN(touching_past_the_end_is_SIGBUS);
	return test_end();
}
