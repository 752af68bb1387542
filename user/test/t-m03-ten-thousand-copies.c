/*
 * t-m03: a small file is copied to a new one ten thousand times, by the four
 * calls: not one frame, inode, block or byte of the kernel's memory less than
 * before.  A tenth of a per mille would show.
 *
 * Ten thousand on the machine whose disk answers at once; a hundred where each
 * request takes its time.  (M3)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 3, MANY = 10000, FEW = 100, WARM = 20, SYNC_EVERY = 500 };

static int src;

static unsigned copies(void)
{
	int instant = access("/dev/ram0", F_OK) == 0
		   && kernel_option("ramdisk.latency_us") == 0;

	return instant ? MANY : FEW;
}

/* Every other page touched on the way; a new file each time. */
static void copy_once(int sync)
{
	int dst = open(scratch("dst"), O_RDWR | O_CREAT | O_EXCL, 0644);
	char *p = map_uncached(src, PAGES * PAGE);

	CHECK(dst >= 0);
	p[PAGE] = p[PAGE];
	CHECK_EQ(mwrite(dst, p, PAGES * PAGE), PAGES * PAGE);
	if (sync) {
		CHECK_EQ(fdatasync_area(dst, 0, 0), 0);
		CHECK(file_ok(dst, PAGES * PAGE, 1));
	}
	CHECK_EQ(munmap(p, PAGES * PAGE), 0);
	close(dst);
	CHECK_EQ(unlink(scratch("dst")), 0);
}

static void m03_nothing_is_lost(void)
{
	static const char *const resources[] = {
		"frames_anon", "frames_kernel", "inodes", "tasks",
		"fs_blocks_free", "fs_inodes_free",
	};
	enum { N = sizeof resources / sizeof resources[0] };
	uint64_t before[N];
	unsigned n = copies();

	src = pattern_file("src", PAGES * PAGE, 1);
	for (int i = 0; i < WARM; i++)
		copy_once(1);
	for (unsigned k = 0; k < N; k++)
		before[k] = memory_now(resources[k]);
	for (unsigned i = 1; i <= n; i++)
		copy_once(i % SYNC_EVERY == 0);
	for (unsigned k = 0; k < N; k++)
		memory_settles(resources[k], before[k]);
	CHECK(file_ok(src, PAGES * PAGE, 1));
}

int main(void)
{
	RUN(m03_nothing_is_lost);
	return test_end();
}
