/*
 * t-exec: execve() gives a new program with exactly these arguments and this
 * environment; open files stay, but for those marked; ignored signals stay
 * ignored; nothing else of the old program is left.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

enum { KEPT = 20, MARKED = 21, LONG = 50000 };

static char *self;
static int counter = 1;

/* Run ourselves again in a child, as `self part ...`. */
static int again(char **argv, char **envp)
{
	pid_t child = fork();

	if (child == 0) {
		execve(self, argv, envp);
		_exit(77);
	}
	return child_wait(child);
}

static void arguments_arrive(void)
{
	char *argv[] = { "name", "arguments", "", "a b", "\xff", NULL };
	char *envp[] = { "A=1", "B=", NULL };

	CHECK_EXIT(again(argv, envp), 0);
}

static int part_arguments(int argc, char **argv, char **envp)
{
	return !(argc == 5 && strcmp(argv[0], "name") == 0
		 && strcmp(argv[2], "") == 0 && strcmp(argv[3], "a b") == 0
		 && strcmp(argv[4], "\xff") == 0 && argv[5] == NULL
		 && strcmp(envp[0], "A=1") == 0 && strcmp(envp[1], "B=") == 0
		 && envp[2] == NULL && strcmp(getenv("A"), "1") == 0);
}

static void long_arguments_arrive(void)
{
	static char text[LONG + 1];
	char *argv[] = { "name", "long", text, NULL };
	char *envp[] = { NULL };

	memset(text, 'x', LONG);
	CHECK_EXIT(again(argv, envp), 0);
}

static int part_long(int argc, char **argv)
{
	return !(argc == 3 && strlen(argv[2]) == LONG
		 && argv[2][0] == 'x' && argv[2][LONG - 1] == 'x');
}

static void open_files_stay(void)
{
	char *argv[] = { "name", "files", NULL };
	char *envp[] = { NULL };
	int fd = pattern_file("f", PAGE, 1);

	CHECK_EQ(dup2(fd, KEPT), KEPT);
	CHECK_EQ(dup2(fd, MARKED), MARKED);
	CHECK_EQ(fcntl(MARKED, F_SETFD, FD_CLOEXEC), 0);
	CHECK_EQ(lseek(fd, 10, SEEK_SET), 10);
	CHECK_EXIT(again(argv, envp), 0);
	CHECK_EQ(fcntl(MARKED, F_GETFD), FD_CLOEXEC);
}

static int part_files(void)
{
	return !(lseek(KEPT, 0, SEEK_CUR) == 10
		 && fcntl(MARKED, F_GETFD) == -1 && errno == EBADF);
}

static void ignored_signals_stay_ignored(void)
{
	char *argv[] = { "name", "signals", NULL };
	char *envp[] = { NULL };
	int status;

	signal(SIGTERM, SIG_IGN);
	status = again(argv, envp);
	signal(SIGTERM, SIG_DFL);
	CHECK_EXIT(status, 0);
}

static int part_signals(void)
{
	return raise(SIGTERM) != 0;
}

static void memory_is_new(void)
{
	char *argv[] = { "name", "memory", NULL };
	char *envp[] = { NULL };

	counter = 2;
	CHECK_EXIT(again(argv, envp), 0);
	counter = 1;
}

static int part_memory(void)
{
	return counter != 1;
}

static int part(int argc, char **argv, char **envp)
{
	if (strcmp(argv[1], "arguments") == 0)
		return part_arguments(argc, argv, envp);
	if (strcmp(argv[1], "long") == 0)
		return part_long(argc, argv);
	if (strcmp(argv[1], "files") == 0)
		return part_files();
	if (strcmp(argv[1], "signals") == 0)
		return part_signals();
	return part_memory();
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 1)
		return part(argc, argv, envp);
	self = argv[0];
	RUN(arguments_arrive);
	RUN(long_arguments_arrive);
	RUN(open_files_stay);
	RUN(ignored_signals_stay_ignored);
	RUN(memory_is_new);
	return test_end();
}
