/*
 * t-shared: MAP_SHARED.  Memory and file are the same pages: what one does the
 * other sees, and msync makes it last.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

enum { RW = PROT_READ | PROT_WRITE, PAGES = 8 };

static volatile char *target;

static void read_it(void)
{
	*target;
}

static void write_it(void)
{
	*target = 'w';
}

/* ---- files ------------------------------------------------------------ */

static void read_sees_memory(void)
{
	int fd = pattern_file("f", PAGES * PAGE, 1);
	char *p = map_shared(fd, PAGES * PAGE), c;

	CHECK(pattern_ok(p, PAGES * PAGE, 1, 0));
	p[3 * PAGE + 5] = 'm';
	CHECK_EQ(pread(fd, &c, 1, 3 * PAGE + 5), 1);
	CHECK_EQ(c, 'm');
	p[0] = 'n';                     /* never read before */
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK_EQ(c, 'n');
}

static void memory_sees_write(void)
{
	int fd = pattern_file("f", PAGES * PAGE, 1);
	char *p = map_shared(fd, PAGES * PAGE);
	char *q = map_shared(fd, PAGES * PAGE);

	CHECK(pattern_ok(p, PAGES * PAGE, 1, 0));
	CHECK_EQ(pwrite(fd, "wr", 2, PAGE - 1), 2);
	CHECK_EQ(memcmp(p + PAGE - 1, "wr", 2), 0);
	q[7] = 'q';
	CHECK_EQ(p[7], 'q');
}

static void lasts_after_msync(void)
{
	int fd = pattern_file("f", PAGES * PAGE, 1);
	char *p = map_shared(fd, PAGES * PAGE);

	pattern_fill(p, PAGES * PAGE, 2, 0);
	CHECK_EQ(msync(p, PAGES * PAGE, MS_SYNC), 0);
	CHECK_EQ(munmap(p, PAGES * PAGE), 0);
	go_cold(fd);                    /* what comes back is the disk's */
	CHECK(file_ok(fd, PAGES * PAGE, 2));
}

/* A page that was cleaned is dirtied again by the next write through memory. */
static void again_and_again(void)
{
	int fd = pattern_file("f", PAGES * PAGE, 1);
	char *p = map_shared(fd, PAGES * PAGE);

	for (int i = 2; i < 6; i++) {
		pattern_fill(p, PAGES * PAGE, i, 0);
		CHECK_EQ(i & 1 ? fsync(fd)
			       : msync(p, PAGES * PAGE, MS_SYNC), 0);
	}
	CHECK_EQ(munmap(p, PAGES * PAGE), 0);
	CHECK_EQ(drop_cached_pages(fd), PAGES);
	CHECK(file_ok(fd, PAGES * PAGE, 5));
}

static void written_without_msync_too(void)
{
	int fd = pattern_file("f", PAGES * PAGE, 1);
	char *p = map_shared(fd, PAGES * PAGE);

	pattern_fill(p, PAGES * PAGE, 3, 0);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(munmap(p, PAGES * PAGE), 0);
	fd = open("/tmp/f", O_RDONLY);
	go_cold(fd);
	CHECK(file_ok(fd, PAGES * PAGE, 3));
}

static void holes_get_places(void)
{
	int fd = sparse_file("f", PAGES * PAGE);
	char *p = map_shared(fd, PAGES * PAGE);
	struct stat st;

	CHECK(zeros_ok(p, PAGES * PAGE));
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_blocks, 0);
	pattern_fill(p + 2 * PAGE, PAGE, 1, 2);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_blocks, PAGE / 512);
	CHECK_EQ(munmap(p, PAGES * PAGE), 0);
	go_cold(fd);
	p = map_shared(fd, PAGES * PAGE);
	CHECK(zeros_ok(p, 2 * PAGE));
	CHECK(pattern_ok(p + 2 * PAGE, PAGE, 1, 2));
}

static void truncate_takes_pages_away(void)
{
	int fd = pattern_file("f", PAGES * PAGE, 1);
	char *p = map_shared(fd, PAGES * PAGE);

	pattern_fill(p, PAGES * PAGE, 2, 0);
	CHECK_EQ(ftruncate(fd, 2 * PAGE + 100), 0);
	CHECK(pattern_ok(p, 2 * PAGE + 100, 2, 0));
	CHECK(zeros_ok(p + 2 * PAGE + 100, PAGE - 100));
	target = p + 3 * PAGE;
	CHECK_KILLED(in_child(read_it), SIGBUS);
	CHECK_KILLED(in_child(write_it), SIGBUS);
	CHECK_EQ(ftruncate(fd, PAGES * PAGE), 0);
	CHECK(zeros_ok(p + 2 * PAGE + 100, 6 * PAGE - 100));
	CHECK_EQ(in_child(write_it), 0);
	CHECK_EQ(p[3 * PAGE], 'w');
}

/* Bytes behind the end, in the last page, are nobody's. */
static void past_the_end(void)
{
	int fd = pattern_file("f", 100, 1);
	char *p = map_shared(fd, 2 * PAGE);

	p[200] = 'x';
	CHECK_EQ(file_size(fd), 100);
	CHECK_EQ(ftruncate(fd, 300), 0);
	CHECK(zeros_ok(p + 100, 200));
	target = p + PAGE;
	CHECK_KILLED(in_child(read_it), SIGBUS);
}

/* mwrite puts other frames under the names: both see them. */
/*
 * What a mapping leaves behind the end, in the last page, is not the file's:
 * it does not reach the disk, and so is not there when the file grows.
 */
static void behind_the_end_is_nobodys(void)
{
	int fd = pattern_file("f", PAGE + 100, 1);
	char *p = map_shared(fd, 2 * PAGE);
	static char page[PAGE];

	memset(p + PAGE + 100, 'x', PAGE - 100);
	CHECK_EQ(munmap(p, 2 * PAGE), 0);
	go_cold(fd);
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	CHECK_EQ(pread(fd, page, PAGE, PAGE), PAGE);
	CHECK(pattern_ok(page, 100, 1, 1));
	CHECK(zeros_ok(page + 100, PAGE - 100));
}

/* But what is added by write(2) to that page, is. */
static void but_what_is_written_there_is_the_files(void)
{
	int fd = pattern_file("f", PAGE + 100, 1);
	char *p = map_shared(fd, 2 * PAGE);
	static char page[PAGE];

	memset(p + PAGE + 100, 'x', PAGE - 100);
	memset(page, 'w', 50);
	CHECK_EQ(pwrite(fd, page, 50, PAGE + 200), 50);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(munmap(p, 2 * PAGE), 0);
	go_cold(fd);
	CHECK_EQ(pread(fd, page, PAGE, PAGE), 250);
	CHECK(pattern_ok(page, 100, 1, 1));
	CHECK(zeros_ok(page + 100, 100));
	CHECK_EQ(page[200], 'w');
	CHECK_EQ(page[249], 'w');
}

static void sees_mwrite(void)
{
	int fd = pattern_file("f", PAGES * PAGE, 1);
	char *p = map_shared(fd, PAGES * PAGE);
	char *q = map_anonymous(2 * PAGE);

	CHECK(pattern_ok(p, PAGES * PAGE, 1, 0));
	pattern_fill(q, 2 * PAGE, 9, 0);
	CHECK_EQ(lseek(fd, 4 * PAGE, SEEK_SET), 4 * PAGE);
	CHECK_EQ(mwrite(fd, q, 2 * PAGE), 2 * PAGE);
	CHECK(pattern_ok(p + 4 * PAGE, 2 * PAGE, 9, 0));
	p[4 * PAGE] = 'x';
	CHECK_EQ(munmap(p, PAGES * PAGE), 0);
	go_cold(fd);
	p = map_shared(fd, PAGES * PAGE);
	CHECK_EQ(p[4 * PAGE], 'x');
	CHECK(pattern_ok(p + 5 * PAGE, PAGE, 9, 1));
	CHECK(pattern_ok(p, 4 * PAGE, 1, 0));
}

/* A shared page is not ours to give: a copy goes. */
static void mwrite_copies_from_it(void)
{
	int fd = pattern_file("f", 2 * PAGE, 1), to = scratch_file("g");
	char *p = map_shared(fd, 2 * PAGE);

	p[0] = p[0];
	CHECK_EQ(mwrite(to, p, 2 * PAGE), 2 * PAGE);
	CHECK(file_ok(to, 2 * PAGE, 1));
	CHECK(file_ok(fd, 2 * PAGE, 1));
	p[1] = 'x';
	CHECK(file_ok(to, 2 * PAGE, 1));
}

static void time_of_change(void)
{
	const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	int fd = pattern_file("f", PAGE, 1);
	char *p = map_shared(fd, PAGE);
	struct stat st;

	CHECK_EQ(futimens(fd, old), 0);
	p[0] = 'x';
	CHECK_EQ(msync(p, PAGE, MS_SYNC), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(st.st_mtime > 1);
}

static void without_a_place(void)
{
	int fd = pattern_file("f", PAGE, 1);

	CHECK_EQ(close(fd), 0);
	fd = open("/tmp/f", O_RDONLY);
	CHECK_FAILS((long)mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EACCES);
	target = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(target != MAP_FAILED);
	CHECK_KILLED(in_child(write_it), SIGSEGV);
	CHECK_FAILS(mprotect((void *)target, PAGE, RW), EACCES);
}

/* ---- memory without a file -------------------------------------------- */

static char *shared_memory(size_t bytes)
{
	char *p = mmap(NULL, bytes, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void child_writes_parent_reads(void)
{
	char *p = shared_memory(PAGES * PAGE);

	CHECK(zeros_ok(p, 2 * PAGE));
	p[PAGE] = 'p';
	target = p + 3 * PAGE;
	CHECK_EXIT(in_child(write_it), 0);
	CHECK_EQ(p[3 * PAGE], 'w');
	target = p;                     /* mapped for reading only so far */
	CHECK_EXIT(in_child(write_it), 0);
	CHECK_EQ(p[0], 'w');
	CHECK_EQ(p[PAGE], 'p');
}

static void grandchildren_too(void)
{
	target = shared_memory(PAGE);
	if (fork() == 0) {
		in_child(write_it);
		_exit(0);
	}
	CHECK_EQ(waitpid(-1, NULL, 0) > 0, 1);
	CHECK_EQ(*target, 'w');
}

static void memory_comes_back(void)
{
	uint64_t frames = memory_now("frames_free");
	char *p = shared_memory(100 * PAGE);

	memset(p, 'x', 100 * PAGE);
	CHECK(memory_now("frames_free") + 90 < frames);
	CHECK_EQ(munmap(p + PAGE, PAGE), 0);    /* in two pieces now */
	CHECK_EQ(p[2 * PAGE], 'x');
	CHECK_EQ(munmap(p, 100 * PAGE), 0);
	memory_settles("frames_free", frames);
}

static void mwrite_copies_memory(void)
{
	char *p = shared_memory(4 * PAGE);
	int fd = scratch_file("f");

	pattern_fill(p, 2 * PAGE, 1, 0);
	CHECK_EQ(mwrite(fd, p, 2 * PAGE), 2 * PAGE);
	CHECK(pattern_ok(p, 2 * PAGE, 1, 0));
	p[0]++;
	CHECK(file_ok(fd, 2 * PAGE, 1));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(mwrite(fd, p + 2 * PAGE, 2 * PAGE), 2 * PAGE);
	CHECK(zeros_ok(p + 2 * PAGE, 2 * PAGE));
}

/* ---- msync itself ------------------------------------------------------ */

static void refused(void)
{
	int fd = pattern_file("f", 2 * PAGE, 1);
	char *p = map_shared(fd, 2 * PAGE);
	char *q = shared_memory(2 * PAGE);

	CHECK_EQ(msync(p, 2 * PAGE, MS_ASYNC), 0);
	CHECK_EQ(msync(p, 2 * PAGE, MS_SYNC | MS_INVALIDATE), 0);
	CHECK_EQ(msync(q, 2 * PAGE, MS_SYNC), 0);
	CHECK_EQ(msync(map_anonymous(PAGE), PAGE, MS_SYNC), 0);
	CHECK_EQ(msync(p, 0, MS_SYNC), 0);
	CHECK_FAILS(msync(p + 1, PAGE, MS_SYNC), EINVAL);
	CHECK_FAILS(msync(p, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK_FAILS(msync(p, PAGE, 64), EINVAL);
	CHECK_EQ(munmap(p, PAGE), 0);
	CHECK_FAILS(msync(p, 2 * PAGE, MS_SYNC), ENOMEM);
	CHECK_FAILS(msync((void *)0xc0000000, PAGE, MS_SYNC), ENOMEM);
}

int main(void)
{
	RUN(read_sees_memory);
	RUN(memory_sees_write);
	RUN(lasts_after_msync);
	RUN(again_and_again);
	RUN(written_without_msync_too);
	RUN(holes_get_places);
	RUN(truncate_takes_pages_away);
	RUN(past_the_end);
	RUN(behind_the_end_is_nobodys);
	RUN(but_what_is_written_there_is_the_files);
	RUN(sees_mwrite);
	RUN(mwrite_copies_from_it);
	RUN(time_of_change);
	RUN(without_a_place);
	RUN(child_writes_parent_reads);
	RUN(grandchildren_too);
	RUN(memory_comes_back);
	RUN(mwrite_copies_memory);
	RUN(refused);
	return test_end();
}
