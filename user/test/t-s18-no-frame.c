/*
 * t-s18: the n-th frame that anybody asks for is refused, for each n.  The
 * process may get ENOMEM or be killed; no byte of a file may be wrong, and
 * nothing may leak.  (S18, decision 9)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 12, LAST = 24, REFUSED = 42 };

static unsigned refuse;
static int src;

/* The child's last words when something could not be had. */
static void refused_if(int failed)
{
	if (failed)
		_exit(errno == ENOMEM || errno == EAGAIN ? REFUSED : 1);
}

/* Arms the failure; what it hits may be of our own or of the kernel's. */
static void begin(void)
{
	fail_at("alloc", refuse);
}

static void check_every_n(void (*fn)(void))
{
	for (refuse = 1; refuse <= LAST; refuse++) {
		int status = in_child(fn);

		fail_at("alloc", 0);
		if (WIFSIGNALED(status))
			CHECK_EQ(WTERMSIG(status), SIGKILL);
		else if (WEXITSTATUS(status) != REFUSED)
			CHECK_EQ(WEXITSTATUS(status), 0);
		CHECK(file_ok(src, PAGES * PAGE, 1));
	}
}

static void steal_all(void)
{
	char *p;

	begin();
	p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_UNCACHED, src, 0);
	refused_if(p == MAP_FAILED);
	CHECK(pattern_ok(p, PAGES * PAGE, 1, 0));
	pattern_fill(p, PAGES * PAGE, 2, 0);
	CHECK(pattern_ok(p, PAGES * PAGE, 2, 0));
}

static void s18_stealing(void)
{
	src = pattern_file("src", PAGES * PAGE, 1);
	go_cold(src);
	check_every_n(steal_all);
}

#define FAR ((char *)0x60000000)	/* where no page table is yet */

enum { ONE = 5 };

static void steal_one(void)
{
	volatile char *p = FAR;

	begin();
	if (mmap(FAR, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE
		 | MAP_UNCACHED | MAP_FIXED, src, 0) == MAP_FAILED)
		refused_if(1);
	p[ONE * PAGE] = 'x';
}

/* The page is warm, so it is the page table that cannot be had. */
static void s18_page_stays_in_the_cache(void)
{
	int killed = 0;

	src = pattern_file("src", PAGES * PAGE, 1);
	for (refuse = 1; refuse <= LAST; refuse++) {
		long was = page_of_file(src, ONE);
		int status = in_child(steal_one);

		fail_at("alloc", 0);
		if (WIFSIGNALED(status)) {
			CHECK_EQ(WTERMSIG(status), SIGKILL);
			killed++;
		}
		if (status)
			CHECK_EQ(page_of_file(src, ONE), was);
		go_warm(src);
		CHECK(file_ok(src, PAGES * PAGE, 1));
	}
	CHECK(killed > 0);
}

/* What has arrived is right, whether all of it did or not. */
static void copy_all(void)
{
	int dst = scratch_file("dst");
	char *p = map_uncached(src, PAGES * PAGE);
	ssize_t moved;

	drop_cached_pages(src);
	begin();
	moved = mwrite(dst, p, PAGES * PAGE);
	fail_at("alloc", 0);
	if (moved > 0)
		CHECK(file_ok(dst, moved, 1));
	else
		CHECK_EQ(file_size(dst), 0);
	refused_if(moved < 0);
	CHECK_EQ(moved % PAGE, 0);
}

static void copying(void)
{
	src = pattern_file("src", PAGES * PAGE, 1);
	scratch("dst");
	check_every_n(copy_all);
}

static void write_all_pages(void)
{
	static char page[PAGE];
	int fd;

	begin();
	fd = open(scratch("dst"), O_RDWR | O_CREAT | O_TRUNC, 0644);
	refused_if(fd < 0);
	for (int i = 0; i < PAGES; i++)
		refused_if(write(fd, page, PAGE) < 0);
	refused_if(fsync(fd) < 0);
}

static void writing(void)
{
	src = pattern_file("src", PAGES * PAGE, 1);
	scratch("dst");
	check_every_n(write_all_pages);
}

static void fork_and_exec(void)
{
	pid_t child;
	int status;

	begin();
	child = fork();
	refused_if(child < 0);
	if (child == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(errno == ENOMEM ? REFUSED : 1);
	}
	refused_if(waitpid(child, &status, 0) < 0);
	if (WIFSIGNALED(status))
		CHECK_EQ(WTERMSIG(status), SIGKILL);
	else if (WEXITSTATUS(status) != REFUSED)
		CHECK_EQ(WEXITSTATUS(status), 0);
}

static void new_processes(void)
{
	src = pattern_file("src", PAGES * PAGE, 1);
	check_every_n(fork_and_exec);
}

int main(void)
{
	RUN(s18_stealing);
	RUN(s18_page_stays_in_the_cache);
	RUN(copying);
	RUN(writing);
	RUN(new_processes);
	fail_at("alloc", 0);
	return test_end();
}
