/*
 * t-p20: what a copy costs by the four calls and by O_DIRECT, in instructions
 * a page, everything but the final fdatasync's flush included; each page of a
 * ramdisk has 2 x 1,025 of them that are the device's own.  O_DIRECT is given
 * every chance: page-aligned buffers of several sizes, whole runs.  (P20)
 *
 * Only a machine whose time stamp counts instructions can say anything, and
 * only one whose disk answers at once says it of the kernel alone.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 2048, SIZE = PAGES * PAGE, MIB = 1 << 20, WINDOW = 2 * MIB };

static int in, out;

/* Does a loop of two instructions take two a round, and each time as long? */
static int time_is_instructions(void)
{
	uint64_t took[2];

	for (int i = 0; i < 2; i++) {
		uint32_t rounds = 10000;
		uint64_t from = __builtin_ia32_rdtsc();

		__asm__ volatile("1: decl %0; jnz 1b" : "+r"(rounds));
		took[i] = __builtin_ia32_rdtsc() - from;
	}
	return took[0] == took[1] && took[0] < 2 * 10000 + 100
	       && access("/dev/ram0", F_OK) == 0
	       && kernel_option("ramdisk.latency_us") == 0;
}

static void prepare(int cold)
{
	if (cold)
		go_cold(in);
	else
		go_warm(in);
	CHECK_EQ(ftruncate(out, 0), 0);
	CHECK_EQ(fdatasync(out), 0);
	CHECK_EQ(lseek(in, 0, SEEK_SET), 0);
	CHECK_EQ(lseek(out, 0, SEEK_SET), 0);
}

/* As mcp does it: read ahead, move, write out behind. */
static void move_all(void)
{
	char *p = map_uncached(in, SIZE);

	readahead(in, 0, WINDOW);
	for (off_t at = 0; at < SIZE; at += WINDOW) {
		readahead(in, at + WINDOW, WINDOW);
		CHECK_EQ(mwrite(out, p + at, WINDOW), WINDOW);
		if (at > 0)
			CHECK_EQ(fdatasync_area(out, at - WINDOW, WINDOW), 0);
	}
	CHECK_EQ(fdatasync_area(out, SIZE - WINDOW, 0), 0);
	CHECK_EQ(munmap(p, SIZE), 0);
}

static void copy_through(char *buffer, size_t size)
{
	fcntl(in, F_SETFL, O_DIRECT);
	fcntl(out, F_SETFL, O_DIRECT);
	for (off_t at = 0; at < SIZE; at += size) {
		CHECK_EQ(read(in, buffer, size), size);
		CHECK_EQ(write(out, buffer, size), size);
	}
	CHECK_EQ(fdatasync(out), 0);
	fcntl(in, F_SETFL, 0);
	fcntl(out, F_SETFL, 0);
}

static unsigned long a_page(uint64_t from)
{
	return (__builtin_ia32_rdtsc() - from) / PAGES;
}

static unsigned long four_calls(int cold)
{
	unsigned long cost;
	uint64_t from;

	prepare(cold);
	from = __builtin_ia32_rdtsc();
	move_all();
	cost = a_page(from);
	CHECK(file_ok(out, SIZE, 1));
	return cost;
}

/* The buffer is warm: used before, its pages there. */
static unsigned long o_direct(size_t size, int cold)
{
	char *buffer = map_anonymous(size);
	unsigned long cost;
	uint64_t from;

	pattern_fill(buffer, size, 0, 0);
	prepare(cold);
	from = __builtin_ia32_rdtsc();
	copy_through(buffer, size);
	cost = a_page(from);
	CHECK(file_ok(out, SIZE, 1));
	CHECK_EQ(munmap(buffer, size), 0);
	return cost;
}

/* The buffer belongs to the price: whoever copies one file has none yet. */
static unsigned long o_direct_from_nothing(void)
{
	unsigned long cost;
	uint64_t from;
	char *buffer;

	prepare(1);
	from = __builtin_ia32_rdtsc();
	buffer = map_anonymous(SIZE);
	copy_through(buffer, SIZE);
	CHECK_EQ(munmap(buffer, SIZE), 0);
	cost = a_page(from);
	CHECK(file_ok(out, SIZE, 1));
	return cost;
}

static int begin(void)
{
	if (!time_is_instructions()) {
		test_note("time does not count instructions here");
		return 0;
	}
	in = pattern_file("in", SIZE, 1);
	out = scratch_file("out");
	return 1;
}

/* Each figure is printed, also those that are not in favour of the calls. */
static void a_cold_file(void)
{
	unsigned long four, one_go;

	if (!begin())
		return;
	four = four_calls(1);
	one_go = o_direct_from_nothing();
	test_figure("p20", "instructions a page, cold source: four calls %lu, "
		    "O_DIRECT with its buffer %lu; with a buffer used before: "
		    "2 MiB %lu, 1 MiB %lu, 64 KiB %lu, 4 KiB %lu", four, one_go,
		    o_direct(WINDOW, 1), o_direct(MIB, 1),
		    o_direct(64 * 1024, 1), o_direct(PAGE, 1));
	CHECK(four < one_go);
}

static void a_cached_file(void)
{
	unsigned long four, direct;

	if (!begin())
		return;
	four = four_calls(0);
	direct = o_direct(MIB, 0);
	test_figure("p20", "cached source: four calls %lu, O_DIRECT %lu", four,
		    direct);
	CHECK(four < direct);
}

int main(void)
{
	RUN(a_cold_file);
	RUN(a_cached_file);
	return test_end();
}
