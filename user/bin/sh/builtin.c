/*
 * builtin.c: the commands that must change the shell itself, and help.
 *
 * Floor: user space.  Each is a function of the arguments, the name first.
 */
#include <dirent.h>
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

static const char text[] =
	"PROGRAM WORD...      run a program of /bin; --help says what it does\n"
	"A | B                the output of A is the input of B\n"
	"A; B   A && B   A || B    one after the other; B if A succeeds; if not\n"
	"A &                  in the background; its number is $!\n"
	"< FILE  > FILE  >> FILE   read from it, write to it, add to it; 2>, 2>&1\n"
	"'...' \"...\" \\c        take blanks and signs as they are\n"
	"NAME=VALUE           set a variable; $NAME and ${NAME} are its value\n"
	"$? $# $@ $0 $1...    the last status; the arguments of a script\n"
	"! A                  succeed if A fails\n"
	"if A; then B; else C; fi     while A; do B; done     # a comment\n"
	"cd [DIRECTORY]  pwd  exit [STATUS]  export NAME[=VALUE]...  shift\n"
	"wait [NUMBER]  help\n"
	"Control-C ends a program, control-D ends the input.\n"
	"Programs:";

static int do_cd(char **argv)
{
	const char *to = argv[1] ? argv[1] : vars_get("HOME");

	if (chdir(*to ? to : "/") < 0) {
		warn("cd: %s", to);
		return 1;
	}
	return 0;
}

static int do_pwd(char **argv)
{
	char path[PATH_MAX];

	(void)argv;
	if (!getcwd(path, sizeof path)) {
		warn("pwd");
		return 1;
	}
	puts(path);
	return 0;
}

static int do_exit(char **argv)
{
	exit(argv[1] ? atoi(argv[1]) & 255 : sh.status);
}

static int do_export(char **argv)
{
	for (char **a = argv + 1; *a; a++) {
		int n = name_length(*a);

		if (n == 0 || ((*a)[n] != '=' && (*a)[n] != '\0')) {
			warnx("export: %s: not a name", *a);
			return 2;
		}
		if ((*a)[n] == '=') {
			(*a)[n] = '\0';
			vars_set(*a, *a + n + 1);
		}
		vars_export(*a);
	}
	return 0;
}

static int do_shift(char **argv)
{
	(void)argv;
	if (sh.args == 0)
		return 1;
	sh.args--;
	sh.arg++;
	return 0;
}

static int do_wait(char **argv)
{
	return jobs_wait(argv[1] ? atoi(argv[1]) : 0);
}

static int do_help(char **argv)
{
	struct dirent *d;
	DIR *bin = opendir("/bin");

	(void)argv;
	fputs(text, stdout);
	while (bin && (d = readdir(bin))) {
		if (d->d_name[0] != '.')
			printf(" %s", d->d_name);
	}
	if (bin)
		closedir(bin);
	putchar('\n');
	return 0;
}

/*
 * The command called @name, or NULL.
 */
builtin_fn *builtin_find(const char *name)
{
	static const struct {
		const char *name;
		builtin_fn *fn;
	} all[] = {
		{ "cd", do_cd },       { "exit", do_exit }, { "help", do_help },
		{ "export", do_export }, { "pwd", do_pwd },
		{ "shift", do_shift }, { "wait", do_wait },
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		if (strcmp(name, all[i].name) == 0)
			return all[i].fn;
	}
	return NULL;
}
