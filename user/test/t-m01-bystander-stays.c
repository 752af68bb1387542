/*
 * t-m01-bystander-stays: M1, decision 14.  A copy of eight times the memory
 * there is leaves another file's pages in the cache, though that was read only
 * once: what passed through goes first, and while it is not yet written it is
 * waited for.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "stress.h"
#include "test.h"

enum {
	LEFT = 2560,		/* pages that the hog leaves: 10 MiB */
	BYSTANDER = 512,
	TARGET = 20 * STREAM_WINDOW,
	TIMES = 8,
};

static struct hog hog;

/* Eight times what is free when the bystander has been read. */
static struct stream begin(int sync)
{
	unsigned free = LEFT - BYSTANDER;

	return (struct stream){
		.in = open("/data/big", O_RDONLY), .out = scratch_file("out"),
		.source = 24 * STREAM_WINDOW, .target = TARGET,
		.total = TIMES * free / STREAM_WINDOW * STREAM_WINDOW,
		.sync = sync,
	};
}

static void check_stays(int sync)
{
	struct stream s = begin(sync);
	int fd;

	hog_take(&hog, LEFT);
	fd = bystander(BYSTANDER);
	CHECK(memory_now("frames_free") < LEFT);
	stream_copy(&s);
	CHECK_EQ(pages_cached(fd, BYSTANDER), BYSTANDER);
	hog_release(&hog);
	CHECK(stream_ok(&s));
	drop_cached_pages(s.in);
}

static void while_it_is_written_out(void)
{
	check_stays(1);
}

/* Nobody syncs: the flusher has to, and allocations wait for it. */
static void while_nobody_writes_it_out(void)
{
	check_stays(0);
}

/* What is asked above can fail: by read and write the bystander goes. */
static void read_and_write_push_it_out(void)
{
	static char page[PAGE];
	struct stream s = begin(0);
	int fd;

	hog_take(&hog, LEFT);
	fd = bystander(BYSTANDER);
	for (unsigned i = 0; i < 2 * LEFT; i++) {
		CHECK_EQ(pread(s.in, page, PAGE, (off_t)i * PAGE), PAGE);
		CHECK_EQ(pwrite(s.out, page, PAGE, (off_t)i * PAGE), PAGE);
	}
	CHECK(pages_cached(fd, BYSTANDER) < BYSTANDER);
	hog_release(&hog);
	drop_cached_pages(s.in);
}

/* A page that passed through and is read afterwards is an ordinary page. */
static void what_is_read_again_stays_too(void)
{
	static char page[PAGE];
	struct stream s = begin(1);
	int kept = scratch_file("kept");
	struct stream first = s;

	hog_take(&hog, LEFT);
	first.out = kept;
	first.total = first.target = STREAM_WINDOW;
	stream_copy(&first);
	CHECK_EQ(fsync(kept), 0);
	for (int i = 0; i < STREAM_WINDOW; i++)
		CHECK_EQ(pread(kept, page, PAGE, (off_t)i * PAGE), PAGE);
	stream_copy(&s);
	CHECK_EQ(pages_cached(kept, STREAM_WINDOW), STREAM_WINDOW);
	hog_release(&hog);
	drop_cached_pages(s.in);
}

int main(void)
{
	RUN(while_it_is_written_out);
	RUN(while_nobody_writes_it_out);
	RUN(read_and_write_push_it_out);
	RUN(what_is_read_again_stays_too);
	return test_end();
}
