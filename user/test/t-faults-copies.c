/*
 * t-faults-copies: mcp and cp, with the n-th read, write or allocation failing,
 * or the n-th request taking long, for every n.  They say so, with the reason, or the copy is right and on the
 * disk; the source is what it was; a second attempt succeeds; nothing leaks.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "test.h"

enum { BYTES = 15 * PAGE + 100 };	/* more than the direct blocks */

static const char *program;
static char said[256];
static int src, ends[2];
static uint64_t blocks, inodes;

static void prepare(void)
{
	unlink(scratch("dst"));
	memory_settles("fs_blocks_free", blocks);
	memory_settles("fs_inodes_free", inodes);
	CHECK(drop_cached_pages(src) >= 0);
	CHECK_EQ(pipe(ends), 0);
}

/*
 * cp leaves the writing to others: so that it is known what became of it, it
 * is synced here.  For mcp there is nothing left to do.
 */
static void sync_copy(void)
{
	int fd = open(scratch("dst"), O_RDWR);

	faults_told_if(fd < 0);
	if (strstr(program, "mcp"))
		CHECK_EQ(faults_unwritten(fd), 0);
	faults_told_if(fsync(fd) < 0);
}

/* The program's own failures go up by its words; those of exec by ours. */
static void run(void)
{
	pid_t pid;
	int status;

	dup2(ends[1], STDERR_FILENO);
	pid = fork();
	faults_told_if(pid < 0);
	if (pid == 0) {
		execl(program, program, scratch("src"), scratch("dst"),
		      (char *)NULL);
		faults_told_if(1);
	}
	faults_told_if(waitpid(pid, &status, 0) < 0);
	if (WIFSIGNALED(status))
		raise(WTERMSIG(status));
	if (WEXITSTATUS(status) == 0)
		sync_copy();
	else
		_exit(WEXITSTATUS(status) == 1 ? FAULTS_TOLD
					       : WEXITSTATUS(status));
}

static void hear(void)
{
	ssize_t n = 0, got;

	close(ends[1]);
	while ((got = read(ends[0], said + n, sizeof said - 1 - n)) > 0)
		n += got;
	close(ends[0]);
	said[n] = '\0';
}

static void check(int done)
{
	int dst = open(scratch("dst"), O_RDWR);

	hear();
	if (said[0])
		CHECK(strstr(said, faults_words()) != NULL);
	CHECK(file_ok(src, BYTES, 1));
	if (done) {
		CHECK_EQ(said[0], '\0');
		CHECK(dst >= 0);
		CHECK_EQ(faults_unwritten(dst), 0);
		faults_go_cold(dst);
		CHECK(file_ok(dst, BYTES, 1));
	}
	close(dst);
}

/* First undisturbed: the program itself is in memory then. */
static void copies_with(const char *path, const char *kind)
{
	const struct faults_work copy = { prepare, run, check };

	program = path;
	src = pattern_file("src", BYTES, 1);
	unlink(scratch("dst"));
	blocks = memory_now("fs_blocks_free");
	inodes = memory_now("fs_inodes_free");
	prepare();
	CHECK_EXIT(in_child(run), 0);
	check(1);
	faults_each(kind, &copy);
}

static void mcp_without_a_frame(void) { copies_with("/bin/mcp", "alloc"); }
static void mcp_without_small_memory(void) { copies_with("/bin/mcp", "small"); }
static void mcp_without_a_read(void) { copies_with("/bin/mcp", "read"); }
static void mcp_without_a_write(void) { copies_with("/bin/mcp", "write"); }
static void mcp_with_a_slow_disk(void) { copies_with("/bin/mcp", "slow"); }
static void cp_without_a_frame(void) { copies_with("/bin/cp", "alloc"); }
static void cp_without_small_memory(void) { copies_with("/bin/cp", "small"); }
static void cp_without_a_read(void) { copies_with("/bin/cp", "read"); }
static void cp_without_a_write(void) { copies_with("/bin/cp", "write"); }
static void cp_with_a_slow_disk(void) { copies_with("/bin/cp", "slow"); }

int main(void)
{
	RUN(mcp_without_a_frame);
	RUN(mcp_without_small_memory);
	RUN(mcp_without_a_read);
	RUN(mcp_without_a_write);
	RUN(mcp_with_a_slow_disk);
	RUN(cp_without_a_frame);
	RUN(cp_without_small_memory);
	RUN(cp_without_a_read);
	RUN(cp_without_a_write);
	RUN(cp_with_a_slow_disk);
	return test_end();
}
