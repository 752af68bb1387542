/*
 * cmp.c: are two files equal, byte for byte?
 *
 * Floor: user space.  Status 0: equal.  1: different.  2: trouble.
 * Read next: user/bin/mcp.c, whose work it checks.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "help.h"

static const char help[] =
	"usage: cmp [-s] FILE1 FILE2\n"
	"Compare two files; - is standard input.\n"
	"Status 0: equal, 1: different, 2: trouble.\n"
	"  -s  say nothing\n";

enum { CHUNK = 32768 };

static char left[CHUNK], right[CHUNK];
static int silent;

static int open_or_die(const char *name)
{
	int fd = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY);

	if (fd < 0)
		err(2, "%s", name);
	return fd;
}

/* Read until the chunk is full or the file ends. */
static size_t fill(int fd, char *p, const char *name)
{
	size_t have = 0;

	while (have < CHUNK) {
		ssize_t got = read(fd, p + have, CHUNK - have);

		if (got < 0)
			err(2, "%s", name);
		if (got == 0)
			break;
		have += got;
	}
	return have;
}

static int differ(const char *a, const char *b, long long byte, long long line)
{
	if (!silent)
		printf("%s %s differ: byte %lld, line %lld\n", a, b, byte,
		       line);
	return 1;
}

static int ended(const char *name, long long bytes)
{
	if (!silent)
		warnx("EOF on %s after byte %lld", name, bytes);
	return 1;
}

/* Where do the chunks first differ?  Counts the lines before it. */
static size_t first_difference(size_t n, long long *line)
{
	size_t i = 0;

	for (; i < n && left[i] == right[i]; i++)
		*line += left[i] == '\n';
	return i;
}

static int compare(const char *a, const char *b)
{
	int fa = open_or_die(a), fb = open_or_die(b);
	long long before = 0, line = 1;

	for (;;) {
		size_t na = fill(fa, left, a), nb = fill(fb, right, b);
		size_t n = na < nb ? na : nb;
		size_t same = first_difference(n, &line);

		if (same < n)
			return differ(a, b, before + same + 1, line);
		if (na != nb)
			return ended(na < nb ? a : b, before + n);
		if (n < CHUNK)
			return 0;
		before += n;
	}
}

int main(int argc, char **argv)
{
	silent = help_options(&argc, &argv, "s", help);
	if (argc != 2)
		help_usage(help);
	return compare(argv[0], argv[1]);
}
