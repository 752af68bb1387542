/*
 * t-libc: a stock C library works: malloc, stdio on files, printf with
 * floating point, directories, time, the environment.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static void formatting(void)
{
	char s[200];

	snprintf(s, sizeof s, "%d %u %x %s %c %5.2f %g %e %lld", -1, 2u, 0xabc,
		 "str", 'c', 3.14159, 1e100, 12345.678, 1LL << 40);
	CHECK_EQ(strcmp(s, "-1 2 abc str c  3.14 1e+100 1.234568e+04 "
			"1099511627776"), 0);
	CHECK(strtod("2.5e3", NULL) == 2500.0);
	CHECK(sqrt(2.0) * sqrt(2.0) > 1.999999);
}

static void malloc_and_free(void)
{
	static char *p[500];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 500; i++) {
			p[i] = malloc(i * 13 + 1);
			CHECK(p[i] != NULL);
			memset(p[i], i, i * 13 + 1);
		}
		for (int i = 0; i < 500; i += 2)
			free(p[i]);
		for (int i = 1; i < 500; i += 2) {
			CHECK_EQ(p[i][i * 13], (char)i);
			free(p[i]);
		}
	}
}

static void large_blocks(void)
{
	char *p = malloc(1 << 20);

	CHECK(p != NULL);
	pattern_fill(p, 1 << 20, 1, 0);
	p = realloc(p, 2 << 20);
	CHECK(p != NULL);
	CHECK(pattern_ok(p, 1 << 20, 1, 0));
	free(p);
	p = calloc(1 << 18, 4);
	CHECK(p != NULL);
	CHECK(zeros_ok(p, 1 << 20));
	free(p);
}

static void streams(void)
{
	FILE *f = fopen(scratch("f"), "w+");
	char line[100];
	int n;

	CHECK(f != NULL);
	for (int i = 0; i < 1000; i++)
		fprintf(f, "line %d\n", i);
	CHECK_EQ(fseek(f, 0, SEEK_SET), 0);
	for (int i = 0; i < 1000; i++) {
		CHECK(fgets(line, sizeof line, f) != NULL);
		CHECK_EQ(sscanf(line, "line %d", &n), 1);
		CHECK_EQ(n, i);
	}
	CHECK(fgets(line, sizeof line, f) == NULL);
	CHECK(feof(f));
	CHECK_EQ(fclose(f), 0);
}

static void append_stream(void)
{
	char text[20] = "";
	FILE *f;

	for (int i = 0; i < 3; i++) {
		f = fopen(scratch("f"), "a");
		CHECK(f != NULL);
		fprintf(f, "%d,", i);
		fclose(f);
	}
	f = fopen(scratch("f"), "r");
	CHECK_EQ(fread(text, 1, sizeof text, f), 6);
	CHECK_EQ(strcmp(text, "0,1,2,"), 0);
	fclose(f);
}

static void environment(void)
{
	CHECK_EQ(setenv("MAGPIE", "black and white", 1), 0);
	CHECK_EQ(strcmp(getenv("MAGPIE"), "black and white"), 0);
	CHECK_EQ(unsetenv("MAGPIE"), 0);
	CHECK(getenv("MAGPIE") == NULL);
}

static void clocks(void)
{
	const struct timespec nap = { .tv_nsec = 20 * 1000 * 1000 };
	struct timespec a, b;
	long long ns;

	CHECK(time(NULL) > 1577836800);		/* 2020 */
	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &a), 0);
	CHECK_EQ(nanosleep(&nap, NULL), 0);
	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &b), 0);
	ns = (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec;
	CHECK(ns >= nap.tv_nsec);
	CHECK(a.tv_nsec >= 0 && a.tv_nsec < 1000000000);
}

static void bad_times(void)
{
	const struct timespec odd = { .tv_nsec = 1000000000 };
	const struct timespec negative = { .tv_sec = -1 };
	struct timespec t;

	CHECK_FAILS(nanosleep(&odd, NULL), EINVAL);
	CHECK_FAILS(nanosleep(&negative, NULL), EINVAL);
	CHECK_FAILS(clock_gettime(12345, &t), EINVAL);
}

int main(void)
{
	RUN(formatting);
	RUN(malloc_and_free);
	RUN(large_blocks);
	RUN(streams);
	RUN(append_stream);
	RUN(environment);
	RUN(clocks);
	RUN(bad_times);
	return test_end();
}
