/*
 * t-larger-than-memory: a file larger than memory can be mapped and touched
 * from end to end, in every way: its clean pages go and come again.  Past the
 * end of the file there is SIGBUS.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "stress.h"
#include "test.h"

enum {
	LEFT = 1280,			/* pages that the hog leaves: 5 MiB */
	PAGES = 1920,			/* of the file: half as many more */
	SEED = 5,
	HEAD = 64,			/* bytes */
};

static struct hog hog;
static int fd;

/* Map a file larger than what is left of memory; its content is SEED's. */
static char *map_large(int flags)
{
	char *p;

	fd = pattern_file("large", PAGES * PAGE, SEED);
	hog_take(&hog, LEFT);
	p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
	CHECK(p != MAP_FAILED);
	return p;
}

/* The first words of page @i tell whose it is. */
static int head_ok(const char *p, int i, unsigned seed)
{
	return pattern_ok(p + i * PAGE, HEAD, seed, i);
}

static void check_all(const char *p)
{
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < PAGES; i++)
			CHECK(head_ok(p, i, SEED));
	}
}

static void done(char *p)
{
	CHECK_EQ(munmap(p, PAGES * PAGE), 0);
	hog_release(&hog);
}

static void private(void)
{
	char *p = map_large(MAP_PRIVATE);

	check_all(p);
	done(p);
}

static void shared(void)
{
	char *p = map_large(MAP_SHARED);

	check_all(p);
	done(p);
}

/* What was stolen and not written is the file's still: it can be fetched
 * again. */
static void uncached(void)
{
	char *p = map_large(MAP_PRIVATE | MAP_UNCACHED);

	check_all(p);
	done(p);
}

/* A written page is nobody's but ours: it stays through all that. */
static void uncached_and_written(void)
{
	char *p = map_large(MAP_PRIVATE | MAP_UNCACHED);

	for (int i = 0; i < PAGES; i += 16)
		p[i * PAGE] ^= 0x55;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < PAGES; i++) {
			if (i % 16 == 0)
				p[i * PAGE] ^= 0x55;
			CHECK(head_ok(p, i, SEED));
			if (i % 16 == 0)
				p[i * PAGE] ^= 0x55;
		}
	}
	done(p);
	CHECK(file_ok(fd, PAGES * PAGE, SEED));
}

static char *area;

/* Each page is read first, and so needs two frames at a time; and the program's
 * own pages compete. */
static void write_all_private(void)
{
	for (int i = 0; i < PAGES; i++) {
		CHECK(head_ok(area, i, SEED));
		area[i * PAGE] = 1;
	}
}

/* More private memory than there is: the end comes, and comes soon. */
static void private_and_written(void)
{
	area = map_large(MAP_PRIVATE);
	CHECK_KILLED(in_child(write_all_private), SIGKILL);
	done(area);
}

static void uncached_and_all_written(void)
{
	area = map_large(MAP_PRIVATE | MAP_UNCACHED);
	CHECK_KILLED(in_child(write_all_private), SIGKILL);
	done(area);
}

/* All pages written through the mapping: they go to the disk to make room. */
static void shared_and_written(void)
{
	char *p = map_large(MAP_SHARED);

	for (int i = 0; i < PAGES; i++)
		pattern_fill(p + i * PAGE, PAGE, SEED + 1, i);
	for (int i = 0; i < PAGES; i++)
		CHECK(head_ok(p, i, SEED + 1));
	done(p);
	CHECK(file_ok(fd, PAGES * PAGE, SEED + 1));
	go_cold(fd);
	CHECK(file_ok(fd, PAGES * PAGE, SEED + 1));
}

static void touch_page_behind(void)
{
	volatile char *p = area + PAGE;

	(void)*p;
}

static void past_the_end(void)
{
	static const int how[] = {
		MAP_PRIVATE, MAP_SHARED, MAP_PRIVATE | MAP_UNCACHED,
	};
	int small = pattern_file("small", 100, 1);

	for (int i = 0; i < 3; i++) {
		area = mmap(NULL, 2 * PAGE, PROT_READ, how[i], small, 0);
		CHECK(area != MAP_FAILED);
		CHECK(pattern_ok(area, 100, 1, 0));
		CHECK(zeros_ok(area + 100, PAGE - 100));
		CHECK_KILLED(in_child(touch_page_behind), SIGBUS);
		CHECK_EQ(munmap(area, 2 * PAGE), 0);
	}
}

int main(void)
{
	RUN(private);
	RUN(shared);
	RUN(uncached);
	RUN(uncached_and_written);
	RUN(shared_and_written);
	RUN(private_and_written);
	RUN(uncached_and_all_written);
	RUN(past_the_end);
	return test_end();
}
