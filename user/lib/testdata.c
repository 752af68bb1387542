/*
 * testdata.c: files and memory with known content.
 *
 * Floor: user space.  Word w of a file with seed s holds s ^ (w * odd number):
 * no two pages of a file are alike, nor the same pages of two files.
 *
 * Invariant: scratch files lie in one folder and are remembered, so that no
 * case leaves one behind.
 *
 * Read next: user/lib/test.h.
 */
#define _GNU_SOURCE
#include "testdata.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#define FOLDER "/tmp/"

enum {
	WORDS = PAGE / 4,
	SPREAD = 0x9e3779b1,	/* odd: multiplication is a permutation */
	SCRATCH_MAX = 32,
	DESCRIPTORS = 64,
};

static char names[SCRATCH_MAX][64];
static unsigned used;

/* ---- scratch files ---------------------------------------------------- */

/*
 * The path of a scratch file or directory; it is removed after the case.
 */
const char *scratch(const char *name)
{
	char path[sizeof names[0]];

	snprintf(path, sizeof path, FOLDER "%s", name);
	for (unsigned i = 0; i < used; i++) {
		if (strcmp(names[i], path) == 0)
			return names[i];
	}
	CHECK(used < SCRATCH_MAX);
	return strcpy(names[used++], path);
}

/*
 * Close what the case left open and remove its files.
 */
void testdata_clean(void)
{
	for (int fd = STDERR_FILENO + 1; fd < DESCRIPTORS; fd++)
		close(fd);
	while (used > 0)
		remove(names[--used]);
}

/*
 * A new, empty scratch file, open for reading and writing.
 */
int scratch_file(const char *name)
{
	int fd = open(scratch(name), O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	return fd;
}

/*
 * A new scratch directory.  What comes to be in it is named by scratch() too,
 * after it, and so is removed before it.
 */
const char *scratch_directory(const char *name)
{
	const char *path = scratch(name);

	CHECK_EQ(mkdir(path, 0755), 0);
	return path;
}

/*
 * A scratch file with a pattern, on the disk, its pages cached and clean.
 */
int pattern_file(const char *name, size_t bytes, unsigned seed)
{
	static char page[PAGE];
	int fd = scratch_file(name);

	for (size_t at = 0; at < bytes; at += PAGE) {
		size_t n = bytes - at < PAGE ? bytes - at : PAGE;

		pattern_fill(page, PAGE, seed, at / PAGE);
		write_all(fd, page, n);
	}
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/*
 * A scratch file that is one hole.
 */
int sparse_file(const char *name, off_t bytes)
{
	int fd = scratch_file(name);

	CHECK_EQ(ftruncate(fd, bytes), 0);
	return fd;
}

/*
 * Empty the file's page cache, and see that it is.
 */
void go_cold(int fd)
{
	off_t size = file_size(fd);

	CHECK_EQ(fsync(fd), 0);
	CHECK(drop_cached_pages(fd) >= 0);
	for (off_t at = 0; at < size; at += PAGE)
		CHECK_EQ(page_of_file(fd, at / PAGE), 0);
}

/*
 * Read the whole file into the page cache; the position stays.
 */
void go_warm(int fd)
{
	off_t size = file_size(fd);
	char c;

	for (off_t at = 0; at < size; at += PAGE) {
		CHECK_EQ(pread(fd, &c, 1, at), 1);
		CHECK(page_of_file(fd, at / PAGE) > 0);
	}
}

/*
 * All @n bytes, or the case fails.
 */
void write_all(int fd, const void *p, size_t n)
{
	CHECK_EQ(write(fd, p, n), n);
}

off_t file_size(int fd)
{
	struct stat st;

	CHECK_EQ(fstat(fd, &st), 0);
	return st.st_size;
}

/*
 * How many blocks of the disk it has, those that lead to its data included.
 */
long file_blocks(int fd)
{
	struct stat st;

	CHECK_EQ(fstat(fd, &st), 0);
	return st.st_blocks / (PAGE / 512);
}

/*
 * Of what is at @path itself, be it a symbolic link.
 */
struct stat stat_of(const char *path)
{
	struct stat st;

	CHECK_EQ(lstat(path, &st), 0);
	return st;
}

/* ---- patterns --------------------------------------------------------- */

static uint32_t word(unsigned seed, uint32_t index)
{
	return seed * 0x01000193u ^ index * SPREAD;
}

/*
 * Fill @bytes, a multiple of 4, as from page @first_page of a file.
 */
void pattern_fill(void *p, size_t bytes, unsigned seed, unsigned first_page)
{
	uint32_t *w = p;

	for (size_t i = 0; i < bytes / 4; i++)
		w[i] = word(seed, first_page * WORDS + i);
}

/*
 * Are the bytes at @p those of page @first_page and after?
 */
int pattern_ok(const void *p, size_t bytes, unsigned seed, unsigned first_page)
{
	const char *c = p;

	for (size_t i = 0; i < bytes; i += 4) {
		uint32_t w = word(seed, first_page * WORDS + i / 4);

		if (memcmp(c + i, &w, bytes - i < 4 ? bytes - i : 4) != 0)
			return 0;
	}
	return 1;
}

/*
 * Is the file @bytes long and of this pattern?  Read by pread, so the position
 * stays.
 */
int file_ok(int fd, size_t bytes, unsigned seed)
{
	static char page[PAGE];

	if (file_size(fd) != (off_t)bytes)
		return 0;
	for (size_t at = 0; at < bytes; at += PAGE) {
		ssize_t n = bytes - at < PAGE ? bytes - at : PAGE;

		if (pread(fd, page, PAGE, at) != n
		    || !pattern_ok(page, n, seed, at / PAGE))
			return 0;
	}
	return 1;
}

int zeros_ok(const void *p, size_t bytes)
{
	const char *c = p;

	for (size_t i = 0; i < bytes; i++) {
		if (c[i] != 0)
			return 0;
	}
	return 1;
}

/* ---- memory ----------------------------------------------------------- */

static void *map(size_t bytes, int flags, int fd)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

/*
 * The file from its start, as each kind of mapping; readable and writable.
 */
void *map_uncached(int fd, size_t bytes)
{
	return map(bytes, MAP_PRIVATE | MAP_UNCACHED, fd);
}

void *map_private(int fd, size_t bytes)
{
	return map(bytes, MAP_PRIVATE, fd);
}

void *map_shared(int fd, size_t bytes)
{
	return map(bytes, MAP_SHARED, fd);
}

void *map_anonymous(size_t bytes)
{
	return map(bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}
