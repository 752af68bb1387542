/*
 * stress.c: see stress.h.
 *
 * Floor: user space.  Read next: user/test/t-m01-bystander-stays.c
 */
#define _GNU_SOURCE
#include "stress.h"

#include <string.h>
#include <unistd.h>

#include "test.h"

enum { BYSTANDER_SEED = 77 };

/*
 * Touch memory until about @leave frames are free, or could be, since they
 * only hold what is on the disk as well.
 */
void hog_take(struct hog *h, unsigned leave)
{
	uint64_t there;

	sync();
	there = memory_now("frames_free") + memory_now("frames_cached");
	CHECK(there > leave);
	h->bytes = (size_t)(there - leave) * PAGE;
	h->p = map_anonymous(h->bytes);
	for (size_t at = 0; at < h->bytes; at += PAGE)
		h->p[at] = 1;
}

void hog_release(struct hog *h)
{
	CHECK_EQ(munmap(h->p, h->bytes), 0);
}

/* ---- a copy ----------------------------------------------------------- */

static off_t source(const struct stream *s, unsigned page)
{
	return (off_t)(page % s->source) * PAGE;
}

static off_t target(const struct stream *s, unsigned page)
{
	return (off_t)(page % s->target) * PAGE;
}

static void look(struct stream *s)
{
	uint64_t cached = memory_now("frames_cached");

	if (cached > s->peak_cached)
		s->peak_cached = cached;
}

static void move_window(const struct stream *s, char *p, unsigned page)
{
	const size_t bytes = STREAM_WINDOW * PAGE;

	CHECK_EQ(readahead(s->in, source(s, page + STREAM_WINDOW), bytes), 0);
	CHECK_EQ(lseek(s->out, target(s, page), SEEK_SET), target(s, page));
	CHECK_EQ(mwrite(s->out, p + source(s, page), bytes), bytes);
	if (s->sync && page > 0)
		CHECK_EQ(fdatasync_area(s->out,
					target(s, page - STREAM_WINDOW),
					bytes), 0);
}

/*
 * Copy @total pages; with @watch, note what the cache held at most meanwhile.
 */
void stream_copy(struct stream *s)
{
	char *p = map_uncached(s->in, (size_t)s->source * PAGE);

	s->peak_cached = 0;
	for (unsigned page = 0; page < s->total; page += STREAM_WINDOW) {
		move_window(s, p, page);
		if (s->watch)
			look(s);
	}
	CHECK_EQ(munmap(p, (size_t)s->source * PAGE), 0);
}

/*
 * Is what was copied last the same in both files?
 */
int stream_ok(const struct stream *s)
{
	static char in[PAGE], out[PAGE];
	unsigned page = s->total > s->target ? s->total - s->target : 0;

	for (; page < s->total; page++) {
		if (pread(s->in, in, PAGE, source(s, page)) != PAGE
		    || pread(s->out, out, PAGE, target(s, page)) != PAGE
		    || memcmp(in, out, PAGE) != 0)
			return 0;
	}
	return 1;
}

/* ---- somebody else's file --------------------------------------------- */

/*
 * A file of so many pages that was read once, as any program would.
 */
int bystander(unsigned pages)
{
	int fd = pattern_file("bystander", (size_t)pages * PAGE,
			      BYSTANDER_SEED);

	go_cold(fd);
	CHECK(file_ok(fd, (size_t)pages * PAGE, BYSTANDER_SEED));
	CHECK_EQ(pages_cached(fd, pages), pages);
	return fd;
}

/*
 * How many of the file's first pages are cached.
 */
unsigned pages_cached(int fd, unsigned pages)
{
	unsigned n = 0;

	for (unsigned i = 0; i < pages; i++)
		n += page_of_file(fd, i) > 0;
	return n;
}
