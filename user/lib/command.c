/*
 * command.c: see command.h.
 *
 * Floor: user space.
 */
#include "command.h"

#include <err.h>
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Be the command from here on.  If that fails: a message, and the status that
 * shells give, 127 when there is no such command, else 126 [POSIX 2.8.2].
 */
_Noreturn void command_become(char **argv)
{
	int status;

	execvp(argv[0], argv);
	status = errno == ENOENT ? 127 : 126;
	warn("%s", argv[0]);
	_exit(status);
}

/*
 * Start the command as a child, or leave with status 126 after a message.
 */
pid_t command_start(char **argv)
{
	pid_t pid = fork();

	if (pid < 0)
		err(126, "fork");
	if (pid == 0)
		command_become(argv);
	return pid;
}

/*
 * What wait4(2) says, as a shell has it; a signal n gives 128 + n.
 */
int command_status(int how)
{
	return WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
}
