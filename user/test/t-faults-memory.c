/*
 * t-faults-memory: files that are cut while they are mapped, and forks of a
 * process with every kind of mapping, with the n-th read, write or allocation
 * failing, or the n-th request taking long, for every n.  Who is told, is told
 * the reason; no byte is wrong; nothing leaks.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "test.h"

enum { PAGES = 20, LEFT = 14 * PAGE + 100, RW = PROT_READ | PROT_WRITE };

static int file;
static uint64_t blocks, anon;

static char *map_part(int flags, unsigned first, unsigned n)
{
	char *p = mmap(NULL, n * PAGE, RW, flags, file, first * PAGE);

	faults_told_if(p == MAP_FAILED);
	return p;
}

static void look(volatile char *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p[i * PAGE];
}

/* ---- cutting a mapped file ---- */

static void prepare(void)
{
	unlink(scratch("f"));
	memory_settles("fs_blocks_free", blocks);
	memory_settles("frames_anon", anon);
	file = pattern_file("f", PAGES * PAGE, 1);
	go_cold(file);
}

static void cut(void)
{
	char *shared = map_part(MAP_SHARED, 0, PAGES);
	char *private = map_part(MAP_PRIVATE, 8, 8);
	char *uncached = map_part(MAP_PRIVATE | MAP_UNCACHED, 12, 8);

	look(private, 8);
	look(uncached, 4);
	pattern_fill(shared + 2 * PAGE, PAGE, 2, 2);
	pattern_fill(shared + 17 * PAGE, PAGE, 2, 17);
	private[0] = 'p';
	faults_told_if(ftruncate(file, LEFT) < 0);
	faults_told_if(ftruncate(file, PAGES * PAGE) < 0);
	look(shared, PAGES);
	CHECK(zeros_ok(shared + LEFT, PAGES * PAGE - LEFT));
	pattern_fill(shared + 16 * PAGE, PAGE, 2, 16);
	faults_told_if(fsync(file) < 0);
	CHECK_EQ(private[0], 'p');
	CHECK(pattern_ok(uncached, 2 * PAGE, 1, 12));
	CHECK_EQ(faults_unwritten(file), 0);
}

/* Page by page: as it was, as it was written, or cut. */
static void check_cut(int done)
{
	static char page[PAGE];
	off_t size = file_size(file);

	CHECK(size == PAGES * PAGE || size == LEFT);
	CHECK(!done || size == PAGES * PAGE);
	faults_go_cold(file);
	for (unsigned i = 0; i * PAGE < size; i++) {
		unsigned seed = i == 2 || i == 16 || i == 17 ? 2 : 1;
		int old, cut_off;

		memset(page, 0, PAGE);
		CHECK(pread(file, page, PAGE, i * PAGE) > 0);
		old = pattern_ok(page, i == 14 ? 100 : PAGE, 1, i)
		      && (i != 14 || pattern_ok(page, PAGE, 1, i)
			  || zeros_ok(page + 100, PAGE - 100));
		cut_off = i > 14 && zeros_ok(page, PAGE);
		CHECK(old || cut_off || pattern_ok(page, PAGE, seed, i));
		if (done && i > 14)
			CHECK(cut_off == (i != 16));
	}
	close(file);
}

static void cuts_without(const char *kind)
{
	const struct faults_work w = { prepare, cut, check_cut };

	blocks = memory_now("fs_blocks_free");
	anon = memory_now("frames_anon");
	prepare();
	CHECK_EXIT(in_child(cut), 0);
	check_cut(1);
	anon = memory_now("frames_anon");
	faults_each(kind, &w);
}

static void cutting_without_a_frame(void) { cuts_without("alloc"); }
static void cutting_without_small_memory(void) { cuts_without("small"); }
static void cutting_without_a_read(void) { cuts_without("read"); }
static void cutting_without_a_write(void) { cuts_without("write"); }
static void cutting_with_a_slow_disk(void) { cuts_without("slow"); }

/* ---- fork ---- */

static char *own, *shared, *private, *uncached;

/* Own pages are changed, shared ones for both. */
static void grandchild(void)
{
	pattern_fill(own, 4 * PAGE, 6, 0);
	pattern_fill(private, 2 * PAGE, 6, 0);
	pattern_fill(uncached, 4 * PAGE, 6, 0);
	pattern_fill(shared + PAGE, PAGE, 7, 1);
	CHECK(pattern_ok(own, 4 * PAGE, 6, 0));
	CHECK(pattern_ok(own + 4 * PAGE, 4 * PAGE, 5, 4));
	faults_told_if(msync(shared, 4 * PAGE, MS_SYNC) < 0);
	_exit(0);
}

static void fork_once(void)
{
	int status;
	pid_t pid;

	own = mmap(NULL, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	faults_told_if(own == MAP_FAILED);
	pattern_fill(own, 8 * PAGE, 5, 0);
	shared = map_part(MAP_SHARED, 0, 4);
	private = map_part(MAP_PRIVATE, 4, 4);
	uncached = map_part(MAP_PRIVATE | MAP_UNCACHED, 8, 8);
	look(uncached, 2);
	private[PAGE] = private[PAGE];
	pid = fork();
	faults_told_if(pid < 0);
	if (pid == 0)
		grandchild();
	faults_told_if(waitpid(pid, &status, 0) < 0);
	CHECK(pattern_ok(own, 8 * PAGE, 5, 0));
	CHECK(pattern_ok(private, 4 * PAGE, 1, 4));
	CHECK(pattern_ok(uncached, 8 * PAGE, 1, 8));
	if (WIFSIGNALED(status))
		raise(WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		_exit(WEXITSTATUS(status));
	CHECK(pattern_ok(shared + PAGE, PAGE, 7, 1));
}

static void check_fork(int done)
{
	static char page[PAGE];

	CHECK_EQ(file_size(file), PAGES * PAGE);
	if (!done)
		fsync(file);		/* this descriptor has not heard yet */
	faults_go_cold(file);
	for (unsigned i = 0; i < PAGES; i++) {
		CHECK_EQ(pread(file, page, PAGE, i * PAGE), PAGE);
		if (i != 1)
			CHECK(pattern_ok(page, PAGE, 1, i));
		else if (done)
			CHECK(pattern_ok(page, PAGE, 7, 1));
	}
	close(file);
}

static void forks_without(const char *kind)
{
	const struct faults_work w = { prepare, fork_once, check_fork };

	blocks = memory_now("fs_blocks_free");
	anon = memory_now("frames_anon");
	prepare();
	CHECK_EXIT(in_child(fork_once), 0);
	check_fork(1);
	anon = memory_now("frames_anon");
	faults_each(kind, &w);
}

static void forking_without_a_frame(void) { forks_without("alloc"); }
static void forking_without_small_memory(void) { forks_without("small"); }
static void forking_without_a_read(void) { forks_without("read"); }
static void forking_without_a_write(void) { forks_without("write"); }
static void forking_with_a_slow_disk(void) { forks_without("slow"); }

int main(void)
{
	RUN(cutting_without_a_frame);
	RUN(cutting_without_small_memory);
	RUN(cutting_without_a_read);
	RUN(cutting_without_a_write);
	RUN(cutting_with_a_slow_disk);
	RUN(forking_without_a_frame);
	RUN(forking_without_small_memory);
	RUN(forking_without_a_read);
	RUN(forking_without_a_write);
	RUN(forking_with_a_slow_disk);
	return test_end();
}
