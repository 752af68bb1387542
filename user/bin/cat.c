/*
 * cat.c: print files, one after the other.
 *
 * Floor: user space.  Read next: user/bin/cp.c.
 */
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "help.h"
#include "whole.h"

static const char help[] =
	"usage: cat [FILE...]\n"
	"Print each FILE (or -, or nothing: standard input).\n";

static char buffer[16384];

static int print(int fd, const char *name)
{
	ssize_t got;

	while ((got = read(fd, buffer, sizeof buffer)) > 0) {
		if (write_whole(STDOUT_FILENO, buffer, got) < 0)
			err(1, "standard output");
	}
	if (got < 0) {
		warn("%s", name);
		return 1;
	}
	return 0;
}

static int print_file(const char *name)
{
	int fd, failed;

	if (strcmp(name, "-") == 0)
		return print(STDIN_FILENO, "standard input");
	fd = open(name, O_RDONLY);
	if (fd < 0) {
		warn("%s", name);
		return 1;
	}
	failed = print(fd, name);
	close(fd);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	help_options(&argc, &argv, "", help);
	if (argc == 0)
		return print_file("-");
	for (int i = 0; i < argc; i++)
		failed |= print_file(argv[i]);
	return failed;
}
