/*
 * t-fork-cow: after fork parent and child share frames until one of them
 * writes; then each has its own bytes.
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "test.h"

enum { PAGES = 4 };

static char *memory;
static long frame;
static int descriptor;

static void same_frame_then_another(void)
{
	CHECK_EQ(page_of_address(memory), frame);
	measure();
	*(volatile char *)memory = 'c';
	measured();
	CHECK(page_of_address(memory) != frame);
	CHECK_EQ(cost("faults_cow"), 1);
	CHECK_EQ(cost("bytes_copied_cow"), PAGE);
	CHECK_EQ(memory[1], 'p');
}

static void shared_until_written(void)
{
	memory = map_anonymous(PAGES * PAGE);
	memory[0] = memory[1] = 'p';
	frame = page_of_address(memory);
	CHECK_EXIT(in_child(same_frame_then_another), 0);
	CHECK_EQ(page_of_address(memory), frame);
	CHECK_EQ(memory[0], 'p');
}

static void last_owner_writes_without_a_copy(void)
{
	shared_until_written();
	measure();
	memory[0] = 'q';
	measured();
	CHECK_EQ(page_of_address(memory), frame);
	CHECK_EQ(cost("bytes_copied"), 0);
}

static void overwrite(void)
{
	pattern_fill(memory, PAGES * PAGE, 2, 0);
	CHECK(pattern_ok(memory, PAGES * PAGE, 2, 0));
}

static void each_keeps_its_bytes(void)
{
	pid_t child;

	memory = map_anonymous(PAGES * PAGE);
	pattern_fill(memory, PAGES * PAGE, 1, 0);
	child = child_start(overwrite);
	pattern_fill(memory, PAGE, 3, 0);
	CHECK_EXIT(child_wait(child), 0);
	CHECK(pattern_ok(memory, PAGE, 3, 0));
	CHECK(pattern_ok(memory + PAGE, 3 * PAGE, 1, 1));
}

static void check_and_pass_on(void)
{
	CHECK(pattern_ok(memory, PAGES * PAGE, 1, 0));
	CHECK_EXIT(in_child(overwrite), 0);
	CHECK(pattern_ok(memory, PAGES * PAGE, 1, 0));
}

static void grandchildren(void)
{
	memory = map_anonymous(PAGES * PAGE);
	pattern_fill(memory, PAGES * PAGE, 1, 0);
	CHECK_EXIT(in_child(check_and_pass_on), 0);
	overwrite();
}

static void move_position(void)
{
	CHECK_EQ(lseek(descriptor, 100, SEEK_SET), 100);
	close(descriptor);
}

static void file_position_is_shared(void)
{
	descriptor = scratch_file("f");
	CHECK_EXIT(in_child(move_position), 0);
	CHECK_EQ(lseek(descriptor, 0, SEEK_CUR), 100);
}

/* The kernel breaks the sharing too when it writes for us. */
static void read_into(void)
{
	CHECK_EQ(pread(descriptor, memory, PAGE, 0), PAGE);
	CHECK(pattern_ok(memory, PAGE, 5, 0));
}

static void system_calls_break_it_too(void)
{
	descriptor = pattern_file("f", PAGE, 5);
	memory = map_anonymous(PAGE);
	pattern_fill(memory, PAGE, 6, 0);
	CHECK_EXIT(in_child(read_into), 0);
	CHECK(pattern_ok(memory, PAGE, 6, 0));
}

int main(void)
{
	RUN(shared_until_written);
	RUN(last_owner_writes_without_a_copy);
	RUN(each_keeps_its_bytes);
	RUN(grandchildren);
	RUN(file_position_is_shared);
	RUN(system_calls_break_it_too);
	return test_end();
}
