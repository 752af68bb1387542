/*
 * t-p14-memory-pressure: P14, "perfect even in the face of memory pressure".
 * While somebody else takes and returns most of what memory is left, eight
 * times that much is copied: every page moves, none is copied, all are right,
 * a third party's cached file stays, and no frame is missing afterwards.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "stress.h"
#include "test.h"

enum {
	LEFT = 2560,
	BYSTANDER = 512,
	RIVAL = 768,		/* pages that come and go */
	TIMES = 8,
};

static struct hog hog;

/* Takes memory page by page, lets go of it, begins again. */
static void rival(void)
{
	for (;;) {
		char *p = map_anonymous(RIVAL * PAGE);

		for (int i = 0; i < RIVAL; i++) {
			p[i * PAGE] = 1;
			if (i % 64 == 0)
				usleep(100);
		}
		CHECK_EQ(munmap(p, RIVAL * PAGE), 0);
	}
}

static struct stream begin(void)
{
	unsigned free = LEFT - BYSTANDER;

	return (struct stream){
		.in = open("/data/big", O_RDONLY), .out = scratch_file("out"),
		.source = 24 * STREAM_WINDOW, .target = 20 * STREAM_WINDOW,
		.total = TIMES * free / STREAM_WINDOW * STREAM_WINDOW,
		.sync = 1,
	};
}

static void a_copy_is_perfect(void)
{
	struct stream s = begin();
	uint64_t anon;
	pid_t other;
	int fd;

	hog_take(&hog, LEFT);
	fd = bystander(BYSTANDER);
	anon = memory_now("frames_anon");
	other = child_start(rival);
	measure();
	stream_copy(&s);
	measured();
	CHECK_EQ(kill(other, SIGKILL), 0);
	CHECK_KILLED(child_wait(other), SIGKILL);
	CHECK_EQ(cost("frames_moved"), s.total);
	CHECK_EQ(cost("bytes_copied_read"), 0);
	CHECK_EQ(cost("bytes_copied_write"), 0);
	CHECK_EQ(cost("bytes_copied_fallback"), 0);
	CHECK_EQ(pages_cached(fd, BYSTANDER), BYSTANDER);
	test_figure("p14", "%u pages copied in %u, %u of %u cached pages of another file stay",
		    (unsigned)s.total, LEFT - BYSTANDER, BYSTANDER, BYSTANDER);
	memory_settles("frames_anon", anon);
	hog_release(&hog);
	CHECK(stream_ok(&s));
	drop_cached_pages(s.in);
}

int main(void)
{
	RUN(a_copy_is_perfect);
	return test_end();
}
