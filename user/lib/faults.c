/*
 * faults.c: see faults.h.
 *
 * Floor: user space.
 */
#define _GNU_SOURCE
#include "faults.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "test.h"

enum {
	TOO_MANY = 3000,
	LOOK_EACH = 16,		/* the kernel looks at all of its memory */
};

static const char *now;		/* what fails */

/* How many faults have come so far. */
static uint64_t injected(void)
{
	static struct counters c;

	CHECK_EQ(counters_read(&c, COUNTERS_MACHINE), 0);
	return counters_get(&c, "injected");
}

/* The kernel finds itself in order. */
static void check_kernel(void)
{
	char text[512];
	int fd = open("/proc/magpie/check", O_RDONLY);
	ssize_t n = read(fd, text, sizeof text - 1);

	close(fd);
	CHECK(n >= 0);
	text[n] = '\0';
	if (strcmp(text, "ok\n") != 0) {
		dprintf(1, "%s", text);
		CHECK(!"the kernel is in order");
	}
}

static int now_memory(void)
{
	return strcmp(now, "alloc") == 0 || strcmp(now, "small") == 0;
}

/* Did the work end as it may?  Returns whether it was done. */
static int verdict(int status)
{
	int is_slow = strcmp(now, "slow") == 0;

	if (WIFSIGNALED(status) && !is_slow) {
		CHECK_EQ(WTERMSIG(status), now_memory() ? SIGKILL : SIGBUS);
		return 0;
	}
	if (is_slow || WEXITSTATUS(status) != FAULTS_TOLD)
		CHECK_EXIT(status, 0);
	return WEXITSTATUS(status) == 0;
}

/* Once, with the @n-th failing.  Returns whether there was an @n-th. */
static int once(const struct faults_work *w, unsigned n)
{
	uint64_t before;
	int status;
	pid_t pid;

	if (w->prepare)
		w->prepare();
	before = injected();
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		fail_at(now, n);
		w->work();
		_exit(0);
	}
	status = child_wait(pid);
	fail_at(now, 0);
	if (n % LOOK_EACH == 1)
		check_kernel();
	w->check(verdict(status));
	return injected() > before;
}

/*
 * Do @w with the first, the second, ... "alloc", "small", "read" or "write"
 * failing, until there was none left to fail; then it must have been done.
 * With "slow" it must be done each time: a disk that takes long is no error.
 */
void faults_each(const char *kind, const struct faults_work *w)
{
	unsigned n = 1;
	char text[64];

	now = kind;
	while (once(w, n) && n < TOO_MANY)
		n++;
	CHECK(n < TOO_MANY);
	check_kernel();
	snprintf(text, sizeof text, "%u faults of %s", n - 1, kind);
	test_note(text);
}

/*
 * In the child: if something failed, it was for the reason that we gave it.
 */
void faults_told_if(int failed)
{
	if (!failed)
		return;
	if (!now_memory())
		CHECK_EQ(errno, EIO);
	else if (errno != EAGAIN)	/* which is what fork(2) says */
		CHECK_EQ(errno, ENOMEM);
	_exit(FAULTS_TOLD);
}

/*
 * The same, as programs print it.
 */
const char *faults_words(void)
{
	return strerror(now_memory() ? ENOMEM : EIO);
}

/*
 * Pages of the file that are not on the disk.  Of a file that was synced
 * without a complaint there are none.
 */
int faults_unwritten(int fd)
{
	unsigned end = (file_size(fd) + PAGE - 1) / PAGE;
	int n = 0;

	for (unsigned i = 0; i < end; i++)
		n += (page_state(fd, i) & (PAGE_DIRTY | PAGE_WRITEBACK)) != 0;
	return n;
}

/*
 * Write the file and empty its page cache.  A page that could not be read may
 * stay, without content: whoever asks for it reads it again.
 */
void faults_go_cold(int fd)
{
	CHECK_EQ(fsync(fd), 0);
	CHECK(drop_cached_pages(fd) >= 0);
	CHECK_EQ(faults_unwritten(fd), 0);
}
