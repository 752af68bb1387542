/*
 * suite.c: run guest tests and watch the machine between them.
 *
 *	/test/suite             every /test/t-*
 *	/test/suite t-p0 ...    those of that name, or whose names begin so
 *
 * Around each program it prints `=== t-x` and `=== t-x exit N`.  After each,
 * the kernel checks its own invariants, and what is used of memory, inodes and
 * disk must be what it was before.  Either failing makes N 98.
 *
 * Growing is not leaking: an allocator keeps a page it once needed, a
 * directory keeps its length.  So when something has grown the program is run
 * again, and only what grows each time is a leak.  The page cache may differ.
 *
 * Floor: user space.  Read next: user/lib/test.h.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "counters.h"

#define FOLDER "/test"
#define CHECKER "/proc/magpie/check"

enum {
	STATUS_DAMAGE = 98,
	TRIES = 20,			/* of 10 ms, for what dies later */
	RUNS = 3,			/* in each of which a leak grows */
};

/* What must not grow, and what must not shrink. */
static const struct {
	const char *name;
	int direction;
} resources[] = {
	{ "frames_kernel", 1 },
	{ "frames_anon", 1 },
	{ "inodes", 1 },
	{ "tasks", 1 },
	{ "fs_blocks_free", -1 },
	{ "fs_inodes_free", -1 },
};

enum { RESOURCES = sizeof resources / sizeof resources[0] };

static struct counters before, after;

static void picture(struct counters *c)
{
	if (counters_read(c, COUNTERS_MEMORY) < 0)
		err(1, "%s", COUNTERS_MEMORY);
}

/*
 * Small kernel memory counts by what is handed out: in how many frames that
 * lies is chance.
 */
static int64_t amount(const struct counters *c, const char *name)
{
	int64_t n = counters_get(c, name);

	if (strcmp(name, "frames_kernel") == 0)
		n += counters_get(c, "heap_bytes") / 4096
		     - counters_get(c, "heap_frames");
	return n;
}

/* How much of resource @i is missing.  More of it than before is no fault. */
static int64_t missing(unsigned i)
{
	int64_t grown = amount(&after, resources[i].name)
		      - amount(&before, resources[i].name);

	return grown * resources[i].direction;
}

static int all_back(void)
{
	for (unsigned i = 0; i < RESOURCES; i++) {
		if (missing(i) > 0)
			return 0;
	}
	return 1;
}

/* The kernel may still be burying a process or an inode: give it time. */
static int wait_for_baseline(void)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

	for (int i = 0; i < TRIES; i++) {
		picture(&after);
		if (all_back())
			return 1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

static void report_growth(const char *verdict)
{
	for (unsigned i = 0; i < RESOURCES; i++) {
		if (missing(i) > 0)
			dprintf(1, "%s suite: %s off by %" PRId64 "\n", verdict,
				resources[i].name, missing(i));
	}
}

/* Bring the program into the page cache: loading it is not its leak. */
static void preload(const char *path)
{
	static char buffer[16384];
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return;
	while (read(fd, buffer, sizeof buffer) > 0)
		continue;
	close(fd);
}

static int run_once(const char *path)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		execl(path, path, (char *)NULL);
		warn("%s", path);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0)
		err(1, "wait");
	return command_status(status);
}

/* Returns: 1 if the kernel finds itself in order; else prints what it says. */
static int kernel_in_order(void)
{
	static char text[2048];
	int fd = open(CHECKER, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (n < 0)
		err(1, "%s", CHECKER);
	close(fd);
	text[n] = '\0';
	if (strcmp(text, "ok\n") == 0)
		return 1;
	dprintf(1, "FAIL suite: invariants: %s%s", text,
		n > 0 && text[n - 1] == '\n' ? "" : "\n");
	return 0;
}

/* Once for nothing: our own first touches are nobody's leak. */
static void touch_ourselves(void)
{
	picture(&before);
	preload("/bin/true");
	run_once("/bin/true");
	wait_for_baseline();
	kernel_in_order();
}

static int run_watched(const char *path)
{
	int status;

	preload(path);
	picture(&before);
	status = run_once(path);
	for (int run = 1; status == 0 && !wait_for_baseline(); run++) {
		report_growth(run < RUNS ? "note" : "FAIL");
		if (run == RUNS) {
			status = STATUS_DAMAGE;
			break;
		}
		before = after;
		status = run_once(path);
	}
	if (!kernel_in_order())
		status = status ? status : STATUS_DAMAGE;
	return status;
}

/* ---- which tests ------------------------------------------------------ */

static char **wanted;

/* The whole name of a test, or the beginning of several. */
static int matches(const char *name, const char *word)
{
	char path[300];

	snprintf(path, sizeof path, FOLDER "/%s", word);
	if (access(path, F_OK) == 0)
		return strcmp(name, word) == 0;
	return strncmp(name, word, strlen(word)) == 0;
}

static int is_wanted(const struct dirent *d)
{
	if (strncmp(d->d_name, "t-", 2) != 0)
		return 0;
	for (char **w = wanted; *w; w++) {
		if (matches(d->d_name, *w))
			return 1;
	}
	return !*wanted;
}

int main(int argc, char **argv)
{
	struct dirent **list;
	int n, failed = 0;

	wanted = argv + (argc > 0);
	n = scandir(FOLDER, &list, is_wanted, alphasort);
	if (n < 0)
		err(1, "%s", FOLDER);
	if (n == 0)
		errx(1, "no such test");
	touch_ourselves();
	for (int i = 0; i < n; i++) {
		char path[300];
		int status;

		snprintf(path, sizeof path, FOLDER "/%s", list[i]->d_name);
		dprintf(1, "=== %s\n", list[i]->d_name);
		status = run_watched(path);
		dprintf(1, "=== %s exit %d\n", list[i]->d_name, status);
		failed += status != 0;
	}
	dprintf(1, "suite: %d of %d failed\n", failed, n);
	return failed > 0;
}
