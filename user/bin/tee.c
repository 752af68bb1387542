/*
 * tee.c: standard input to standard output and into files.
 *
 * Floor: user space.
 */
#include <err.h>
#include <fcntl.h>
#include <unistd.h>

#include "help.h"
#include "whole.h"

static const char help[] =
	"usage: tee [-a] [FILE...]\n"
	"Copy standard input to standard output and to each FILE; -a adds to\n"
	"what is in them.\n";

enum { FILES_MAX = 16 };

static struct {
	int fd;
	const char *name;
} out[FILES_MAX];

static int outs, failed;

static void add(int fd, const char *name)
{
	if (fd < 0) {
		warn("%s", name);
		failed = 1;
	} else if (outs == FILES_MAX) {
		errx(1, "too many files");
	} else {
		out[outs].fd = fd;
		out[outs++].name = name;
	}
}

int main(int argc, char **argv)
{
	static char buffer[4096];
	int how = help_options(&argc, &argv, "a", help) ? O_APPEND : O_TRUNC;
	ssize_t n;

	add(STDOUT_FILENO, "standard output");
	for (int i = 0; i < argc; i++)
		add(open(argv[i], O_WRONLY | O_CREAT | how, 0666), argv[i]);
	while ((n = read(STDIN_FILENO, buffer, sizeof buffer)) > 0) {
		for (int k = 0; k < outs; k++) {
			if (write_whole(out[k].fd, buffer, n) < 0) {
				warn("%s", out[k].name);
				failed = 1;
			}
		}
	}
	if (n < 0)
		err(1, "standard input");
	return failed;
}
