/*
 * t-d13: a program that runs cannot be opened for writing, and so cannot be
 * the destination of a copy; a file open for writing cannot be run.
 * (decision 13; W23)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

static char **arguments;

static void w23_open_for_writing(void)
{
	CHECK_FAILS(open(arguments[0], O_WRONLY), ETXTBSY);
	CHECK_FAILS(open(arguments[0], O_RDWR), ETXTBSY);
	CHECK_FAILS(open(arguments[0], O_WRONLY | O_TRUNC), ETXTBSY);
	CHECK(open(arguments[0], O_RDONLY) >= 0);
}

static void truncating(void)
{
	CHECK_FAILS(truncate(arguments[0], 0), ETXTBSY);
}

static void w23_running_what_is_being_written(void)
{
	int fd = open(scratch("prog"), O_RDWR | O_CREAT | O_TRUNC, 0755);

	CHECK(fd >= 0);
	write_all(fd, "\177ELF", 4);
	CHECK_FAILS(execl(scratch("prog"), "prog", (char *)NULL), ETXTBSY);
}

/* The descriptor that one can have is good for reading only. */
static void w23_mwrite_into_what_runs(void)
{
	int fd = open(arguments[0], O_RDONLY), dst = scratch_file("dst");
	char *p = map_anonymous(PAGE);
	long was;

	CHECK(fd >= 0);
	*p = 'x';
	was = page_of_address(p);
	CHECK_FAILS(mwrite(fd, p, PAGE), EBADF);
	CHECK_EQ(page_of_address(p), was);
	CHECK_EQ(*p, 'x');
	CHECK_EQ(mwrite(dst, p, PAGE), PAGE);
}

int main(int argc, char **argv)
{
	(void)argc;
	arguments = argv;
	RUN(w23_open_for_writing);
	RUN(truncating);
	RUN(w23_running_what_is_being_written);
	RUN(w23_mwrite_into_what_runs);
	return test_end();
}
