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

static void open_for_writing(void)
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

static void running_a_file_that_is_being_written(void)
{
	int fd = open(scratch("prog"), O_RDWR | O_CREAT | O_TRUNC, 0755);

	CHECK(fd >= 0);
	write_all(fd, "\177ELF", 4);
	CHECK_FAILS(execl(scratch("prog"), "prog", (char *)NULL), ETXTBSY);
}

int main(int argc, char **argv)
{
	(void)argc;
	arguments = argv;
	RUN(open_for_writing);
	RUN(truncating);
	RUN(running_a_file_that_is_being_written);
	return test_end();
}
