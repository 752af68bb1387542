/*
 * opbench.c: what one operation costs, in instructions.
 *
 * Floor: user space, and a plain Linux program: nothing in it is Magpie's own.
 *
 * The time stamp counts instructions when the machine runs with --icount.  Each
 * operation is done once to warm up and then ROUNDS times; the smallest count is
 * printed, less what two readings of the time stamp cost by themselves.  A
 * smallest count is what it costs when no timer interrupt came in between.
 *
 * An operation that needs preparation does it outside of its own brackets, begin()
 * and end().
 *
 * Read next: user/bin/mcp.c, which measures a copy.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "help.h"

static const char help[] =
	"usage: opbench [OPERATION ...]\n"
	"Print what system calls and page faults cost, one `name instructions` a line.\n"
	"Without OPERATION: all of them.\n";

enum { PAGE = 4096, ROUNDS = 16, MANY = 1024, FILE_PAGES = 64 };

static const char path[] = "/tmp/opbench";

static uint64_t started, taken;
static int file, there[2], back[2];
static char buffer[PAGE];

static inline void begin(void)
{
	started = __builtin_ia32_rdtsc();
}

static inline void end(void)
{
	taken = __builtin_ia32_rdtsc() - started;
}

static void must(int ok, const char *what)
{
	if (!ok)
		err(1, "%s", what);
}

static char *map(size_t size, int flags, int fd)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | flags, fd, 0);

	must(p != MAP_FAILED, "mmap");
	return p;
}

/* ---- calls ---- */

static void op_nothing(void)
{
	begin();
	end();
}

/* The bare call, without the C library's way to it. */
static void op_getpid(void)
{
	int r = SYS_getpid;

	begin();
	__asm__ volatile("int $0x80" : "+a"(r) : : "memory");
	end();
}

static void op_lseek(void)
{
	begin();
	lseek(file, 0, SEEK_SET);
	end();
}

static void op_read_1(void)
{
	lseek(file, 0, SEEK_SET);
	begin();
	must(read(file, buffer, 1) == 1, "read");
	end();
}

static void op_read_page(void)
{
	lseek(file, 0, SEEK_SET);
	begin();
	must(read(file, buffer, PAGE) == PAGE, "read");
	end();
}

static void op_write_page(void)
{
	lseek(file, 0, SEEK_SET);
	begin();
	must(write(file, buffer, PAGE) == PAGE, "write");
	end();
}

static void op_open_close(void)
{
	begin();
	close(open(path, O_RDONLY));
	end();
}

static void op_stat(void)
{
	struct stat st;

	begin();
	must(stat(path, &st) == 0, "stat");
	end();
}

/* ---- memory ---- */

static void op_touch(void)
{
	char *p = map(PAGE * 2, MAP_ANONYMOUS, -1);

	p[0] = 1;               /* makes the page table */
	begin();
	p[PAGE] = 1;
	end();
	munmap(p, PAGE * 2);
}

static void file_fault(int writing)
{
	volatile char *p = map(FILE_PAGES * PAGE, 0, file);
	char c = p[0];          /* makes the page table */

	begin();
	if (writing)
		p[PAGE * (FILE_PAGES - 1)] = c;
	else
		(void)p[PAGE * (FILE_PAGES - 1)];
	end();
	munmap((void *)p, FILE_PAGES * PAGE);
}

static void op_fault_read(void)
{
	file_fault(0);
}

static void op_fault_write(void)
{
	file_fault(1);
}

static void op_fault_cow(void)
{
	static volatile char page[2 * PAGE];
	volatile char *p = (char *)(((uintptr_t)page + PAGE) & -(uintptr_t)PAGE);
	int status;
	pid_t pid;

	*p = 1;
	pid = fork();
	if (pid == 0) {
		read(there[0], buffer, 1);
		_exit(0);
	}
	started = 0;            /* its page is shared now, too: this fault is not measured */
	begin();
	*p = 2;
	end();
	write(there[1], buffer, 1);
	waitpid(pid, &status, 0);
}

static void map_unmap(size_t size)
{
	begin();
	munmap(map(size, MAP_ANONYMOUS, -1), size);
	end();
}

static void op_map_page(void)
{
	map_unmap(PAGE);
}

static void op_map_4m(void)
{
	map_unmap(MANY * PAGE);
}

static void op_unmap_pages(void)
{
	char *p = map(MANY * PAGE, MAP_ANONYMOUS, -1);

	for (int k = 0; k < MANY; k++)
		p[k * PAGE] = 1;
	begin();
	munmap(p, MANY * PAGE);
	end();
}

/* ---- processes ---- */

static void op_fork(void)
{
	int status;
	pid_t pid;

	begin();
	pid = fork();
	if (pid == 0)
		_exit(0);
	waitpid(pid, &status, 0);
	end();
}

static void op_exec(void)
{
	int status;
	pid_t pid;

	begin();
	pid = fork();
	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	end();
	must(status == 0, "/bin/true");
}

/* Two processes, a byte there and a byte back. */
static void op_pipe(void)
{
	static int running;
	char c = 0;

	if (!running && fork() == 0) {
		close(there[1]);
		while (read(there[0], &c, 1) == 1)
			write(back[1], &c, 1);
		_exit(0);
	}
	running = 1;
	begin();
	must(write(there[1], &c, 1) == 1 && read(back[0], &c, 1) == 1, "pipe");
	end();
}

static const struct operation {
	const char *name;
	void (*run)(void);
} operations[] = {
	{ "getpid", op_getpid },
	{ "lseek", op_lseek },
	{ "read_1", op_read_1 },
	{ "read_page", op_read_page },
	{ "write_page", op_write_page },
	{ "open_close", op_open_close },
	{ "stat", op_stat },
	{ "touch_anonymous", op_touch },
	{ "fault_read", op_fault_read },
	{ "fault_write_private", op_fault_write },
	{ "fault_cow", op_fault_cow },
	{ "mmap_munmap_4k", op_map_page },
	{ "mmap_munmap_4m", op_map_4m },
	{ "munmap_1024_pages", op_unmap_pages },
	{ "fork_exit_wait", op_fork },
	{ "fork_exec_exit_wait", op_exec },
	{ "pipe_round_trip", op_pipe },
};

static uint64_t measure(void (*run)(void))
{
	uint64_t least = UINT64_MAX;

	run();
	for (int k = 0; k < ROUNDS; k++) {
		run();
		if (taken < least)
			least = taken;
	}
	return least;
}

static void prepare(void)
{
	static char page[PAGE];

	file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	must(file >= 0 && pipe(there) == 0 && pipe(back) == 0, path);
	for (int k = 0; k < FILE_PAGES; k++)
		must(write(file, page, PAGE) == PAGE, path);
	must(fsync(file) == 0, path);
}

static int wanted(char **names, const char *name)
{
	if (!*names)
		return 1;
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

int main(int argc, char **argv)
{
	uint64_t nothing;

	help_check(argc, argv, help);
	prepare();
	nothing = measure(op_nothing);
	for (const struct operation *o = operations; o < operations + sizeof operations / sizeof *operations; o++) {
		if (wanted(argv + 1, o->name))
			printf("%s %llu\n", o->name, (unsigned long long)(measure(o->run) - nothing));
	}
	unlink(path);
	return 0;
}
