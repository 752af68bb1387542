/*
 * t-programs: the shell and the small programs do what their --help says.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

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
	CHECK_EQ(shell("echo one > /tmp/out"), 0);
	check_content("out", "one\n");
	CHECK_EQ(shell("echo two >>/tmp/out; cat </tmp/out >/tmp/copy"), 0);
	check_content("copy", "one\ntwo\n");
	CHECK_EQ(shell("echo -n three>/tmp/out"), 0);
	check_content("out", "three");
	CHECK_EQ(shell("cat < /tmp/not-there"), 1);
	CHECK_EQ(shell("echo x > /not/there"), 1);
}

static void quotes(void)
{
	scratch("out");
	CHECK_EQ(shell("echo 'a  b' \"c  d\" e\\ f '$?' \"$?\" > /tmp/out"), 0);
	check_content("out", "a  b c  d e f $? 0\n");
	CHECK_EQ(shell("echo ';' \"it's\" '#' '' x >/tmp/out # > nowhere"), 0);
	check_content("out", "; it's #  x\n");
	CHECK_EQ(shell("echo 'open"), 2);
	CHECK_EQ(shell("echo >"), 2);
}

static void statuses(void)
{
	CHECK_EQ(shell("true"), 0);
	CHECK_EQ(shell("false"), 1);
	CHECK_EQ(shell("false; true"), 0);
	CHECK_EQ(shell("exit 7; echo not reached > /tmp/out"), 7);
	CHECK_EQ(shell("false; exit"), 1);
	CHECK_EQ(shell("not-a-program"), 127);
	CHECK_EQ(shell("/data"), 126);
	CHECK_EQ(shell(""), 0);
	CHECK_EQ(shell(" ; ;; "), 0);
}

static void last_status(void)
{
	scratch("out");
	CHECK_EQ(shell("false; echo $? > /tmp/out; true; echo $? >> /tmp/out"),
		 0);
	check_content("out", "1\n0\n");
}

static void directories(void)
{
	scratch("out");
	CHECK_EQ(shell("cd /tmp; echo here > out"), 0);
	check_content("out", "here\n");
	CHECK_EQ(shell("cd /data; pwd > /tmp/out"), 0);
	check_content("out", "/data\n");
	CHECK_EQ(shell("cd /not/there"), 1);
	CHECK_EQ(shell("cd /tmp; cd; ls bin > /dev/null"), 0);
}

static void scripts(void)
{
	int fd = scratch_file("script");

	scratch("out");
	write_all(fd, "# a script\necho one >/tmp/out\nexit 5\n", 38);
	CHECK_EQ(shell("sh /tmp/script"), 5);
	check_content("out", "one\n");
	CHECK_EQ(shell("sh < /tmp/script"), 5);
	CHECK_EQ(shell("sh /tmp/not-there"), 127);
}

static void listing(void)
{
	pattern_file("a-file", 1234, 1);
	CHECK_EQ(shell("ls /tmp/a-file > /tmp/out"), 0);
	scratch("out");
	check_content("out", "/tmp/a-file\n");
	CHECK_EQ(shell("ls -la / /bin > /dev/null"), 0);
	CHECK_EQ(shell("ls /not-there"), 1);
	CHECK_EQ(shell("ls -Z"), 2);
}

static void comparing(void)
{
	pattern_file("a", 50000, 1);
	pattern_file("b", 50000, 1);
	pattern_file("c", 50000, 2);
	pattern_file("d", 40000, 1);
	CHECK_EQ(shell("cmp /tmp/a /tmp/b"), 0);
	CHECK_EQ(shell("cmp -s /tmp/a /tmp/c"), 1);
	CHECK_EQ(shell("cmp -s /tmp/a /tmp/d"), 1);
	CHECK_EQ(shell("cmp -s /tmp/a /tmp/not-there"), 2);
}

static void removing(void)
{
	scratch_file("a");
	scratch_file("b");
	CHECK_EQ(shell("rm /tmp/a /tmp/b"), 0);
	CHECK_EQ(access("/tmp/a", F_OK), -1);
	CHECK_EQ(shell("rm /tmp/a"), 1);
	CHECK_EQ(shell("rm -f /tmp/a"), 0);
	CHECK_EQ(shell("rm /tmp"), 1);
	CHECK_EQ(shell("rm"), 2);
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

			CHECK_EQ(shell(ways[j]), 0);
			fd = open(scratch("b"), O_RDONLY);
			CHECK(file_ok(fd, sizes[i], i + 1));
			close(fd);
		}
	}
}

static void copies_that_are_refused(void)
{
	int fd = pattern_file("a", PAGE, 1);

	CHECK_EQ(shell("mcp /tmp/a /tmp/a"), 1);
	CHECK_EQ(shell("cp /tmp/a /tmp/../tmp/a"), 1);
	CHECK(file_ok(fd, PAGE, 1));
	CHECK_EQ(shell("mcp /tmp /tmp/b"), 1);
	CHECK_EQ(shell("cp /tmp /tmp/b"), 1);
	CHECK_EQ(shell("mcp /dev/null /tmp/b"), 1);
	CHECK_EQ(shell("mcp /tmp/not-there /tmp/b"), 1);
	CHECK_EQ(shell("mcp /tmp/a /not/there"), 1);
	CHECK_EQ(shell("mcp /tmp/a"), 2);
	CHECK_EQ(shell("mcp --window 1 /tmp/a /tmp/b"), 2);
	CHECK_EQ(access("/tmp/b", F_OK), -1);
}

static void into_a_directory(void)
{
	CHECK_EQ(shell("mcp /bin/true /tmp; cmp /bin/true /tmp/true"), 0);
	CHECK_EQ(shell("rm /tmp/true; cp /bin/true /tmp; "
		       "cmp /bin/true /tmp/true"), 0);
	scratch("true");
	CHECK_EQ(shell("/tmp/true"), 0);
}

static void first_and_last_lines(void)
{
	scratch("in");
	scratch("out");
	CHECK_EQ(shell("echo 1 > /tmp/in; echo 2 >> /tmp/in; echo 3 >> /tmp/in"),
		 0);
	CHECK_EQ(shell("head -2 /tmp/in > /tmp/out; tail -n 1 < /tmp/in >> "
		       "/tmp/out; tail -1 /tmp/in >> /tmp/out"), 0);
	check_content("out", "1\n2\n3\n3\n");
	CHECK_EQ(shell("head -n"), 2);
	CHECK_EQ(shell("tail -n x"), 2);
	CHECK_EQ(shell("tail -1x"), 2);
}

static void looking_around(void)
{
	CHECK_EQ(shell("ps > /dev/null"), 0);
	CHECK_EQ(shell("free > /dev/null"), 0);
	CHECK_EQ(shell("vmstat > /dev/null"), 0);
	CHECK_EQ(shell("vmstat true > /dev/null"), 0);
	CHECK_EQ(shell("help > /dev/null"), 0);
	CHECK_EQ(shell("kill 99999"), 1);
	CHECK_EQ(shell("kill -9 x"), 1);
	CHECK_EQ(shell("kill -NOSUCH 1"), 2);
}

static void all_have_help(void)
{
	static const char *const names[] = {
		"bench", "cat", "clear", "cmp", "cp", "dcp", "dd", "echo",
		"env", "false", "find", "free", "grep", "head", "hexdump",
		"kill", "ls", "mcp", "memtop", "mount-info", "poweroff",
		"pressure", "ps", "rm", "sh", "sleep", "sort", "sync", "tail",
		"tee", "test", "time", "tracecat", "true", "vmstat", "walk",
		"wc", "yes",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char line[64];

		snprintf(line, sizeof line, "%s --help > /dev/null", names[i]);
		CHECK_EQ(shell(line), 0);
	}
}

/* What is no option is said, and not taken for a file. */
static void wrong_options(void)
{
	static const char *const names[] = {
		"bench", "cat", "clear", "cmp", "cp", "dcp", "dd", "find",
		"free", "grep", "head", "hexdump", "kill", "ln", "ls", "mcp",
		"memtop", "mkdir", "mount-info", "mv", "poweroff", "pressure",
		"ps", "rm", "rmdir", "sleep", "sort", "stat", "sync", "tail",
		"tee", "touch", "tracecat", "vmstat", "walk", "wc",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char line[64];

		snprintf(line, sizeof line, "%s --bogus < /dev/null", names[i]);
		CHECK_EQ(shell(line), 2);
	}
	scratch("-x");
	CHECK_EQ(shell("cd /tmp; touch -- -x; cat -- -x; rm -- -x"), 0);
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
		CHECK_EQ(shell(line), 1);
	}
	CHECK_EQ(shell("help > /dev/full; true"), 0);
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
	RUN(first_and_last_lines);
	RUN(looking_around);
	RUN(all_have_help);
	RUN(wrong_options);
	RUN(full_disks);
	return test_end();
}
