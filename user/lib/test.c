/*
 * test.c: cases, checks, children and counters of the guest tests.
 *
 * Floor: user space.  Output goes out by one write a line and never through
 * stdio: a buffer that a child inherits would be printed twice.
 *
 * Read next: user/lib/testdata.c, files and memory.
 */
#define _GNU_SOURCE
#include "test.h"

#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "counters.h"
#include "testdata.h"

static struct {
	const char *name;
	jmp_buf out;
	pid_t pid;			/* who runs the cases */
	int failed, total;
} now;

static struct counters self[2], machine[2];

static void touch_image(void);

/* ---- cases and checks ------------------------------------------------- */

/*
 * Run one case and print its verdict.
 *
 * The program's own pages are brought into memory first, so that no case
 * counts the page faults of its own code.
 */
void test_run(const char *name, void (*fn)(void))
{
	touch_image();
	now.name = name;
	now.pid = getpid();
	now.total++;
	if (setjmp(now.out) == 0) {
		fn();
		dprintf(STDOUT_FILENO, "PASS %s\n", name);
	} else {
		now.failed++;
	}
	testdata_clean();
}

/*
 * The status that main() returns: 0 if there were cases and all passed.
 */
int test_end(void)
{
	return now.total == 0 || now.failed > 0;
}

/*
 * Say that a check failed, and leave the case; a child leaves itself.
 */
_Noreturn void test_fail(const char *file, int line, const char *what)
{
	dprintf(STDOUT_FILENO, "FAIL %s: %s:%d: %s\n", now.name, file, line,
		what);
	if (getpid() != now.pid)
		_exit(99);
	longjmp(now.out, 1);
}

/*
 * CHECK_EQ: both values are part of the message.
 */
void test_equal(const char *file, int line, const char *what, long long is,
		long long should)
{
	const char *why = is == -1 ? strerror(errno) : "";
	char text[256];

	if (is == should)
		return;
	snprintf(text, sizeof text, "%s: %lld, should be %lld %s", what, is,
		 should, why);
	test_fail(file, line, text);
}

/*
 * CHECK_FAILS: @result must be -1 and errno @error.
 */
void test_fails(const char *file, int line, const char *what, long long result,
		int error)
{
	int was = errno;
	char text[256];

	if (result == -1 && was == error)
		return;
	snprintf(text, sizeof text, "%s: returned %lld, errno %d (%s)", what,
		 result, was, strerror(was));
	test_fail(file, line, text);
}

/*
 * A wait status as a shell has it: the exit status, or 128 + signal.
 */
int test_status(int status)
{
	return command_status(status);
}

/*
 * A remark in the output, for what a case could not look at here.
 */
void test_note(const char *text)
{
	dprintf(STDOUT_FILENO, "note %s: %s\n", now.name, text);
}

/*
 * What was measured of @property ("p01"), for the table of properties.
 */
void test_figure(const char *property, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	dprintf(STDOUT_FILENO, "MEASURE %s %s\n", property, text);
}

/* ---- children --------------------------------------------------------- */

/*
 * Run @fn in a child, which exits with 0 when @fn returns.
 */
pid_t child_start(void (*fn)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		fn();
		_exit(0);
	}
	CHECK(pid > 0);
	return pid;
}

/*
 * Returns: how the child ended, as wait4(2) has it.
 */
int child_wait(pid_t pid)
{
	int status = 0;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

/*
 * Both of the above.
 */
int in_child(void (*fn)(void))
{
	return child_wait(child_start(fn));
}

static _Noreturn void become_shell(const char *line)
{
	dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
	setenv("PATH", "/bin", 1);
	execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	_exit(98);
}

/*
 * Run the line in /bin/sh, its messages thrown away.
 * Returns: its status.
 */
int shell(const char *line)
{
	pid_t pid = fork();

	if (pid == 0)
		become_shell(line);
	return test_status(child_wait(pid));
}

/* ---- counters --------------------------------------------------------- */

/*
 * Counting begins.  The picture of the process comes last: it is the one that
 * the other could disturb.
 */
void measure(void)
{
	CHECK_EQ(counters_start(&machine[0], COUNTERS_MACHINE), 0);
	CHECK_EQ(counters_start(&self[0], COUNTERS_SELF), 0);
}

/*
 * Counting ends.  The pictures are then turned into differences.
 */
void measured(void)
{
	CHECK_EQ(counters_read(&self[1], COUNTERS_SELF), 0);
	CHECK_EQ(counters_read(&machine[1], COUNTERS_MACHINE), 0);
	counters_diff(&self[1], &self[0], &self[1]);
	counters_diff(&machine[1], &machine[0], &machine[1]);
}

/*
 * What the counter grew by from measure() to measured(), in this process.
 */
uint64_t cost(const char *name)
{
	return counters_get(&self[1], name);
}

/*
 * The same for the whole machine.
 */
uint64_t machine_cost(const char *name)
{
	return counters_get(&machine[1], name);
}

/*
 * A line of /proc/magpie/mem.
 */
uint64_t memory_now(const char *name)
{
	static struct counters memory;

	CHECK_EQ(counters_read(&memory, COUNTERS_MEMORY), 0);
	return counters_get(&memory, name);
}

/*
 * The line must come to be @value.  A process or an inode may be buried a
 * moment after its last user has gone: that moment is waited for.
 */
void memory_settles(const char *name, uint64_t value)
{
	const struct timespec pause = { .tv_nsec = 1000 * 1000 };

	for (int i = 0; i < 1000 && memory_now(name) != value; i++)
		nanosleep(&pause, NULL);
	test_equal(__FILE__, __LINE__, name, memory_now(name), value);
}

/*
 * The value of `name=number` on the kernel's command line, 0 if it is not
 * there.
 */
unsigned long kernel_option(const char *name)
{
	char line[1024];
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t n = read(fd, line, sizeof line - 1);
	size_t len = strlen(name);

	CHECK(n >= 0);
	close(fd);
	line[n] = '\0';
	for (char *w = strtok(line, " \n"); w; w = strtok(NULL, " \n")) {
		if (strncmp(w, name, len) == 0 && w[len] == '=')
			return strtoul(w + len + 1, NULL, 0);
	}
	return 0;
}

/*
 * Let the @n-th "read" or "write" request of the disk, the @n-th "alloc" of a
 * frame, or the @n-th "small" one of the kernel's own memory, fail from now on,
 * or the @n-th request be "slow"; 0: none.  What was armed before may hit this
 * very open; it fails once, so a second open is not refused.
 */
void fail_at(const char *kind, unsigned n)
{
	int fd = open("/proc/magpie/fail", O_WRONLY);

	if (fd < 0 && errno == ENOMEM)
		fd = open("/proc/magpie/fail", O_WRONLY);
	CHECK(fd >= 0);
	CHECK(dprintf(fd, "%s %u%s", kind, n,
		      strcmp(kind, "slow") == 0 ? " 20000" : "") > 0);
	close(fd);
}

/* ---- the program's own pages ------------------------------------------ */

static void touch(uintptr_t from, uintptr_t to, int writable)
{
	for (uintptr_t a = from & -(uintptr_t)PAGE; a < to; a += PAGE) {
		volatile char *p = (volatile char *)(a < from ? from : a);
		char c = *p;

		if (writable)
			*p = c;
	}
}

/*
 * Read every page of the program, and write those that are writable with what
 * they hold; 32 KiB of stack as well.
 */
static void touch_image(void)
{
	const Elf32_Phdr *ph = (const Elf32_Phdr *)getauxval(AT_PHDR);
	unsigned long n = getauxval(AT_PHNUM);
	volatile char stack[8 * PAGE];

	for (unsigned long i = 0; i < n; i++) {
		if (ph[i].p_type == PT_LOAD)
			touch(ph[i].p_vaddr, ph[i].p_vaddr + ph[i].p_memsz,
			      ph[i].p_flags & PF_W);
	}
	touch((uintptr_t)stack, (uintptr_t)stack + sizeof stack, 1);
}
