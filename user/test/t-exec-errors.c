/*
 * t-exec-errors: an execve() that fails says why and leaves the caller as it
 * was.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char *none[] = { NULL };
static char *self;

static const char *make_file(const char *name, int mode, const void *p,
			     size_t n)
{
	int fd = open(scratch(name), O_WRONLY | O_CREAT | O_TRUNC, mode);

	CHECK(fd >= 0);
	write_all(fd, p, n);
	close(fd);
	return scratch(name);
}

static void no_such_file(void)
{
	CHECK_FAILS(execve("/no/such/file", none, none), ENOENT);
	CHECK_FAILS(execve("", none, none), ENOENT);
}

static void not_a_directory(void)
{
	const char *file = make_file("f", 0755, "x", 1);
	char path[100];

	strcpy(path, file);
	strcat(path, "/x");
	CHECK_FAILS(execve(path, none, none), ENOTDIR);
}

static void name_too_long(void)
{
	static char path[5000];

	memset(path, 'x', 300);
	path[0] = '/';
	CHECK_FAILS(execve(path, none, none), ENAMETOOLONG);
	memset(path, '/', sizeof path - 1);
	CHECK_FAILS(execve(path, none, none), ENAMETOOLONG);
}

static void not_executable(void)
{
	CHECK_FAILS(execve(make_file("f", 0644, "\177ELF", 4), none, none),
		    EACCES);
	CHECK_FAILS(execve("/", none, none), EACCES);
	CHECK_FAILS(execve("/dev/null", none, none), EACCES);
}

static void not_a_program(void)
{
	CHECK_FAILS(execve(make_file("f", 0755, "hello\n", 6), none, none),
		    ENOEXEC);
	CHECK_FAILS(execve(make_file("f", 0755, "", 0), none, none), ENOEXEC);
	CHECK_FAILS(execve(make_file("f", 0755, "\177ELF", 4), none, none),
		    ENOEXEC);
}

/* Our own header with one field spoilt, followed by nothing. */
static void check_spoilt(size_t offset, unsigned char value)
{
	unsigned char header[PAGE];
	int fd = open(self, O_RDONLY);

	CHECK_EQ(read(fd, header, sizeof header), sizeof header);
	close(fd);
	header[offset] = value;
	CHECK_FAILS(execve(make_file("f", 0755, header, sizeof header), none,
			   none), ENOEXEC);
}

static void another_machine(void)
{
	check_spoilt(EI_MAG1, 'x');
	check_spoilt(offsetof(Elf32_Ehdr, e_machine), EM_PPC);
	check_spoilt(offsetof(Elf32_Ehdr, e_type), ET_REL);
}

static void too_many_arguments(void)
{
	size_t size = 4 << 20;
	char *big = map_anonymous(size);
	char *argv[] = { "x", big, NULL };

	memset(big, 'x', size - 1);
	CHECK_FAILS(execve(self, argv, none), E2BIG);
}

static void bad_pointers(void)
{
	char *wild[] = { (char *)0x10, NULL };
	char **volatile nowhere = (char **)0x10;

	CHECK_FAILS(execve(NULL, none, none), EFAULT);
	CHECK_FAILS(execve((char *)0xfffff000, none, none), EFAULT);
	CHECK_FAILS(execve(self, wild, none), EFAULT);
	CHECK_FAILS(execve(self, nowhere, none), EFAULT);
	CHECK_FAILS(execve(self, none, wild), EFAULT);
}

int main(int argc, char **argv)
{
	if (argc != 1)
		return 55;		/* a call above has succeeded */
	self = argv[0];
	RUN(no_such_file);
	RUN(not_a_directory);
	RUN(name_too_long);
	RUN(not_executable);
	RUN(not_a_program);
	RUN(another_machine);
	RUN(too_many_arguments);
	RUN(bad_pointers);
	return test_end();
}
