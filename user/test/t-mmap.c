/*
 * t-mmap: anonymous memory and private file mappings: what they show, whom a
 * write reaches, where they may lie, and how they are taken apart.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

enum { RW = PROT_READ | PROT_WRITE };

static volatile char *target;

static void read_it(void)
{
	*target;
}

static void check_dead(char *p, int sig)
{
	target = p;
	CHECK_KILLED(in_child(read_it), sig);
}

static void anonymous_is_zero(void)
{
	char *p = map_anonymous(10 * PAGE);

	CHECK(zeros_ok(p, 10 * PAGE));
	pattern_fill(p, 10 * PAGE, 1, 0);
	CHECK(pattern_ok(p, 10 * PAGE, 1, 0));
	CHECK_EQ(munmap(p, 10 * PAGE), 0);
	check_dead(p, SIGSEGV);
}

/* Memory that others have used before must have been cleaned. */
static void used_frames_are_zero_again(void)
{
	for (int i = 0; i < 20; i++) {
		char *p = map_anonymous(50 * PAGE);

		CHECK(zeros_ok(p, 50 * PAGE));
		memset(p, 'x', 50 * PAGE);
		CHECK_EQ(munmap(p, 50 * PAGE), 0);
	}
}

static void private_file_mapping(void)
{
	int fd = pattern_file("f", 4 * PAGE, 1);
	char *p = map_private(fd, 4 * PAGE);

	CHECK(pattern_ok(p, 4 * PAGE, 1, 0));
	pattern_fill(p + PAGE, PAGE, 2, 0);
	CHECK(file_ok(fd, 4 * PAGE, 1));
	CHECK(pattern_ok(p, PAGE, 1, 0));
	CHECK(pattern_ok(p + PAGE, PAGE, 2, 0));
	CHECK(pattern_ok(p + 2 * PAGE, 2 * PAGE, 1, 2));
}

static void mapping_outlives_the_descriptor(void)
{
	int fd = pattern_file("f", 2 * PAGE, 1);
	char *p = map_private(fd, 2 * PAGE);

	CHECK_EQ(close(fd), 0);
	CHECK(pattern_ok(p, 2 * PAGE, 1, 0));
}

static void offset_in_pages(void)
{
	int fd = pattern_file("f", 8 * PAGE, 1);
	char *p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 5 * PAGE);

	CHECK(p != MAP_FAILED);
	CHECK(pattern_ok(p, 2 * PAGE, 1, 5));
}

static void past_the_end_of_the_file(void)
{
	int fd = pattern_file("f", PAGE + 100, 1);
	char *p = map_private(fd, 4 * PAGE);

	CHECK(pattern_ok(p, PAGE + 100, 1, 0));
	CHECK(zeros_ok(p + PAGE + 100, PAGE - 100));
	check_dead(p + 2 * PAGE, SIGBUS);
	check_dead(p + 3 * PAGE, SIGBUS);
	check_dead((char *)map_private(scratch_file("e"), PAGE), SIGBUS);
}

/* An unwritten private page follows the file; a written one does not. */
static void write_to_the_file_is_seen(void)
{
	int fd = pattern_file("f", 2 * PAGE, 1);
	char *p = map_private(fd, 2 * PAGE);

	CHECK(pattern_ok(p, 2 * PAGE, 1, 0));
	p[PAGE] = 'p';
	CHECK_EQ(pwrite(fd, "f", 1, 0), 1);
	CHECK_EQ(pwrite(fd, "f", 1, PAGE), 1);
	CHECK_EQ(p[0], 'f');
	CHECK_EQ(p[PAGE], 'p');
}

static void fixed_replaces(void)
{
	int fd = pattern_file("f", 4 * PAGE, 1);
	char *p = map_anonymous(4 * PAGE);

	memset(p, 'x', 4 * PAGE);
	CHECK(mmap(p + PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd,
		   2 * PAGE) == (void *)(p + PAGE));
	CHECK_EQ(p[0], 'x');
	CHECK(pattern_ok(p + PAGE, 2 * PAGE, 1, 2));
	CHECK_EQ(p[3 * PAGE], 'x');
	CHECK(mmap(p + PAGE, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		   -1, 0) == (void *)(p + PAGE));
	CHECK(zeros_ok(p + PAGE, PAGE));
}

static void unmapping_the_middle(void)
{
	int fd = pattern_file("f", 6 * PAGE, 1);
	char *p = map_private(fd, 6 * PAGE);

	CHECK(pattern_ok(p, 6 * PAGE, 1, 0));
	CHECK_EQ(munmap(p + 2 * PAGE, 2 * PAGE), 0);
	CHECK(pattern_ok(p, 2 * PAGE, 1, 0));
	check_dead(p + 2 * PAGE, SIGSEGV);
	check_dead(p + 3 * PAGE, SIGSEGV);
	CHECK(pattern_ok(p + 4 * PAGE, 2 * PAGE, 1, 4));
	CHECK_EQ(munmap(p, 6 * PAGE), 0);
	check_dead(p, SIGSEGV);
	check_dead(p + 5 * PAGE, SIGSEGV);
}

static void unmapping_nothing(void)
{
	char *p = map_anonymous(PAGE);

	CHECK_EQ(munmap(p, PAGE), 0);
	CHECK_EQ(munmap(p, PAGE), 0);
	CHECK_FAILS(munmap(p + 1, PAGE), EINVAL);
	CHECK_FAILS(munmap(p, 0), EINVAL);
	CHECK_FAILS(munmap((void *)0xFFFFF000, 2 * PAGE), EINVAL);
}

static void a_hint_is_taken_if_free(void)
{
	char *hint = (char *)0x60000000, *p;

	p = mmap(hint, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p == hint);
	*p = 'x';
	p = mmap(hint, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK(p != hint);
	CHECK_EQ(*hint, 'x');
	CHECK_EQ(munmap(p, PAGE), 0);
	CHECK_EQ(munmap(hint, PAGE), 0);
}

static void refused(void)
{
	int fd = pattern_file("f", PAGE, 1);
	int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;

	CHECK_FAILS((long)mmap(NULL, 0, RW, anonymous, -1, 0), EINVAL);
	CHECK_FAILS((long)mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_FAILS((long)mmap((void *)0x60000001, PAGE, RW, anonymous
			       | MAP_FIXED, -1, 0), EINVAL);
	CHECK_FAILS((long)mmap((void *)0xFFFFF000, PAGE, RW, anonymous
			       | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_FAILS((long)mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0), EBADF);
	CHECK_FAILS((long)mmap(NULL, PAGE, RW, MAP_PRIVATE, 63, 0), EBADF);
	CHECK_FAILS((long)mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 1), EINVAL);
	fd = open(scratch("f"), O_WRONLY);
	CHECK_FAILS((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0),
		    EACCES);
	fd = open("/", O_RDONLY);
	CHECK_FAILS((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0),
		    ENODEV);
}

/* Wrapping at 4 GiB and overflowing lengths [POSIX mmap]. */
static void lengths_that_wrap(void)
{
	CHECK_FAILS(syscall(SYS_mmap2, NULL, 0xFFFFFFFF, RW, MAP_PRIVATE
			    | MAP_ANONYMOUS, -1, 0), ENOMEM);
	CHECK_FAILS(syscall(SYS_mmap2, NULL, 0xFFFFF001, RW, MAP_PRIVATE
			    | MAP_ANONYMOUS, -1, 0), ENOMEM);
	CHECK_FAILS(syscall(SYS_munmap, 0x60000000, 0xFFFFF001), EINVAL);
}

/* Less is possible, more is refused; realloc() lives with that. */
static void mremap_shrinks_only(void)
{
	char *p = map_anonymous(4 * PAGE);
	char *q = malloc(1 << 20);

	pattern_fill(p, 4 * PAGE, 1, 0);
	CHECK(mremap(p, 4 * PAGE, 4 * PAGE, 0) == p);
	CHECK(mremap(p, 4 * PAGE, PAGE + 1, MREMAP_MAYMOVE) == p);
	CHECK(pattern_ok(p, 2 * PAGE, 1, 0));
	check_dead(p + 2 * PAGE, SIGSEGV);
	CHECK_FAILS((long)mremap(p, 2 * PAGE, 4 * PAGE, 0), ENOMEM);
	CHECK_FAILS((long)mremap(p, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE),
		    ENOMEM);
	CHECK_FAILS((long)mremap(p, 4 * PAGE, PAGE, 0), EFAULT);
	CHECK_FAILS((long)mremap(p + 1, PAGE, PAGE, 0), EINVAL);
	CHECK_FAILS((long)mremap(p, PAGE, 0, 0), EINVAL);
	CHECK_FAILS((long)mremap(p, PAGE, PAGE, 64), EINVAL);
	CHECK_FAILS((long)mremap((void *)0xFFFFF000, PAGE, PAGE, 0), EFAULT);
	CHECK(pattern_ok(p, 2 * PAGE, 1, 0));
	CHECK(q != NULL);
	pattern_fill(q, 1 << 20, 2, 0);
	q = realloc(q, 3 << 20);
	CHECK(q && pattern_ok(q, 1 << 20, 2, 0));
	free(q);
}

static void no_access_at_all(void)
{
	char *p = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	CHECK(p != MAP_FAILED);
	check_dead(p, SIGSEGV);
}

/* The processor has no pages for writing only: who may write may read. */
static void for_writing_only(void)
{
	volatile char *p = map_anonymous(2 * PAGE);
	volatile char *q = mmap(NULL, PAGE, PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(q != MAP_FAILED);
	p[0] = 'a';
	CHECK_EQ(mprotect((void *)p, 2 * PAGE, PROT_WRITE), 0);
	CHECK_EQ(p[0], 'a');
	CHECK_EQ(p[PAGE], 0);
	CHECK_EQ(q[0], 0);
	p[0] = p[PAGE] = q[0] = 'b';
	CHECK(p[0] == 'b' && p[PAGE] == 'b' && q[0] == 'b');
}

int main(void)
{
	RUN(anonymous_is_zero);
	RUN(used_frames_are_zero_again);
	RUN(private_file_mapping);
	RUN(mapping_outlives_the_descriptor);
	RUN(offset_in_pages);
	RUN(past_the_end_of_the_file);
	RUN(write_to_the_file_is_seen);
	RUN(fixed_replaces);
	RUN(unmapping_the_middle);
	RUN(unmapping_nothing);
	RUN(a_hint_is_taken_if_free);
	RUN(refused);
	RUN(lengths_that_wrap);
	RUN(mremap_shrinks_only);
	RUN(no_access_at_all);
	RUN(for_writing_only);
	return test_end();
}
