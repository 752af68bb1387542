/*
 * t-every-mapping: memory of every kind, in three processes that are related:
 * each sees what it wrote, what others wrote where it is shared, and else what
 * was there before.
 *
 * Of each kind, page k is written by the parent if k is even, then by child c
 * if k % 3 == c; whoever does not write it reads it.  At its end the parent
 * moves a page, while the children wait: there tests/test_gdb.py looks at the
 * three from outside, by the same rule.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 64, CHILDREN = 2, KINDS = 7, STACK = 6 };
enum { MAGIC = 0x4d616770 };

/* At the beginning of a page that was written. */
struct stamp {
	uint32_t magic, va, writer, page;
};

static struct kind {
	unsigned long at;
	int flags;
	off_t offset;			/* in the file, if there is one */
	int fd;
} kinds[KINDS] = {
	{ 0x50000000, MAP_PRIVATE | MAP_ANONYMOUS, 0, -1 },
	{ 0x51000000, MAP_SHARED | MAP_ANONYMOUS, 0, -1 },
	{ 0x52000000, MAP_PRIVATE, 0, 0 },
	{ 0x53000000, MAP_SHARED, 0, 2 },
	{ 0x57000000, MAP_PRIVATE, 0, 1 },
	{ 0x58000000, MAP_PRIVATE | MAP_UNCACHED, PAGES * PAGE, 1 },
	{ 0, MAP_PRIVATE | MAP_ANONYMOUS, 0, -1 },	/* the stack */
};

static int files[3];			/* a scratch file, /data/big, another */
static int ready[2], go[2];

static volatile struct stamp *page_at(const struct kind *kind, unsigned k)
{
	return (volatile struct stamp *)(kind->at + k * PAGE);
}

static void map_all(void)
{
	files[0] = pattern_file("every", PAGES * PAGE, 1);
	files[1] = open("/data/big", O_RDONLY);
	CHECK(files[1] >= 0);
	files[2] = pattern_file("shared", PAGES * PAGE, 1);
	for (struct kind *kind = kinds; kind < kinds + STACK; kind++) {
		int fd = kind->fd < 0 ? -1 : files[kind->fd];

		CHECK_EQ((unsigned long)mmap((void *)kind->at, PAGES * PAGE,
					     PROT_READ | PROT_WRITE,
					     kind->flags | MAP_FIXED, fd,
					     kind->offset), kind->at);
	}
}

static int writes(unsigned who, unsigned k)
{
	return who ? k % 3 == who : k % 2 == 0;
}

/* Touch every page: write it or read it. */
static void touch(unsigned who)
{
	for (const struct kind *kind = kinds; kind < kinds + KINDS; kind++) {
		for (unsigned k = 0; k < PAGES; k++) {
			volatile struct stamp *s = page_at(kind, k);

			if (writes(who, k)) {
				s->va = (uintptr_t)s;
				s->writer = who;
				s->page = k;
				s->magic = MAGIC;
			} else {
				(void)s->magic;
			}
		}
	}
}

/* Who has written last what @who sees at page @k; -1: nobody. */
static int writer(const struct kind *kind, unsigned who, unsigned k)
{
	unsigned c = kind->flags & MAP_SHARED ? k % 3 : who;

	if (c && writes(c, k))
		return c;
	return writes(0, k) ? 0 : -1;
}

static void look(unsigned who)
{
	static char before[PAGE];

	for (const struct kind *kind = kinds; kind < kinds + KINDS; kind++) {
		for (unsigned k = 0; k < PAGES; k++) {
			struct stamp *s = (struct stamp *)page_at(kind, k);
			int should = writer(kind, who, k);
			size_t known = should < 0 ? 0 : sizeof *s;

			if (should >= 0) {
				CHECK_EQ(s->magic, MAGIC);
				CHECK_EQ(s->va, (uintptr_t)s);
				CHECK_EQ(s->writer, should);
			}
			memset(before, 0, PAGE);
			if (kind->fd == 1)
				CHECK_EQ(pread(files[1], before, PAGE,
					       kind->offset + k * PAGE), PAGE);
			if (kind->fd == 0 || kind->fd == 2)
				pattern_fill(before, PAGE, 1, k);
			CHECK(!memcmp((char *)s + known, before + known,
				      PAGE - known));
		}
	}
}

static void child(unsigned who)
{
	char byte;

	touch(who);
	CHECK_EQ(write(ready[1], "", 1), 1);
	CHECK_EQ(read(go[0], &byte, 1), 1);
	look(who);
}

static void first_child(void)
{
	child(1);
}

static void second_child(void)
{
	child(2);
}

static void each_sees_its_own(void)
{
	char deep[(PAGES + 1) * PAGE], two[2];
	pid_t children[CHILDREN];
	int dst = scratch_file("moved");

	memset(deep, 0, sizeof deep);
	kinds[STACK].at = ((uintptr_t)deep + PAGE - 1) & -PAGE;
	CHECK(pipe(ready) == 0 && pipe(go) == 0);
	map_all();
	touch(0);
	children[0] = child_start(first_child);
	children[1] = child_start(second_child);
	for (int k = 0; k < CHILDREN; k++)
		CHECK_EQ(read(ready[0], two, 1), 1);
	look(0);
	CHECK_EQ(mwrite(dst, (void *)kinds[5].at, PAGE), PAGE);
	CHECK_EQ(write(go[1], "go", CHILDREN), CHILDREN);
	for (int k = 0; k < CHILDREN; k++)
		CHECK_EXIT(child_wait(children[k]), 0);
}

int main(void)
{
	RUN(each_sees_its_own);
	return test_end();
}
