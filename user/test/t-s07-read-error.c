/*
 * t-s07: a page that cannot be read raises SIGBUS, and nothing of the frame
 * that should have held it is ever seen.  (S7)
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

#include "test.h"

enum { STALE = 64 };

static sigjmp_buf out;
static volatile sig_atomic_t code;
static void *volatile where;

static void caught(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	code = info->si_code;
	where = info->si_addr;
	siglongjmp(out, 1);
}

static void catch_SIGBUS(void)
{
	struct sigaction a = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };

	CHECK_EQ(sigaction(SIGBUS, &a, NULL), 0);
}

/* Free frames shall be full of something that would be noticed. */
static void leave_stale_bytes(void)
{
	char *p = map_anonymous(STALE * PAGE);

	pattern_fill(p, STALE * PAGE, 99, 0);
	CHECK_EQ(munmap(p, STALE * PAGE), 0);
}

/* One page, so that the request that fails is not one of readahead's. */
static char *cold_page(int *fd)
{
	*fd = pattern_file("src", PAGE, 1);
	go_cold(*fd);
	leave_stale_bytes();
	return map_uncached(*fd, PAGE);
}

/* Touch @p for reading or writing; what a read saw, -1 for SIGBUS. */
static int touch(volatile char *p, int write)
{
	if (sigsetjmp(out, 1))
		return -1;
	if (write)
		*p = 'x';
	return (unsigned char)*p;
}

static void check_bus(int write)
{
	int fd, seen;
	char *p = cold_page(&fd);

	catch_SIGBUS();
	where = NULL;
	fail_at("read", 1);
	seen = touch(p + 8, write);
	fail_at("read", 0);
	CHECK_EQ(seen, -1);
	CHECK(where == p + 8);
	CHECK_EQ(page_of_address(p), 0);
	CHECK(!(page_state(fd, 0) & PAGE_UPTODATE));
	CHECK(touch(p, 0) >= 0);
	CHECK(pattern_ok(p, PAGE, 1, 0));
	CHECK(file_ok(fd, PAGE, 1));
	signal(SIGBUS, SIG_DFL);
}

static void s07_read_touch(void)
{
	check_bus(0);
}

static void s07_write_touch(void)
{
	check_bus(1);
}

/* The failed page is not taken for content by read() either. */
static void s07_read_after_the_error_reads_the_disk(void)
{
	int fd;
	char *p = cold_page(&fd);

	catch_SIGBUS();
	fail_at("read", 1);
	CHECK_EQ(touch(p, 0), -1);
	fail_at("read", 0);
	measure();
	CHECK(file_ok(fd, PAGE, 1));
	measured();
	CHECK(cost("blk_requests") >= 1);
	signal(SIGBUS, SIG_DFL);
}

int main(void)
{
	RUN(s07_read_touch);
	RUN(s07_write_touch);
	RUN(s07_read_after_the_error_reads_the_disk);
	return test_end();
}
