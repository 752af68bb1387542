/*
 * t-unlink: a removed file has no name; its bytes live until the last
 * descriptor and the last mapping are gone.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 20 };

static void open_file_lives_on(void)
{
	uint64_t blocks = memory_now("fs_blocks_free");
	uint64_t inodes = memory_now("fs_inodes_free");
	int fd = pattern_file("f", PAGES * PAGE, 1);
	struct stat st;

	CHECK_EQ(unlink(scratch("f")), 0);
	CHECK_FAILS(open(scratch("f"), O_RDONLY), ENOENT);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
	CHECK(file_ok(fd, PAGES * PAGE, 1));
	CHECK_EQ(pwrite(fd, "x", 1, PAGES * PAGE), 1);
	CHECK_EQ(ftruncate(fd, PAGES * PAGE), 0);
	go_cold(fd);
	CHECK(file_ok(fd, PAGES * PAGE, 1));
	CHECK(memory_now("fs_blocks_free") < blocks);
	CHECK_EQ(close(fd), 0);
	memory_settles("fs_blocks_free", blocks);
	memory_settles("fs_inodes_free", inodes);
}

static void mapped_file_lives_on(void)
{
	uint64_t blocks = memory_now("fs_blocks_free");
	int fd = pattern_file("f", PAGES * PAGE, 2);
	char *p = map_uncached(fd, PAGES * PAGE);

	go_cold(fd);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(unlink(scratch("f")), 0);
	CHECK(pattern_ok(p, PAGES * PAGE, 2, 0));
	CHECK_EQ(munmap(p, PAGES * PAGE), 0);
	memory_settles("fs_blocks_free", blocks);
}

static void name_is_free_again(void)
{
	int old = pattern_file("f", 100, 3), fd;

	CHECK_EQ(unlink(scratch("f")), 0);
	fd = pattern_file("f", 200, 4);
	CHECK(file_ok(old, 100, 3));
	CHECK(file_ok(fd, 200, 4));
}

static void dirty_pages_of_a_removed_file(void)
{
	uint64_t blocks = memory_now("fs_blocks_free");
	int fd = scratch_file("f");
	static char page[PAGE];

	for (int i = 0; i < PAGES; i++)
		write_all(fd, page, PAGE);
	CHECK_EQ(unlink(scratch("f")), 0);
	CHECK_EQ(close(fd), 0);
	memory_settles("fs_blocks_free", blocks);
}

static void readahead_under_way(void)
{
	uint64_t blocks = memory_now("fs_blocks_free");

	for (int i = 0; i < 10; i++) {
		int fd = pattern_file("f", PAGES * PAGE, 5);

		go_cold(fd);
		CHECK_EQ(readahead(fd, 0, PAGES * PAGE), 0);
		CHECK_EQ(unlink(scratch("f")), 0);
		CHECK_EQ(close(fd), 0);
	}
	memory_settles("fs_blocks_free", blocks);
}

static void refused(void)
{
	pattern_file("f", 10, 1);
	CHECK_FAILS(unlink("/tmp/not-there"), ENOENT);
	CHECK_FAILS(unlink("/not/there"), ENOENT);
	CHECK_FAILS(unlink(""), ENOENT);
	CHECK_FAILS(unlink("/tmp"), EISDIR);
	CHECK_FAILS(unlink("/tmp/f/x"), ENOTDIR);
}

int main(void)
{
	RUN(open_file_lives_on);
	RUN(mapped_file_lives_on);
	RUN(name_is_free_again);
	RUN(dirty_pages_of_a_removed_file);
	RUN(readahead_under_way);
	RUN(refused);
	return test_end();
}
