/*
 * walk.c: what docs/walk.md looks at with the debugger, one thing at a time,
 * each at an address of its own.
 *
 *	0x50000000  memory of nobody's file     0x55000000  no access
 *	0x51000000  the same, shared            0x56000000  read-only
 *	0x52000000  a file, private             0x57000000  /data/big, private
 *	0x53000000  the same file, shared       0x58000000  /data/big, uncached
 *
 * Floor: user space.  Read next: docs/walk.md, tests/test_walk.py
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <magpie.h>

#include "help.h"

static const char help[] =
	"usage: walk\n"
	"Take a walk through memory: page faults of every kind, a steal, a\n"
	"move.  For docs/walk.md, which looks at each with the debugger.\n";

enum { PAGE = MAGPIE_PAGE, FILE_PAGES = 8, BIG_SIZE = 2 * MAGPIE_TABLE_SPAN };

enum { RW = PROT_READ | PROT_WRITE };

/* Pages of volatile bytes: each access below is one access to memory. */
typedef volatile char (*pages)[PAGE];

static pages zeros, shared, file_private, file_shared, closed, readonly;
static pages big_private, big;
static int data;

static pages map(unsigned long at, size_t size, int prot, int flags, int fd)
{
	void *p = mmap((void *)at, size, prot, flags | MAP_FIXED, fd, 0);

	if (p == MAP_FAILED)
		err(1, "mmap at %#lx", at);
	return p;
}

static int open_file(const char *path, int flags)
{
	int fd = open(path, flags, 0666);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void map_all(void)
{
	int fd = open_file("/tmp/walk", O_RDWR | O_CREAT | O_TRUNC);
	const int nobody = MAP_PRIVATE | MAP_ANONYMOUS;

	data = open_file("/data/big", O_RDONLY);
	if (ftruncate(fd, FILE_PAGES * PAGE) < 0)
		err(1, "/tmp/walk");
	zeros = map(0x50000000, 4 * PAGE, RW, nobody, -1);
	shared = map(0x51000000, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
	file_private = map(0x52000000, 16 * PAGE, RW, MAP_PRIVATE, fd);
	file_shared = map(0x53000000, FILE_PAGES * PAGE, RW, MAP_SHARED, fd);
	closed = map(0x55000000, PAGE, PROT_NONE, nobody, -1);
	readonly = map(0x56000000, PAGE, PROT_READ, nobody, -1);
	big_private = map(0x57000000, BIG_SIZE, RW, MAP_PRIVATE, data);
	big = map(0x58000000, BIG_SIZE, RW, MAP_PRIVATE | MAP_UNCACHED, data);
	close(fd);
}

static void demand_zero(void)
{
	(void)zeros[0][0];
	zeros[1][0] = 'a';
	zeros[0][0] = 'b';
	shared[0][0] = 'c';
}

/* A child that writes to what is ours too, and then waits for us to end. */
static void copy_on_write(void)
{
	int ready[2], end[2];
	char byte;

	if (pipe(ready) < 0 || pipe(end) < 0)
		err(1, "pipe");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		close(end[1]);
		zeros[1][0] = 'd';
		(void)shared[0][0];
		(void)!write(ready[1], "", 1);
		(void)!read(end[0], &byte, 1);
		_exit(0);
	}
	if (read(ready[0], &byte, 1) != 1)
		errx(1, "the child is gone");
	zeros[1][0] = 'e';
}

static void files(void)
{
	(void)file_private[0][0];
	file_private[0][0] = 'f';
	file_private[1][0] = 'g';
	(void)file_shared[2][0];
	file_shared[2][0] = 'h';
	file_shared[3][0] = 'i';
}

static void steal(void)
{
	if (readahead(data, 0, 16 * PAGE) < 0)
		err(1, "readahead");
	(void)big[3][0];
	big[4][0] = 'j';
	(void)big_private[5][0];
	(void)big[5][0];
	(void)big_private[6][0];
	big[6][0] = 'k';
}

/* Touch @byte in a child, which does not survive it. */
static void forbidden(volatile char *byte, int write)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		if (write)
			*byte = 'l';
		else
			(void)*byte;
		_exit(0);
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFSIGNALED(status))
		errx(1, "%p can be touched", (void *)byte);
}

static void move(void)
{
	int fd = open_file("/tmp/moved", O_RDWR | O_CREAT | O_TRUNC);
	int moved = mwrite(fd, (void *)big, BIG_SIZE);

	if (moved != BIG_SIZE || fdatasync_area(fd, 0, 0) < 0)
		err(1, "mwrite");
	printf("moved %d pages\n", moved / PAGE);
}

int main(int argc, char **argv)
{
	help_check(argc, argv, help);
	if (argc > 1)
		help_usage(help);
	map_all();
	demand_zero();
	copy_on_write();
	files();
	steal();
	forbidden(closed[0], 0);
	forbidden(readonly[0], 1);
	forbidden(file_private[FILE_PAGES], 0);
	forbidden((volatile char *)0x60000000, 0);
	move();
	return 0;
}
