/*
 * t-programs: the shell and the small programs do what their --help says.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

/* Run the line in the shell, its messages thrown away.  Returns its status. */
static int sh(const char *line)
{
	pid_t child = fork();

	if (child == 0) {
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		setenv("PATH", "/bin", 1);
		execl("/bin/sh", "sh", "-c", line, (char *)NULL);
		_exit(98);
	}
	return test_status(child_wait(child));
}

/* The scratch file holds exactly @text. */
static void check_content(const char *name, const char *text)
{
	char is[512];
	int fd = open(scratch(name), O_RDONLY);
	ssize_t n = read(fd, is, sizeof is);

	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(n, strlen(text));
	CHECK_EQ(memcmp(is, text, n), 0);
}

static void redirections(void)
{
	scratch("out");
	scratch("copy");
	CHECK_EQ(sh("echo one > /tmp/out"), 0);
	check_content("out", "one\n");
	CHECK_EQ(sh("echo two >>/tmp/out; cat </tmp/out >/tmp/copy"), 0);
	check_content("copy", "one\ntwo\n");
	CHECK_EQ(sh("echo -n three>/tmp/out"), 0);
	check_content("out", "three");
	CHECK_EQ(sh("cat < /tmp/not-there"), 1);
	CHECK_EQ(sh("echo x > /not/there"), 1);
}

static void quotes(void)
{
	scratch("out");
	CHECK_EQ(sh("echo 'a  b' \"c  d\" e\\ f '$?' \"$?\" > /tmp/out"), 0);
	check_content("out", "a  b c  d e f $? 0\n");
	CHECK_EQ(sh("echo ';' \"it's\" '#' '' x >/tmp/out # > nowhere"), 0);
	check_content("out", "; it's #  x\n");
	CHECK_EQ(sh("echo 'open"), 2);
	CHECK_EQ(sh("echo >"), 2);
}

static void statuses(void)
{
	CHECK_EQ(sh("true"), 0);
	CHECK_EQ(sh("false"), 1);
	CHECK_EQ(sh("false; true"), 0);
	CHECK_EQ(sh("exit 7; echo not reached > /tmp/out"), 7);
	CHECK_EQ(sh("false; exit"), 1);
	CHECK_EQ(sh("not-a-program"), 127);
	CHECK_EQ(sh("/data"), 126);
	CHECK_EQ(sh(""), 0);
	CHECK_EQ(sh(" ; ;; "), 0);
}

static void last_status(void)
{
	scratch("out");
	CHECK_EQ(sh("false; echo $? > /tmp/out; true; echo $? >> /tmp/out"),
		 0);
	check_content("out", "1\n0\n");
}

static void directories(void)
{
	scratch("out");
	CHECK_EQ(sh("cd /tmp; echo here > out"), 0);
	check_content("out", "here\n");
	CHECK_EQ(sh("cd /not/there"), 1);
	CHECK_EQ(sh("cd /tmp; cd; ls bin > /dev/null"), 0);
}

static void scripts(void)
{
	int fd = scratch_file("script");

	scratch("out");
	write_all(fd, "# a script\necho one >/tmp/out\nexit 5\n", 38);
	CHECK_EQ(sh("sh /tmp/script"), 5);
	check_content("out", "one\n");
	CHECK_EQ(sh("sh < /tmp/script"), 5);
	CHECK_EQ(sh("sh /tmp/not-there"), 127);
}

static void listing(void)
{
	pattern_file("a-file", 1234, 1);
	CHECK_EQ(sh("ls /tmp/a-file > /tmp/out"), 0);
	scratch("out");
	check_content("out", "/tmp/a-file\n");
	CHECK_EQ(sh("ls -la / /bin > /dev/null"), 0);
	CHECK_EQ(sh("ls /not-there"), 1);
	CHECK_EQ(sh("ls -Z"), 2);
}

static void comparing(void)
{
	pattern_file("a", 50000, 1);
	pattern_file("b", 50000, 1);
	pattern_file("c", 50000, 2);
	pattern_file("d", 40000, 1);
	CHECK_EQ(sh("cmp /tmp/a /tmp/b"), 0);
	CHECK_EQ(sh("cmp -s /tmp/a /tmp/c"), 1);
	CHECK_EQ(sh("cmp -s /tmp/a /tmp/d"), 1);
	CHECK_EQ(sh("cmp -s /tmp/a /tmp/not-there"), 2);
}

static void removing(void)
{
	scratch_file("a");
	scratch_file("b");
	CHECK_EQ(sh("rm /tmp/a /tmp/b"), 0);
	CHECK_EQ(access("/tmp/a", F_OK), -1);
	CHECK_EQ(sh("rm /tmp/a"), 1);
	CHECK_EQ(sh("rm -f /tmp/a"), 0);
	CHECK_EQ(sh("rm /tmp"), 1);
	CHECK_EQ(sh("rm"), 2);
}

/* Both kinds of copy, at sizes around pages and windows. */
static void copying(void)
{
	static const size_t sizes[] = {
		0, 1, PAGE - 1, PAGE, PAGE + 1, 16 * PAGE, 16 * PAGE + 3,
		70 * PAGE - 1,
	};
	static const char *const ways[] = {
		"cp /tmp/a /tmp/b", "mcp /tmp/a /tmp/b",
		"mcp --window 4 /tmp/a /tmp/b", "mcp --window 32 /tmp/a /tmp/b",
	};

	for (int i = 0; i < 8; i++) {
		pattern_file("a", sizes[i], i + 1);
		pattern_file("b", 10 * PAGE, 99);
		for (int j = 0; j < 4; j++) {
			int fd;

			CHECK_EQ(sh(ways[j]), 0);
			fd = open(scratch("b"), O_RDONLY);
			CHECK(file_ok(fd, sizes[i], i + 1));
			close(fd);
		}
	}
}

static void copies_that_are_refused(void)
{
	int fd = pattern_file("a", PAGE, 1);

	CHECK_EQ(sh("mcp /tmp/a /tmp/a"), 1);
	CHECK_EQ(sh("cp /tmp/a /tmp/../tmp/a"), 1);
	CHECK(file_ok(fd, PAGE, 1));
	CHECK_EQ(sh("mcp /tmp /tmp/b"), 1);
	CHECK_EQ(sh("cp /tmp /tmp/b"), 1);
	CHECK_EQ(sh("mcp /dev/null /tmp/b"), 1);
	CHECK_EQ(sh("mcp /tmp/not-there /tmp/b"), 1);
	CHECK_EQ(sh("mcp /tmp/a /not/there"), 1);
	CHECK_EQ(sh("mcp /tmp/a"), 2);
	CHECK_EQ(sh("mcp --window 1 /tmp/a /tmp/b"), 2);
	CHECK_EQ(access("/tmp/b", F_OK), -1);
}

static void into_a_directory(void)
{
	CHECK_EQ(sh("mcp /bin/true /tmp; cmp /bin/true /tmp/true"), 0);
	CHECK_EQ(sh("rm /tmp/true; cp /bin/true /tmp; cmp /bin/true /tmp/true"),
		 0);
	scratch("true");
	CHECK_EQ(sh("/tmp/true"), 0);
}

static void looking_around(void)
{
	CHECK_EQ(sh("ps > /dev/null"), 0);
	CHECK_EQ(sh("free > /dev/null"), 0);
	CHECK_EQ(sh("vmstat > /dev/null"), 0);
	CHECK_EQ(sh("vmstat true > /dev/null"), 0);
	CHECK_EQ(sh("help > /dev/null"), 0);
	CHECK_EQ(sh("kill 99999"), 1);
	CHECK_EQ(sh("kill -9 x"), 1);
	CHECK_EQ(sh("kill -NOSUCH 1"), 2);
}

static void all_have_help(void)
{
	static const char *const names[] = {
		"cat", "clear", "cmp", "cp", "dd", "echo", "env", "false",
		"find", "free", "grep", "head", "hexdump", "kill", "ls", "mcp",
		"mount-info", "poweroff", "ps", "rm", "sh", "sleep", "sort",
		"sync", "tail", "tee", "test", "time", "true", "vmstat", "wc",
		"yes",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char line[64];

		snprintf(line, sizeof line, "%s --help > /dev/null", names[i]);
		CHECK_EQ(sh(line), 0);
	}
}

/* What is no option is said, and not taken for a file. */
static void wrong_options(void)
{
	static const char *const names[] = {
		"cat", "clear", "cmp", "cp", "dd", "find", "free", "grep",
		"head", "hexdump", "kill", "ln", "ls", "mcp", "mkdir",
		"mount-info", "mv", "poweroff", "ps", "rm", "rmdir", "sleep",
		"sort", "stat", "sync", "tail", "tee", "touch", "tracecat",
		"vmstat", "wc",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char line[64];

		snprintf(line, sizeof line, "%s --bogus < /dev/null", names[i]);
		CHECK_EQ(sh(line), 2);
	}
	scratch("-x");
	CHECK_EQ(sh("cd /tmp; touch -- -x; cat -- -x; rm -- -x"), 0);
}

/* Output that does not arrive is an error, by whomever it was printed. */
static void full_disks(void)
{
	static const char *const lines[] = {
		"echo x", "cat /bin/ls", "ls /", "ls -l /bin /test", "find /",
		"stat /", "wc /bin/ls", "head /etc/passwd", "ps", "free",
		"hexdump /bin/ls", "grep -c x /etc/passwd", "sort /etc/passwd",
		"tail /etc/passwd", "mount-info", "vmstat", "help", "yes",
		"dd if=/bin/ls", "tee < /bin/ls", "cmp /bin/ls /bin/cat",
	};

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		char line[64];

		snprintf(line, sizeof line, "%s > /dev/full", lines[i]);
		CHECK_EQ(sh(line), 1);
	}
	CHECK_EQ(sh("help > /dev/full; true"), 0);
}

int main(void)
{
	RUN(redirections);
	RUN(quotes);
	RUN(statuses);
	RUN(last_status);
	RUN(directories);
	RUN(scripts);
	RUN(listing);
	RUN(comparing);
	RUN(removing);
	RUN(copying);
	RUN(copies_that_are_refused);
	RUN(into_a_directory);
	RUN(looking_around);
	RUN(all_have_help);
	RUN(wrong_options);
	RUN(full_disks);
	return test_end();
}
