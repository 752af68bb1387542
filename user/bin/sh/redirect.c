/*
 * redirect.c: < > >> and >&.
 *
 * Floor: user space.  For a program this happens in the child and stays; for a
 * command of the shell itself it is undone afterwards.
 *
 * Read next: run.c.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sh.h"

enum {
	SAVED_FROM = 20,		/* copies of ours are above these */
	NOT_TOUCHED = -2,
	WAS_CLOSED = -1,
};

static int open_target(const struct redirection *r, const char *target)
{
	if (r->flags >= 0)
		return open(target, r->flags | O_CLOEXEC, 0666);
	return fcntl(atoi(target), F_DUPFD_CLOEXEC, SAVED_FROM);
}

static int redirect_one(const struct redirection *r)
{
	char *target = expand_one(r->target);
	int file = open_target(r, target);

	if (file < 0 || (file != r->fd && dup2(file, r->fd) < 0))
		warn("%s", target);
	else if (file == r->fd)
		fcntl(file, F_SETFD, 0);
	if (file >= 0 && file != r->fd)
		close(file);
	free(target);
	return file < 0 ? -1 : 0;
}

/*
 * Do what @r and those behind it say; what was there before is kept in @old,
 * if that is not NULL, for redirect_back().
 * Returns: 0, or -1 after a message.
 */
int redirect(const struct redirection *r, struct saved *old)
{
	for (int fd = 0; old && fd < 10; fd++)
		old->fd[fd] = NOT_TOUCHED;
	if (old)
		fflush(stdout);
	for (; r; r = r->next) {
		if (old && old->fd[r->fd] == NOT_TOUCHED)
			old->fd[r->fd] = fcntl(r->fd, F_DUPFD_CLOEXEC,
					       SAVED_FROM);
		if (redirect_one(r) < 0)
			return -1;
	}
	return 0;
}

/*
 * As it was before.
 */
void redirect_back(struct saved *old)
{
	fflush(stdout);
	for (int fd = 0; fd < 10; fd++) {
		if (old->fd[fd] == WAS_CLOSED) {
			close(fd);
		} else if (old->fd[fd] >= 0) {
			dup2(old->fd[fd], fd);
			close(old->fd[fd]);
		}
	}
}
