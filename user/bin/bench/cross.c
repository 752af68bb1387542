/*
 * cross.c: `bench cross [PAGES ...]`: from how many pages a call does moving
 * touched pages beat copying them?
 *
 * Floor: user space.  A program has made PAGES pages of data in anonymous memory
 * and wants them in a file whose blocks are there.  Measured is the call, and
 * the next touch of the buffer, for that is what moving makes dearer; and, for
 * who needs the buffer no more, the call alone.
 *
 * And `bench random`: 8 KiB at random places of a file that is not in memory.
 *
 * Read next: ops.c.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <magpie.h>

enum { MOST = 256, RANDOM = 8192, FILE_MIB = 16, READS = 200 };

typedef ssize_t sender(int fd, void *p, size_t len);

static const char path[] = "bench.file";

static void touch(char *p, unsigned pages)
{
	for (unsigned i = 0; i < pages; i++)
		p[(size_t)i * PAGE] = 1;
}

static ssize_t by_write(int fd, void *p, size_t len)
{
	return write(fd, p, len);
}

/* Returns: instructions for @pages pages at once, or -1 with errno. */
static int64_t send(sender *how, int again, int fd, unsigned pages)
{
	size_t len = (size_t)pages * PAGE;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t start;
	ssize_t n;

	if (p == MAP_FAILED)
		err(1, "mmap");
	touch(p, pages);
	lseek(fd, 0, SEEK_SET);
	start = measure_begin();
	n = how(fd, p, len);
	touch(p, again ? pages : 0);
	start = measure_end(start);
	munmap(p, len);
	return n == (ssize_t)len ? (int64_t)start : -1;
}

static void line(const char *what, sender *how, int again, int fd, unsigned pages)
{
	int64_t cost = send(how, again, fd, pages);

	cost = cost < 0 ? cost : send(how, again, fd, pages);
	if (cost < 0)
		printf("cross\t%s\t%u\t-\t%s\n", what, pages, strerror(errno));
	else
		printf("cross\t%s\t%u\t%" PRId64 "\n", what, pages, cost);
	fflush(stdout);
}

/*
 * Returns: the exit status.
 */
int cross_run(char **words)
{
	static char *usual[] = { "1", "2", "4", "8", "16", "32", "64", "128", "256", NULL };
	int fd = file_make(path, MOST * PAGE);

	for (words = *words ? words : usual; *words; words++) {
		unsigned pages = (unsigned)atoi(*words);

		if (pages < 1 || pages > MOST)
			errx(2, "%s: 1 to %d pages", *words, MOST);
		line("write", by_write, 1, fd, pages);
		line("mwrite", mwrite, 1, fd, pages);
		line("mwrite once", mwrite, 0, fd, pages);
	}
	close(fd);
	return unlink(path) < 0;
}

/* ---- random reads ---- */

static off_t places[READS];

/* The same places for every method: a linear congruence [Knuth, TAOCP 2, 3.2.1]. */
static void choose_places(void)
{
	uint32_t x = 1;

	for (int i = 0; i < READS; i++) {
		x = x * 1664525u + 1013904223u;
		places[i] = (off_t)(x >> 8) % (FILE_MIB * MIB / RANDOM) * RANDOM;
	}
}

static int reads(int fd, char *buffer)
{
	for (int i = 0; i < READS; i++)
		if (pread(fd, buffer, RANDOM, places[i]) != RANDOM)
			return -1;
	return 0;
}

/* The page is stolen when it is touched, and gone again with the mapping. */
static int maps(int fd, char *buffer)
{
	(void)buffer;
	for (int i = 0; i < READS; i++) {
		volatile char *p = mmap(NULL, RANDOM, PROT_READ, MAP_PRIVATE | MAP_UNCACHED,
					fd, places[i]);

		if (p == MAP_FAILED)
			return -1;
		readahead(fd, places[i], RANDOM);
		(void)p[0];
		(void)p[PAGE];
		munmap((char *)p, RANDOM);
	}
	return 0;
}

static void random_line(const char *what, int flags, int (*how)(int fd, char *buffer))
{
	static char buffer[RANDOM] __attribute__((aligned(PAGE)));
	int fd = open(path, O_RDONLY | flags), r = -1;
	uint64_t cost = 0;

	if (fd >= 0) {
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		memset(buffer, 0, sizeof buffer);
		cost = measure_begin();
		r = how(fd, buffer);
		cost = measure_end(cost);
	}
	if (r < 0)
		printf("random\t%s\t-\t%s\n", what, strerror(errno));
	else
		printf("random\t%s\t%" PRIu64 "\n", what, cost / READS);
	fflush(stdout);
	close(fd);
}

/*
 * Returns: the exit status.
 */
int random_run(void)
{
	close(file_make(path, FILE_MIB * MIB));
	choose_places();
	random_line("read", 0, reads);
	random_line("O_DIRECT", O_DIRECT, reads);
	random_line("readahead + mmap(MAP_UNCACHED)", 0, maps);
	return unlink(path) < 0;
}
