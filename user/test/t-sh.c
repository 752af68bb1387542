/*
 * t-sh: scripts run by /bin/sh print what they should and end as they should.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

static char said[8192];

static _Noreturn void become_shell(int out, const char *script)
{
	dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
	setenv("PATH", "/bin", 1);
	execl("/bin/sh", "sh", "-c", script, "name", "one", "2 and 3",
	      (char *)NULL);
	_exit(98);
}

/* Run the script; its output is in said[] then.  Returns its status. */
static int sh(const char *script)
{
	size_t n = 0;
	ssize_t got;
	pid_t child;
	int p[2];

	CHECK_EQ(pipe2(p, O_CLOEXEC), 0);
	child = fork();
	if (child == 0)
		become_shell(p[1], script);
	close(p[1]);
	while ((got = read(p[0], said + n, sizeof said - 1 - n)) > 0)
		n += got;
	close(p[0]);
	said[n] = '\0';
	return test_status(child_wait(child));
}

/* The case ends here unless @script prints @text and ends with @status. */
static void check(const char *script, const char *text, int status)
{
	int is = sh(script);

	if (strcmp(said, text) != 0 || is != status) {
		dprintf(STDOUT_FILENO, "%s\nsays\n%s(status %d), not\n%s(%d)\n",
			script, said, is, text, status);
		CHECK(!"the shell does what it should");
	}
}

static void pipes(void)
{
	check("echo a | cat", "a\n", 0);
	check("echo a|cat|cat|cat", "a\n", 0);
	check("echo a |\n\n cat", "a\n", 0);
	scratch("sh");
	check("cat /bin/sh | cat | tee /tmp/sh | cat >/dev/null;"
	      "cmp /tmp/sh /bin/sh && echo same", "same\n", 0);
	check("false | true; echo $?; true | false; echo $?", "0\n1\n", 0);
	check("yes | head -n 2", "y\ny\n", 0);
	check("yes | cat | cat | head -n 1 | wc -c", "2\n", 0);
	check("echo lost | true; echo after", "after\n", 0);
	check("cd / | cd /tmp; help | grep -c ^cd", "1\n", 0);
	check("nonsense | cat; echo $?", "0\n", 0);
}

static void and_or_not(void)
{
	check("true && echo a || echo b", "a\n", 0);
	check("false && echo a || echo b", "b\n", 0);
	check("false || false || echo c; echo d", "c\nd\n", 0);
	check("! true; echo $?; ! false | true; echo $?", "1\n1\n", 0);
	check("true &&\n echo next", "next\n", 0);
	check("false && echo no", "", 1);
}

static void redirections(void)
{
	scratch("sh");
	check("echo a >/tmp/sh; echo b>>/tmp/sh; cat</tmp/sh", "a\nb\n", 0);
	check("cat /not/there 2>/tmp/sh; wc -l </tmp/sh", "1\n", 0);
	check("cat /not/there 2>&1 | wc -l", "1\n", 0);
	check("cat </not/there; echo $?", "1\n", 0);
	check("> /tmp/sh; wc -c /tmp/sh", "0 /tmp/sh\n", 0);
	check("cd /tmp >/tmp/sh; echo here >sh; cat /tmp/sh", "here\n", 0);
	check("cd /tmp </not/there; echo $?; ls -d 2>/dev/null; echo x",
	      "1\nx\n", 0);
	check("if true; then echo a; echo b; fi >/tmp/sh; sort -r /tmp/sh",
	      "b\na\n", 0);
}

static void variables(void)
{
	check("a=1; echo $a ${a}2 \"$a\" '$a' \\$a $ab.", "1 12 1 $a $a .\n",
	      0);
	check("a='x  y'; echo $a \"$a\"; b=$a; echo \"$b\"",
	      "x y x  y\nx  y\n", 0);
	check("a=1; sh -c 'echo $a.'; export a; sh -c 'echo $a.'",
	      ".\n1.\n", 0);
	check("export b=2; b=3; sh -c 'echo $b'", "3\n", 0);
	check("c=4 sh -c 'echo $c'; echo $c.", "4\n.\n", 0);
	check("d=5 e=$d; echo $d$e", "55\n", 0);
	check("x=$nothing; echo a $x b \"$x\" c", "a b  c\n", 0);
	check("echo $ a$ \"$\" ${ $.", "$ a$ $ ${ $.\n", 0);
	check("export 1=2", "", 2);
}

static void arguments(void)
{
	check("echo $# $0 $1 $2 $3.", "2 name one 2 and 3 .\n", 0);
	check("sh -c 'echo $#' x \"$@\" $@", "6\n", 0);
	check("sh -c 'echo $#' x \"$*\" \"a$@b\" \"\" ''", "5\n", 0);
	check("shift; echo $# $1; shift; shift; echo $? $#",
	      "1 2 and 3\n1 0\n", 0);
	check("shift; shift; sh -c 'echo $#' x \"$@\"", "0\n", 0);
}

static void script_files(void)
{
	static const char script[] =
		"#!/bin/sh\n# a comment\necho $# $1 # another\nexit 5\n";
	int fd = open(scratch("script"), O_WRONLY | O_CREAT, 0755);

	write_all(fd, script, strlen(script));
	close(fd);
	check("/tmp/script 'a  b' c d", "3 a b\n", 5);
	check("sh /tmp/script a 'b c'", "2 a\n", 5);
	check("sh </tmp/script", "0\n", 5);
	check("cat /tmp/script | sh; echo $?", "0\n5\n", 0);
	check("sh /not/there; echo $?", "127\n", 0);
}

static void choices(void)
{
	check("if true; then echo a; else echo b; fi", "a\n", 0);
	check("if false\nthen echo a\nelse\necho b\nfi", "b\n", 0);
	check("if false; then echo a; elif true; then echo c; else echo b; fi",
	      "c\n", 0);
	check("if false; then echo a; fi; echo $?", "0\n", 0);
	check("if [ 1 -lt 2 ] && [ x = x ]; then echo yes; fi", "yes\n", 0);
	check("[ -f /bin/sh ]; echo $?; [ -d /bin/sh ]; echo $?; [ ! a = b ];"
	      "echo $?", "0\n1\n0\n", 0);
	check("echo if then fi", "if then fi\n", 0);
}

static void loops(void)
{
	check("n=; while [ \"$n\" != xxx ]; do n=x$n; echo $n; done",
	      "x\nxx\nxxx\n", 0);
	check("while false; do echo a; done; echo $?", "0\n", 0);
	check("while [ $# -gt 0 ]; do echo \"$1\"; shift; done",
	      "one\n2 and 3\n", 0);
	check("n=\nwhile [ \"$n\" != xx ]\ndo\n n=x$n\n echo $n\ndone | wc -l",
	      "2\n", 0);
}

static void background(void)
{
	check("sh -c 'exit 3' & wait $!; echo $?", "3\n", 0);
	check("false & true & wait; echo $?", "0\n", 0);
	check("sleep 0.01 && echo late & echo early; wait", "early\nlate\n", 0);
	check("cat & wait $!; echo $?", "0\n", 0);
	check("wait 99999; echo $?", "127\n", 0);
	check("sleep 1000 & kill $!; wait $!; echo $?", "143\n", 0);
	check("yes | head -n 1 & wait", "y\n", 0);
}

static void statuses(void)
{
	check("nonsense; echo $?; /tmp; echo $?", "127\n126\n", 0);
	check("sh -c 'kill -9 $$'; echo $?", "137\n", 0);
	check("exit 300", "", 44);
	check("false; exit", "", 1);
	check("true | sh -c 'exit 6'", "", 6);
}

static void nonsense(void)
{
	static const char *const lines[] = {
		"echo 'open", "echo \"open", "echo >", "| cat", "echo |",
		"&& echo", "echo a && || echo", "echo (a)", "a & && b", "fi",
		"if true; then echo", "if true; echo; fi", "while true; done",
		"echo a; fi", "if", "while true; do echo; fi", "echo & | cat",
		"if true; then true; fi fi",
	};

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		check(lines[i], "", 2);
	check("echo 'open\necho next", "next\n", 0);
}

static void many_words(void)
{
	static char line[7000];
	size_t n = sprintf(line, "echo");

	while (n < 6000)
		n += sprintf(line + n, " %zu", n);
	strcpy(line + n, " | wc -w");
	CHECK_EQ(sh(line), 0);
	CHECK(atoi(said) > 1000);
}

int main(void)
{
	RUN(pipes);
	RUN(and_or_not);
	RUN(redirections);
	RUN(variables);
	RUN(arguments);
	RUN(script_files);
	RUN(choices);
	RUN(loops);
	RUN(background);
	RUN(statuses);
	RUN(nonsense);
	RUN(many_words);
	return test_end();
}
