/*
 * t-faults-tree: a tree of files is unpacked, with the n-th read, write or
 * allocation failing, or the n-th request taking long, for every n.  The call that could not be done says why,
 * and has done nothing; what was said to be done is there.  Nothing leaks.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults.h"
#include "test.h"

#define ROOT "/tmp/tree"

/*
 * In the order of unpacking; backwards, each can be removed.  The bytes are
 * in the archive, from a page on.
 */
static const struct entry {
	const char *name;
	char kind;		/* d, f, l: hard link, s: symbolic, m: moved */
	const char *from;	/* what a link names, what is moved */
	unsigned bytes, page;
} tree[] = {
	{ ROOT, 'd', NULL, 0, 0 },
	{ ROOT "/README", 'f', NULL, 700, 0 },
	{ ROOT "/src", 'd', NULL, 0, 0 },
	{ ROOT "/src/main.c", 'f', NULL, 3 * PAGE + 5, 1 },
	{ ROOT "/src/deep", 'd', NULL, 0, 0 },
	{ ROOT "/src/deep/big", 'f', NULL, 20 * PAGE, 5 },
	{ ROOT "/src/again.c", 'l', ROOT "/src/main.c", 3 * PAGE + 5, 1 },
	{ ROOT "/latest", 's', "src/main.c", 3 * PAGE + 5, 1 },
	{ ROOT "/empty", 'f', NULL, 0, 0 },
	{ ROOT "/part", 'f', NULL, PAGE, 25 },
	{ ROOT "/whole", 'm', ROOT "/part", PAGE, 25 },
};

enum { ENTRIES = sizeof tree / sizeof tree[0], ARCHIVE = 26 * PAGE, SEED = 9 };

static int archive;

/* Known to parent and child: how many entries were done. */
static volatile unsigned *done_entries;
static uint64_t blocks, inodes;

static void unpack_file(const struct entry *e)
{
	static char page[PAGE];
	int fd = open(e->name, O_WRONLY | O_CREAT | O_EXCL, 0644);

	faults_told_if(fd < 0);
	for (unsigned at = 0; at < e->bytes; at += PAGE) {
		unsigned n = e->bytes - at < PAGE ? e->bytes - at : PAGE;
		ssize_t got, put;

		got = pread(archive, page, n, e->page * PAGE + at);
		faults_told_if(got < 0);
		CHECK_EQ(got, n);
		put = write(fd, page, n);
		faults_told_if(put < 0);
		CHECK_EQ(put, n);
	}
	faults_told_if(fsync(fd) < 0);
	CHECK_EQ(close(fd), 0);
}

static void unpack(void)
{
	for (const struct entry *e = tree; e < tree + ENTRIES; e++) {
		switch (e->kind) {
		case 'd':
			faults_told_if(mkdir(e->name, 0755) < 0);
			break;
		case 'l':
			faults_told_if(link(e->from, e->name) < 0);
			break;
		case 's':
			faults_told_if(symlink(e->from, e->name) < 0);
			break;
		case 'm':
			faults_told_if(rename(e->from, e->name) < 0);
			break;
		default:
			unpack_file(e);
		}
		++*done_entries;
	}
}

static void prepare(void)
{
	*done_entries = 0;
	CHECK_EQ(access(ROOT, F_OK), -1);
	CHECK(drop_cached_pages(archive) >= 0);
}

/* Has the file the first @bytes of what the entry has? */
static int has(int fd, const struct entry *e, unsigned bytes)
{
	static char page[PAGE];

	for (unsigned at = 0; at < bytes; at += PAGE) {
		ssize_t n = pread(fd, page, PAGE, at);

		if (n <= 0 || !pattern_ok(page, n, SEED, e->page + at / PAGE))
			return 0;
	}
	return file_size(fd) == bytes;
}

static void check_entry(const struct entry *e)
{
	struct stat st;
	int fd;

	CHECK_EQ(stat(e->name, &st), 0);
	if (e->kind == 'd') {
		CHECK(S_ISDIR(st.st_mode));
		return;
	}
	fd = open(e->name, O_RDWR);
	CHECK(fd >= 0);
	faults_go_cold(fd);
	CHECK(has(fd, e, e->bytes));
	close(fd);
}

/* What stopped in the middle is a file, with the first of its bytes. */
static void check_stopped(const struct entry *e)
{
	struct stat st;
	int fd;

	if (lstat(e->name, &st) < 0)
		return;
	CHECK_EQ(e->kind, 'f');
	CHECK(st.st_size <= e->bytes);
	fd = open(e->name, O_RDONLY);
	CHECK(fd >= 0);
	CHECK(has(fd, e, st.st_size));
	close(fd);
}

static void remove_tree(void)
{
	for (int i = ENTRIES - 1; i >= 0; i--) {
		if (remove(tree[i].name) < 0)
			CHECK_EQ(errno, ENOENT);
	}
	memory_settles("fs_blocks_free", blocks);
	memory_settles("fs_inodes_free", inodes);
}

static void check(int done)
{
	unsigned n = *done_entries;

	if (done)
		CHECK_EQ(n, ENTRIES);
	for (unsigned i = 0; i < n; i++) {
		if (n < ENTRIES || strcmp(tree[i].name, ROOT "/part") != 0)
			check_entry(&tree[i]);
	}
	if (n < ENTRIES)
		check_stopped(&tree[n]);
	remove_tree();
}

static void unpacks_without(const char *kind)
{
	const struct faults_work w = { prepare, unpack, check };

	done_entries = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(done_entries != MAP_FAILED);
	archive = pattern_file("archive", ARCHIVE, SEED);
	prepare();
	blocks = memory_now("fs_blocks_free");
	inodes = memory_now("fs_inodes_free");
	CHECK_EXIT(in_child(unpack), 0);
	check(1);
	faults_each(kind, &w);
}

static void without_a_frame(void) { unpacks_without("alloc"); }
static void without_small_memory(void) { unpacks_without("small"); }
static void without_a_read(void) { unpacks_without("read"); }
static void without_a_write(void) { unpacks_without("write"); }
static void with_a_slow_disk(void) { unpacks_without("slow"); }

int main(void)
{
	RUN(without_a_frame);
	RUN(without_small_memory);
	RUN(without_a_read);
	RUN(without_a_write);
	RUN(with_a_slow_disk);
	return test_end();
}
