/*
 * t-proc: the text files of /proc: readable in pieces, from any position, and
 * not writable.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

static const char *const files[] = {
	"/proc/cmdline", "/proc/magpie/counters", "/proc/magpie/self",
	"/proc/magpie/mem", "/proc/magpie/check", "/proc/magpie/ps",
};

enum { FILES = sizeof files / sizeof files[0] };

static char text[8192];

static void all_are_text(void)
{
	for (int i = 0; i < FILES; i++) {
		int fd = open(files[i], O_RDONLY);
		ssize_t n = read(fd, text, sizeof text);

		CHECK(fd >= 0);
		CHECK(n > 0);
		CHECK(memchr(text, '\0', n) == NULL);
		CHECK_EQ(read(fd, text, sizeof text), 0);
	}
}

static void byte_by_byte(void)
{
	int a = open("/proc/cmdline", O_RDONLY);
	int b = open("/proc/cmdline", O_RDONLY);
	ssize_t n = read(a, text, sizeof text);
	char c;

	for (ssize_t i = 0; i < n; i++) {
		CHECK_EQ(read(b, &c, 1), 1);
		CHECK_EQ(c, text[i]);
	}
	CHECK_EQ(read(b, &c, 1), 0);
}

static void position_can_be_set(void)
{
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t n = read(fd, text, sizeof text);
	char c;

	CHECK_EQ(lseek(fd, n - 1, SEEK_SET), n - 1);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, text[n - 1]);
}

static void nobody_writes_them(void)
{
	for (int i = 0; i < FILES; i++) {
		CHECK(open(files[i], O_WRONLY | O_TRUNC) < 0
		      || write(open(files[i], O_WRONLY), "x", 1) < 0);
	}
	CHECK(open("/proc/magpie/new", O_WRONLY | O_CREAT, 0644) < 0);
	CHECK_FAILS(open("/proc/magpie/not-there", O_RDONLY), ENOENT);
}

static void the_sums_add_up(void)
{
	measure();
	for (int i = 0; i < 10; i++)
		*(volatile char *)map_anonymous(PAGE) = 'x';
	measured();
	CHECK_EQ(cost("page_faults"), 10);
	CHECK_EQ(cost("faults_anon"), 10);
	CHECK_EQ(cost("page_faults"), cost("faults_anon") + cost("faults_file")
		 + cost("faults_uncached") + cost("faults_cow")
		 + cost("faults_bad"));
	CHECK_EQ(cost("tlb_invalidations"), cost("tlb_invlpg")
		 + cost("tlb_cr3"));
}

static void frames_add_up(void)
{
	uint64_t total = memory_now("frames_total");

	CHECK(total > 1000);
	CHECK(memory_now("frames_free") < total);
	CHECK(memory_now("frames_free") + memory_now("frames_cached")
	      + memory_now("frames_kernel") + memory_now("frames_anon")
	      <= total);
}

int main(void)
{
	RUN(all_are_text);
	RUN(byte_by_byte);
	RUN(position_can_be_set);
	RUN(nobody_writes_them);
	RUN(the_sums_add_up);
	RUN(frames_add_up);
	return test_end();
}
