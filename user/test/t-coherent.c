/*
 * t-coherent: one file, shown to several processes and changed in every way
 * there is: through memory, by write, by mwrite, by truncate.  All see one
 * content, and what is past the end is SIGBUS, which can be handled.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

enum { RW = PROT_READ | PROT_WRITE, PAGES = 4 };

static int file;
static char *shown;

static void show_file(void)
{
	file = pattern_file("f", PAGES * PAGE, 1);
	shown = map_shared(file, PAGES * PAGE);
	CHECK(pattern_ok(shown, PAGES * PAGE, 1, 0));
}

static void touch_shown(void)
{
	*(volatile char *)(shown + PAGE);
}

/* ---- what a child does to it ------------------------------------------ */

static void fill_memory(void)
{
	pattern_fill(shown, PAGES * PAGE, 2, 0);
}

static void write_file(void)
{
	CHECK_EQ(pwrite(file, "child", 5, PAGE - 2), 5);
}

static void move_into_file(void)
{
	char *p = map_anonymous(2 * PAGE);

	pattern_fill(p, 2 * PAGE, 3, 0);
	CHECK_EQ(lseek(file, PAGE, SEEK_SET), PAGE);
	CHECK_EQ(mwrite(file, p, 2 * PAGE), 2 * PAGE);
}

static void cut_file(void)
{
	CHECK_EQ(ftruncate(file, 100), 0);
}

static void by_memory(void)
{
	char c[5];

	show_file();
	CHECK_EXIT(in_child(fill_memory), 0);
	CHECK(pattern_ok(shown, PAGES * PAGE, 2, 0));
	CHECK(file_ok(file, PAGES * PAGE, 2));
	CHECK_EQ(fsync(file), 0);       /* the child is gone, its dirt is not */
	CHECK_EQ(munmap(shown, PAGES * PAGE), 0);
	go_cold(file);
	CHECK(file_ok(file, PAGES * PAGE, 2));
	CHECK_EQ(pread(file, c, 5, 0), 5);
}

static void by_write(void)
{
	show_file();
	CHECK_EXIT(in_child(write_file), 0);
	CHECK_EQ(memcmp(shown + PAGE - 2, "child", 5), 0);
}

/* Other frames are under the names now, in every process that shows them. */
static void by_mwrite(void)
{
	show_file();
	shown[PAGE] = 'x';              /* dirty, mapped here and in the child */
	CHECK_EXIT(in_child(move_into_file), 0);
	CHECK(pattern_ok(shown, PAGE, 1, 0));
	CHECK(pattern_ok(shown + PAGE, 2 * PAGE, 3, 0));
	CHECK(pattern_ok(shown + 3 * PAGE, PAGE, 1, 3));
	shown[2 * PAGE + 9] = 'y';
	CHECK_EQ(msync(shown, PAGES * PAGE, MS_SYNC), 0);
	CHECK_EQ(munmap(shown, PAGES * PAGE), 0);
	go_cold(file);
	shown = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, file, 0);
	CHECK(shown != MAP_FAILED);
	CHECK(pattern_ok(shown + PAGE, PAGE, 3, 0));
	CHECK_EQ(shown[2 * PAGE + 9], 'y');
}

static void by_truncate(void)
{
	show_file();
	CHECK_EXIT(in_child(cut_file), 0);
	CHECK(pattern_ok(shown, 100, 1, 0));
	CHECK(zeros_ok(shown + 100, PAGE - 100));
	CHECK_KILLED(in_child(touch_shown), SIGBUS);
	CHECK_EQ(pwrite(file, "again", 5, PAGE), 5);    /* it grows: no SIGBUS */
	CHECK_EQ(memcmp(shown + PAGE, "again", 6), 0);
	CHECK(zeros_ok(shown + 100, PAGE - 100));
}

/* ---- SIGBUS ----------------------------------------------------------- */

static sigjmp_buf out;
static siginfo_t news;

static void on_bus(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	news = *info;
	siglongjmp(out, 1);
}

static void past_the_end_can_be_handled(void)
{
	struct sigaction action = { .sa_sigaction = on_bus,
				    .sa_flags = SA_SIGINFO }, old;
	volatile int times = 0;

	show_file();
	CHECK_EQ(ftruncate(file, PAGE), 0);
	CHECK_EQ(sigaction(SIGBUS, &action, &old), 0);
	while (sigsetjmp(out, 1) != 0)
		CHECK(++times < 3);
	if (times < 2)
		shown[(times + 1) * PAGE + 7] = 'x';
	CHECK_EQ(times, 2);
	CHECK_EQ(sigaction(SIGBUS, &old, NULL), 0);
	CHECK(news.si_addr == shown + 2 * PAGE + 7);
	CHECK_EQ(news.si_code, BUS_ADRERR);
	CHECK_EQ(file_size(file), PAGE);
}

/* A system call that meets it gets EFAULT, and no signal. */
static void calls_get_an_error(void)
{
	int other = scratch_file("g");

	show_file();
	CHECK_EQ(ftruncate(file, PAGE), 0);
	CHECK_FAILS(write(other, shown + PAGE, 10), EFAULT);
	CHECK_FAILS(pread(file, shown + PAGE, 10, 0), EFAULT);
	CHECK_EQ(write(other, shown, 2 * PAGE), PAGE);
}

/* ---- protection ------------------------------------------------------- */

static void write_shown(void)
{
	shown[PAGE] = 'w';
}

/* What becomes writable later is noticed when it is written. */
static void mprotect_up_and_down(void)
{
	file = pattern_file("f", PAGES * PAGE, 1);
	shown = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, file, 0);
	CHECK(shown != MAP_FAILED);
	CHECK(pattern_ok(shown, PAGES * PAGE, 1, 0));
	CHECK_KILLED(in_child(write_shown), SIGSEGV);
	CHECK_EQ(mprotect(shown, PAGES * PAGE, RW), 0);
	pattern_fill(shown, PAGES * PAGE, 4, 0);
	CHECK_EQ(mprotect(shown, PAGES * PAGE, PROT_READ), 0);
	CHECK_KILLED(in_child(write_shown), SIGSEGV);
	CHECK_EQ(munmap(shown, PAGES * PAGE), 0);
	go_cold(file);
	CHECK(file_ok(file, PAGES * PAGE, 4));
}

/* ---- memory without a file -------------------------------------------- */

static void grandchild_writes(void)
{
	CHECK_EQ(munmap(shown, PAGE), 0);       /* only here */
	CHECK_EXIT(in_child(write_shown), 0);
	CHECK_EQ(shown[PAGE], 'w');
	shown[2 * PAGE] = 'c';
}

static void anonymous_across_forks(void)
{
	shown = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shown != MAP_FAILED);
	shown[0] = 'p';
	CHECK_EXIT(in_child(grandchild_writes), 0);
	CHECK_EQ(shown[0], 'p');
	CHECK_EQ(shown[PAGE], 'w');
	CHECK_EQ(shown[2 * PAGE], 'c');
	CHECK_EQ(shown[3 * PAGE], 0);
}

int main(void)
{
	RUN(by_memory);
	RUN(by_write);
	RUN(by_mwrite);
	RUN(by_truncate);
	RUN(past_the_end_can_be_handled);
	RUN(calls_get_an_error);
	RUN(mprotect_up_and_down);
	RUN(anonymous_across_forks);
	return test_end();
}
