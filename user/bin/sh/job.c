/*
 * job.c: processes of ours, those we wait for and those we do not.
 *
 * Floor: user space.  When a person types, each job is a process group of its
 * own and the one in the foreground has the terminal: control-C reaches it and
 * nobody else.  In a script all are one group, and end together.
 *
 * Read next: builtin.c.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "sh.h"

enum { BACKGROUND_MAX = 64 };

/* In the background, or ended and not asked for yet. */
static struct {
	pid_t pid;			/* 0: a free place */
	int ended, told;		/* and the person knows */
	int status;
} jobs[BACKGROUND_MAX];

/* ---- the foreground ---------------------------------------------------- */

/* Both parent and child do this: neither can know who comes first. */
static void join(struct job *j, pid_t pid, enum place where)
{
	if (!j->group)
		j->group = pid;
	setpgid(pid, j->group);
	if (where == FOREGROUND)
		tcsetpgrp(STDIN_FILENO, j->group);
}

/*
 * Fork, and make the child one of job @j.  Returns as fork(2) does.
 */
pid_t job_start(struct job *j, enum place where)
{
	pid_t pid = -1;

	fflush(stdout);
	if (j->n == PIPE_MAX)
		errno = E2BIG;
	else
		pid = fork();
	if (pid < 0) {
		warn("fork");
		return pid;
	}
	if (sh.interactive)
		join(j, pid ? pid : getpid(), where);
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		if (sh.interrupted)	/* while it was still ours */
			raise(SIGINT);
		sh.interactive = 0;
		return 0;
	}
	j->pid[j->n++] = pid;
	return pid;
}

static int wait_for(pid_t pid)
{
	int how;

	while (waitpid(pid, &how, 0) < 0) {
		if (errno != EINTR)
			return 1;
	}
	if (WIFSIGNALED(how) && WTERMSIG(how) == SIGINT)
		sh.interrupted = sh.interactive;
	else if (WIFSIGNALED(how) && WTERMSIG(how) != SIGPIPE)
		fprintf(stderr, "sh: ended by signal %d (%s)\n",
			WTERMSIG(how), strsignal(WTERMSIG(how)));
	return command_status(how);
}

/*
 * Wait for the whole job.  Returns: the status of its last process.
 */
int job_wait(const struct job *j)
{
	int status = 1;

	/* Control-C while the job was not yet in the foreground is for it. */
	if (sh.interrupted && j->group)
		kill(-j->group, SIGINT);
	for (int i = 0; i < j->n; i++)
		status = wait_for(j->pid[i]);
	if (sh.interactive)
		tcsetpgrp(STDIN_FILENO, getpgrp());
	return status;
}

/* ---- the background ---------------------------------------------------- */

static void note_end(pid_t pid, int how)
{
	for (int i = 0; i < BACKGROUND_MAX; i++) {
		if (jobs[i].pid == pid) {
			jobs[i].ended = 1;
			jobs[i].status = command_status(how);
		}
	}
}

static void take_ended(void)
{
	pid_t pid;
	int how;

	while ((pid = waitpid(-1, &how, WNOHANG)) > 0)
		note_end(pid, how);
}

/* A place for one more; of what nobody asked for, some has to be forgotten. */
static int free_place(void)
{
	int ended = 0;

	for (int i = 0; i < BACKGROUND_MAX; i++) {
		if (!jobs[i].pid)
			return i;
		if (jobs[i].ended)
			ended = i;
	}
	return ended;
}

/*
 * Do not wait for the job; its number is $!.
 */
void job_to_background(const struct job *j)
{
	int i;

	if (j->n == 0)
		return;
	take_ended();
	i = free_place();
	jobs[i].pid = sh.background = j->pid[j->n - 1];
	jobs[i].ended = jobs[i].told = 0;
	if (sh.interactive)
		fprintf(stderr, "[%d]\n", (int)sh.background);
}

/*
 * Before a prompt: tell what has ended since the last.
 */
void jobs_reap(void)
{
	take_ended();
	for (int i = 0; i < BACKGROUND_MAX; i++) {
		if (jobs[i].pid && jobs[i].ended && !jobs[i].told) {
			fprintf(stderr, "[%d] ended, status %d\n",
				(int)jobs[i].pid, jobs[i].status);
			jobs[i].told = 1;
		}
	}
}

static int wait_for_place(int i)
{
	int how;

	while (!jobs[i].ended && waitpid(jobs[i].pid, &how, 0) < 0) {
		if (errno == EINTR && sh.interrupted)
			return 128 + SIGINT;
		if (errno != EINTR)
			jobs[i].ended = 1;	/* not a child of ours */
	}
	if (!jobs[i].ended)
		jobs[i].status = command_status(how);
	jobs[i].pid = 0;
	return jobs[i].status;
}

/*
 * Wait for the background job @pid, or, if that is 0, for all.
 * Returns: its status, 127 if there is none of that number; 0 for all.
 */
int jobs_wait(pid_t pid)
{
	for (int i = 0; i < BACKGROUND_MAX; i++) {
		if (pid && jobs[i].pid == pid)
			return wait_for_place(i);
		if (!pid && jobs[i].pid)
			wait_for_place(i);
	}
	return pid ? 127 : 0;
}
