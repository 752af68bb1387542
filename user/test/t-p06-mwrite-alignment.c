/*
 * t-p06: mwrite() wants address, length and position in whole pages; if not,
 * EINVAL, and nothing has moved.  (P6, W14)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

enum { PAGES = 4 };

/* @addr and @len are offsets into four touched pages. */
static void check_refused(size_t addr, size_t len, off_t position)
{
	int fd = scratch_file("dst");
	char *p = map_anonymous(PAGES * PAGE);
	long was[PAGES];

	pattern_fill(p, PAGES * PAGE, 6, 0);
	for (int i = 0; i < PAGES; i++)
		was[i] = page_of_address(p + i * PAGE);
	CHECK_EQ(lseek(fd, position, SEEK_SET), position);
	measure();
	CHECK_FAILS(mwrite(fd, p + addr, len), EINVAL);
	measured();
	CHECK_EQ(cost("frames_moved"), 0);
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(page_of_address(p + i * PAGE), was[i]);
	CHECK_EQ(file_size(fd), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), position);
	CHECK(pattern_ok(p, PAGES * PAGE, 6, 0));
}

static void unaligned_address(void)
{
	check_refused(1, PAGE, 0);
	check_refused(PAGE - 1, PAGE, 0);
	check_refused(512, 2 * PAGE, 0);
}

static void unaligned_length(void)
{
	check_refused(0, 1, 0);
	check_refused(0, PAGE - 1, 0);
	check_refused(0, PAGE + 512, 0);
}

static void unaligned_position(void)
{
	check_refused(0, PAGE, 1);
	check_refused(0, PAGE, PAGE + 512);
	test_figure("p06", "refused: %llu frames moved", cost("frames_moved"));
}

static void length_0_moves_nothing(void)
{
	int fd = scratch_file("dst");
	char *p = map_anonymous(PAGE);

	*p = 'x';
	CHECK_EQ(mwrite(fd, p, 0), 0);
	CHECK_EQ(file_size(fd), 0);
	CHECK_EQ(*p, 'x');
}

int main(void)
{
	RUN(unaligned_address);
	RUN(unaligned_length);
	RUN(unaligned_position);
	RUN(length_0_moves_nothing);
	return test_end();
}
