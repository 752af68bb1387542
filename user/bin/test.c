/*
 * test.c: is it so?  For if and while; the shell knows it as [ ... ], too.
 *
 * Floor: user space.  [POSIX test], without -a, -o and brackets: && and || of
 * the shell do that.
 */
#define _GNU_SOURCE
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "help.h"

static const char help[] =
	"usage: test [!] [OPERAND] OPERATOR OPERAND\n"
	"Succeed if it is so.\n"
	"  -e -f -d -L -s FILE   it exists, is a file, a directory, a link,\n"
	"                        is not empty\n"
	"  -n -z TEXT            is not, is empty\n"
	"  TEXT = TEXT           are equal; != differ\n"
	"  N -eq N               are equal numbers; -ne -lt -le -gt -ge\n";

static int test_file(char what, const char *path)
{
	struct stat st;

	if ((what == 'L' ? lstat(path, &st) : stat(path, &st)) < 0)
		return 0;
	switch (what) {
	case 'e': return 1;
	case 'f': return S_ISREG(st.st_mode);
	case 'd': return S_ISDIR(st.st_mode);
	case 'L': return S_ISLNK(st.st_mode);
	case 's': return st.st_size > 0;
	}
	help_usage(help);
}

static int test_one(const char *operator, const char *operand)
{
	if (operator[0] != '-' || !operator[1] || operator[2])
		help_usage(help);
	if (operator[1] == 'n' || operator[1] == 'z')
		return (operator[1] == 'n') == (*operand != '\0');
	return test_file(operator[1], operand);
}

static long long number(const char *s)
{
	char *end;
	long long n = strtoll(s, &end, 10);

	if (end == s || *end)
		errx(2, "%s: not a number", s);
	return n;
}

static int compare(const char *a, const char *operator, const char *b)
{
	static const char *const names[] = {
		"-eq", "-ne", "-lt", "-le", "-gt", "-ge",
	};
	long long x = number(a), y = number(b);
	const int results[] = { x == y, x != y, x < y, x <= y, x > y, x >= y };

	for (int i = 0; i < 6; i++) {
		if (strcmp(operator, names[i]) == 0)
			return results[i];
	}
	help_usage(help);
}

static int test_two(const char *a, const char *operator, const char *b)
{
	if (strcmp(operator, "=") == 0)
		return strcmp(a, b) == 0;
	if (strcmp(operator, "!=") == 0)
		return strcmp(a, b) != 0;
	return compare(a, operator, b);
}

static int test(int n, char **arg)
{
	switch (n) {
	case 0: return 0;
	case 1: return *arg[0] != '\0';
	case 2: return test_one(arg[0], arg[1]);
	case 3: return test_two(arg[0], arg[1], arg[2]);
	}
	help_usage(help);
}

int main(int argc, char **argv)
{
	int not = argc > 2 && strcmp(argv[1], "!") == 0;

	if (argc == 2)
		help_check(argc, argv, help);
	return test(argc - 1 - not, argv + 1 + not) == not;
}
