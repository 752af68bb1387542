/*
 * other.c: another process that shares the memory, and one that wants it all.
 *
 * Floor: user space.
 */
#include "model.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	SMALL = 6000,		/* frames: of a machine with 24 MiB and less */
	PLENTY = 64 << 20,
};

static pid_t child;
static int release;

/* Its own pages are the child's to the end, whatever the parent did since. */
static void check_own(struct map *m, unsigned k)
{
	char *p = m->at + k * PAGE;
	const unsigned char *from = draw_bytes(PAGE);

	MUST(bytes_equal(p, map_page(m, k), PAGE));
	if (draw(2)) {
		memcpy(p, from, PAGE);
		MUST(bytes_equal(p, from, PAGE));
		map_own(m, k, from);
	}
}

/* And they go into a file as its own. */
static void move_own(struct map *m, unsigned k, int fd)
{
	static unsigned char got[PAGE];

	MUST(lseek(fd, 0, SEEK_SET) == 0);
	MUST(mwrite(fd, m->at + k * PAGE, PAGE) == PAGE);
	MUST(pread(fd, got, PAGE, 0) == PAGE);
	MUST(bytes_equal(got, m->bytes + k * PAGE, PAGE));
}

static void live(int wait)
{
	int fd = open(scratch("model-child"), O_RDWR | O_CREAT, 0600);
	char c;

	MUST(fd >= 0);
	if (read(wait, &c, 1) != 1)
		_exit(0);		/* the parent has failed, and says so */
	for (struct map *m = maps; m < maps + MAPS; m++) {
		for (unsigned k = 0; m->at && k < m->pages; k++) {
			if (!m->own[k])
				continue;
			check_own(m, k);
			if (draw(2))
				move_own(m, k, fd);
		}
	}
}

/*
 * A child, which does nothing until it is told to look at its memory.
 */
void op_fork(void)
{
	int ends[2];

	if (child)
		return;
	note("fork", 0, 0, 0, 0);
	MUST(pipe(ends) == 0);
	scratch("model-child");
	child = fork();
	MUST(child >= 0);
	if (child == 0) {
		close(ends[1]);
		live(ends[0]);
		_exit(0);
	}
	close(ends[0]);
	release = ends[1];
}

void op_join(void)
{
	int status;

	if (!child)
		return;
	note("join", 0, 0, 0, 0);
	MUST(write(release, "x", 1) == 1);
	close(release);
	MUST(waitpid(child, &status, 0) == child);
	MUST(status == 0);
	child = 0;
}

/*
 * On a machine with little memory: more than there is, for a moment, so that
 * cached pages are reclaimed, dirty ones after they were written.
 */
void op_pressure(void)
{
	pid_t pid;
	int status;

	if (memory_now("frames_free") > SMALL)
		return;
	note("pressure", 0, 0, 0, 0);
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0) {
		char *p = map_anonymous(PLENTY);

		for (size_t i = 0; i < PLENTY; i += PAGE)
			p[i] = 1;
		_exit(0);
	}
	MUST(waitpid(pid, &status, 0) == pid);
	MUST(status == 0 || test_status(status) == 128 + 9);
}

/*
 * Nobody is left behind.
 */
void other_end(void)
{
	op_join();
}
