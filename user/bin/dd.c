/*
 * dd.c: copy blocks, as many as one wants and from where one wants.
 *
 * Floor: user space.  [POSIX dd]
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "help.h"
#include "whole.h"

static const char help[] =
	"usage: dd [if=FILE] [of=FILE] [bs=BYTES] [count=N] [skip=N] [seek=N]\n"
	"          [conv=notrunc,fsync]\n"
	"Copy N blocks of BYTES (512; k and M are known) from if to of, from\n"
	"block `skip` on, to block `seek` on.  Says on standard error how many\n"
	"whole and partial blocks came in and went out.\n";

static const char *in = "standard input", *out = "standard output";
static off_t size = 512, count = -1, skip, seek;
static int keep, sync_it;
static struct {
	unsigned long whole, partial;
} from, to;

static off_t number(const char *s)
{
	char *end;
	off_t n = strtoll(s, &end, 10);
	off_t unit = *end == 'k' ? 1024 : *end == 'M' ? 1024 * 1024 : 1;

	if (end == s || n < 0 || end[unit > 1] || n > (1LL << 42))
		help_usage(help);
	return n * unit;
}

static void set_conversion(char *list)
{
	for (char *s = strtok(list, ","); s; s = strtok(NULL, ",")) {
		if (strcmp(s, "notrunc") == 0)
			keep = 1;
		else if (strcmp(s, "fsync") == 0)
			sync_it = 1;
		else
			help_usage(help);
	}
}

static void set_operand(char *operand)
{
	char *value = strchr(operand, '=');

	if (!value)
		help_usage(help);
	*value++ = '\0';
	if (strcmp(operand, "if") == 0)
		in = value;
	else if (strcmp(operand, "of") == 0)
		out = value;
	else if (strcmp(operand, "bs") == 0)
		size = number(value);
	else if (strcmp(operand, "count") == 0)
		count = number(value);
	else if (strcmp(operand, "skip") == 0)
		skip = number(value);
	else if (strcmp(operand, "seek") == 0)
		seek = number(value);
	else if (strcmp(operand, "conv") == 0)
		set_conversion(value);
	else
		help_usage(help);
}

/* The named file as descriptor @fd, or what is there if none was named. */
static void open_as(int fd, const char *name, int flags, const char *standard)
{
	int file;

	if (name == standard)
		return;
	file = open(name, flags, 0666);
	if (file < 0 || dup2(file, fd) < 0)
		err(1, "%s", name);
	close(file);
}

/* Where seeking is not possible, read over what is to be skipped. */
static void skip_input(char *block)
{
	if (skip == 0 || lseek(STDIN_FILENO, skip * size, SEEK_CUR) >= 0)
		return;
	while (skip-- > 0 && read(STDIN_FILENO, block, size) > 0)
		continue;
}

static void put(const char *block, ssize_t n)
{
	if (write_whole(STDOUT_FILENO, block, n) < 0)
		err(1, "%s", out);
	to.whole += n == size;
	to.partial += n != size;
}

static void copy(char *block)
{
	for (; count != 0; count -= count > 0) {
		ssize_t n = read(STDIN_FILENO, block, size);

		if (n < 0)
			err(1, "%s", in);
		if (n == 0)
			return;
		from.whole += n == size;
		from.partial += n != size;
		put(block, n);
	}
}

static void position_output(void)
{
	off_t at = seek * size;

	if (!keep && ftruncate(STDOUT_FILENO, at) < 0)
		err(1, "%s", out);
	if (seek > 0 && lseek(STDOUT_FILENO, at, SEEK_SET) < 0)
		err(1, "%s", out);
}

int main(int argc, char **argv)
{
	const char *standard_in = in, *standard_out = out;
	char *block;

	help_check(argc, argv, help);
	for (int i = 1; i < argc; i++)
		set_operand(argv[i]);
	if (size <= 0 || size >= 1 << 30)
		errx(1, "bs=%lld: not from 1 to 1 GiB", (long long)size);
	block = malloc(size);
	if (!block)
		errx(1, "bs=%lld: no memory for that", (long long)size);
	open_as(STDIN_FILENO, in, O_RDONLY, standard_in);
	open_as(STDOUT_FILENO, out, O_WRONLY | O_CREAT, standard_out);
	if (out != standard_out)
		position_output();
	skip_input(block);
	copy(block);
	if (sync_it && fsync(STDOUT_FILENO) < 0)
		err(1, "%s", out);
	fprintf(stderr, "%lu+%lu blocks in\n%lu+%lu blocks out\n", from.whole,
		from.partial, to.whole, to.partial);
	return 0;
}
