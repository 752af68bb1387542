/*
 * ops.c: `bench ops [NAME ...]`: what does one operation cost?
 *
 * Floor: user space.  Each operation runs a few times before it counts, then
 * RUNS times; the median is printed, for now and then a timer's tick falls into
 * one.  What two readings of the time stamp cost by themselves is taken off.
 *
 * Read next: copy.c.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WARM = 3, RUNS = 15, BIG = 4 * MIB };

static const char path[] = "bench.file";
static int fd, direct = -1;
static int failed;			/* the operation is not there */
static char page[PAGE] __attribute__((aligned(PAGE)));
static char *area;

/* The bare call, so that no library's way to it is measured. */
static long raw(long nr, long a, long b, long c)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	return r;
}

static void must(int ok, const char *what)
{
	if (!ok)
		err(1, "%s", what);
}

static char *map(size_t len, int flags, int of)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, flags, of, 0);

	must(p != MAP_FAILED, "mmap");
	return p;
}

/* ---- calls ---- */

static void op_getpid(void)
{
	raw(SYS_getpid, 0, 0, 0);
}

static void op_lseek(void)
{
	raw(SYS_lseek, fd, 0, SEEK_SET);
}

static void op_read_1(void)
{
	raw(SYS_read, fd, (long)page, 1);
}

static void op_read_page(void)
{
	raw(SYS_read, fd, (long)page, PAGE);
}

static void op_write_page(void)
{
	raw(SYS_write, fd, (long)page, PAGE);
}

static void op_open_close(void)
{
	raw(SYS_close, raw(SYS_open, (long)path, O_RDONLY, 0), 0, 0);
}

static void op_stat(void)
{
	raw(SYS_stat64, (long)path, (long)page, 0);
}

static void op_direct_read(void)
{
	if (raw(SYS_read, direct, (long)page, PAGE) != PAGE)
		failed = 1;
}

static void rewind_file(void)
{
	raw(SYS_lseek, fd, 0, SEEK_SET);
}

static void rewind_direct(void)
{
	if (direct < 0)
		direct = open(path, O_RDONLY | O_DIRECT);
	if (direct >= 0)
		raw(SYS_lseek, direct, 0, SEEK_SET);
}

/* ---- faults ---- */

static void touch_read(void)
{
	(void)*(volatile char *)area;
}

static void touch_write(void)
{
	*(volatile char *)area = 1;
}

/* A table is there: only the page is missing. */
static void map_anonymous(void)
{
	area = map(2 * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	area[PAGE] = 1;
}

static void map_file(void)
{
	volatile char c;

	area = map(64 * PAGE, MAP_PRIVATE, fd);
	c = area[63 * PAGE];
	(void)c;
}

static void unmap_pages(void)
{
	munmap(area, 2 * PAGE);
}

static void unmap_file(void)
{
	munmap(area, 64 * PAGE);
}

static pid_t sharer;
static int hold[2];

/* A child that shares the page until it is told to end. */
static void share_page(void)
{
	char c;

	map_anonymous();
	area[0] = 1;
	must(pipe(hold) == 0, "pipe");
	sharer = fork();
	must(sharer >= 0, "fork");
	if (sharer == 0) {
		close(hold[1]);
		_exit(read(hold[0], &c, 1) != 0);
	}
	close(hold[0]);
}

static void unshare_page(void)
{
	close(hold[1]);
	waitpid(sharer, NULL, 0);
	unmap_pages();
}

/* ---- mappings ---- */

static void op_map_page(void)
{
	munmap(map(PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1), PAGE);
}

static void op_map_big(void)
{
	munmap(map(BIG, MAP_PRIVATE | MAP_ANONYMOUS, -1), BIG);
}

static void fill_big(void)
{
	area = map(BIG, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	for (size_t at = 0; at < BIG; at += PAGE)
		area[at] = 1;
}

static void op_unmap_big(void)
{
	munmap(area, BIG);
}

/* ---- processes ---- */

static void op_fork(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
}

static void op_fork_exec(void)
{
	static char *const argv[] = { "true", NULL };
	pid_t child = fork();

	if (child == 0) {
		execv("/bin/true", argv);
		_exit(1);
	}
	waitpid(child, NULL, 0);
}

static int there[2], back[2];
static pid_t echo;

static void start_echo(void)
{
	char c;

	if (echo)
		return;
	must(pipe(there) == 0 && pipe(back) == 0, "pipe");
	echo = fork();
	must(echo >= 0, "fork");
	if (echo == 0) {
		close(there[1]);
		while (read(there[0], &c, 1) == 1 && write(back[1], &c, 1) == 1)
			;
		_exit(0);
	}
}

static void op_pipe(void)
{
	raw(SYS_write, there[1], (long)page, 1);
	raw(SYS_read, back[0], (long)page, 1);
}

static pid_t other;

static void start_other(void)
{
	if (other)
		return;
	other = fork();
	must(other >= 0, "fork");
	if (other == 0)
		for (;;)
			raw(SYS_sched_yield, 0, 0, 0);
	raw(SYS_sched_yield, 0, 0, 0);
}

/* There and back: two calls, two switches. */
static void op_yield(void)
{
	raw(SYS_sched_yield, 0, 0, 0);
}

static void stop(pid_t *child)
{
	if (*child > 0) {
		kill(*child, 9);
		waitpid(*child, NULL, 0);
	}
	*child = 0;
}

static void stop_echo(void)
{
	stop(&echo);
}

static void stop_other(void)
{
	stop(&other);
}

/* ---- the list ---- */

static const struct op {
	const char *name;
	void (*before)(void), (*run)(void), (*after)(void), (*at_end)(void);
} ops[] = {
	{ "getpid", NULL, op_getpid, NULL, NULL },
	{ "lseek", NULL, op_lseek, NULL, NULL },
	{ "read 1 byte, cached", rewind_file, op_read_1, NULL, NULL },
	{ "read 4 KiB, cached", rewind_file, op_read_page, NULL, NULL },
	{ "write 4 KiB over a cached page", rewind_file, op_write_page, NULL, NULL },
	{ "open + close", NULL, op_open_close, NULL, NULL },
	{ "stat", NULL, op_stat, NULL, NULL },
	{ "first touch of an anonymous page", map_anonymous, touch_write, unmap_pages, NULL },
	{ "read fault on a cached file page", map_file, touch_read, unmap_file, NULL },
	{ "write fault, private page of a cached file", map_file, touch_write, unmap_file, NULL },
	{ "COW fault after fork", share_page, touch_write, unshare_page, NULL },
	{ "mmap + munmap, 4 KiB, untouched", NULL, op_map_page, NULL, NULL },
	{ "mmap + munmap, 4 MiB, untouched", NULL, op_map_big, NULL, NULL },
	{ "munmap 4 MiB, 1,024 anonymous pages", fill_big, op_unmap_big, NULL, NULL },
	{ "fork + exit + wait", NULL, op_fork, NULL, NULL },
	{ "fork + exec + exit + wait", NULL, op_fork_exec, NULL, NULL },
	{ "pipe round trip between two processes", start_echo, op_pipe, NULL, stop_echo },
	{ "sched_yield to another process and back", start_other, op_yield, NULL, stop_other },
	{ "O_DIRECT read of 4 KiB", rewind_direct, op_direct_read, NULL, NULL },
};

static void nothing(void)
{
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t median(const struct op *op)
{
	uint64_t runs[RUNS];

	for (int i = -WARM; i < RUNS; i++) {
		uint64_t start, cost;

		if (op->before)
			op->before();
		start = measure_begin();
		op->run();
		cost = measure_end(start);
		if (op->after)
			op->after();
		if (i >= 0)
			runs[i] = cost;
	}
	if (op->at_end)
		op->at_end();
	qsort(runs, RUNS, sizeof *runs, by_value);
	return runs[RUNS / 2];
}

static int wanted(const char *name, char **names)
{
	if (!*names)
		return 1;
	for (; *names; names++)
		if (strstr(name, *names))
			return 1;
	return 0;
}

static void make_file(void)
{
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	must(fd >= 0, path);
	memset(page, 1, sizeof page);
	for (int i = 0; i < 64; i++)
		must(write(fd, page, PAGE) == PAGE, path);
	must(fsync(fd) == 0, path);
}

static void print(const struct op *op, uint64_t cost)
{
	if (failed)
		printf("op\t%s\t-\n", op->name);
	else
		printf("op\t%s\t%" PRIu64 "\n", op->name, cost);
	failed = 0;
	fflush(stdout);
}

/*
 * Returns: the exit status.
 */
int ops_run(char **names)
{
	static const struct op none = { .run = nothing };
	uint64_t itself;

	make_file();
	itself = median(&none);
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		if (!wanted(ops[i].name, names))
			continue;
		print(&ops[i], median(&ops[i]) - itself);
	}
	close(fd);
	return unlink(path) < 0;
}
