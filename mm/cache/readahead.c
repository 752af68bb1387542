/*
 * Readahead: the decision, which is arithmetic, and the one submitter, which reads what is not there.
 *
 *   sequential reader: windows double from RA_MIN to RA_MAX; the next one is started when the reader reaches
 *   the marked page, so that it is there when he arrives.  A random reader gets what he asks for.
 *
 * Floor 4.  Read next: writeback.c
 */
#include "mm/cache/readahead.h"

#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/trace.h"
#include "mm/cache/pcache.h"
#include "mm/cache/reclaim.h"

/* See readahead.h. */
void ra_init(struct readahead *ra)
{
	*ra = (struct readahead){ .prev = ~0u };
}

static uint32_t first_size(unsigned want)
{
	uint32_t size = RA_MIN;

	while (size < want && size < RA_MAX) {
		size *= 2;
	}
	return size;
}

static struct ra_plan window(struct readahead *ra, pgoff_t start, uint32_t size, uint32_t async)
{
	ra->start = start;
	ra->size = size;
	ra->async = async;
	return (struct ra_plan){ .start = start, .size = size, .mark = start + size - async };
}

/*
 * See readahead.h.  Pure: changes nothing but @ra.
 *
 *   marker hit, or the miss is where the window ends     the next window, twice as large, all of it ahead
 *   start of the file, or right after the last page      a first window: what is wanted, and as much ahead
 *   anything else                                        just what is wanted
 */
struct ra_plan ra_decide(struct readahead *ra, pgoff_t i, unsigned want, bool marker)
{
	bool next = ra->size > 0 && i == ra->start + ra->size;
	bool sequential = i == 0 || i == ra->prev || i == ra->prev + 1;

	want = MIN(want, RA_MAX);
	if (ra->size > 0 && (marker || next)) {
		uint32_t size = MIN(ra->size * 2, RA_MAX);

		return window(ra, ra->start + ra->size, size, size);
	}
	if (!marker && sequential) {
		uint32_t size = first_size(want * 2);

		return window(ra, i, size, size > want ? size - want : 0);
	}
	if (!marker) {
		ra->size = 0;
		return (struct ra_plan){ .start = i, .size = want, .mark = i + want };
	}
	return (struct ra_plan){ .start = i, .size = 0, .mark = i };
}

/*
 * Frames to read into.  A hint that finds memory full may push out first-out pages.  What is read ahead of a reader, who is
 * on his way, may push out idle pages too; a program's hint, which may wait for memory (ALLOC_WAIT) but not at others'
 * cost, may not.
 */
static unsigned alloc_batch(struct mapping *m, struct frame **batch, unsigned n, unsigned how)
{
	unsigned got;

	how |= mapping_memory_only(m) ? 0 : ALLOC_CACHE;
	got = frame_alloc_many(batch, n, how);

	if (got < n && (how & ALLOC_HINT) && reclaim_idle(n - got, !(how & ALLOC_WAIT)) > 0) {
		got += frame_alloc_many(batch + got, n - got, how);
	}
	return got;
}

/*
 * Name fresh locked frames for pages [i, i + n), none of which was cached a moment ago, and start reading them.
 * Somebody may have been quicker with one: then it stops there.  Returns: how many; -ENOMEM.
 */
static int start_run(struct mapping *m, pgoff_t i, unsigned n, uint32_t flags, unsigned how)
{
	struct frame *batch[PC_BATCH];
	unsigned got = alloc_batch(m, batch, n, how);
	unsigned given = 0;
	int err = got ? pcache_reserve(m, i, got) : -ENOMEM;

	if (!err) {
		given = pcache_give(m, i, batch, got, FR_LOCKED | flags);
		pcache_unreserve(m, i, got);
	}
	if (given < got) {
		frame_put_many(batch + given, got - given);
	}
	if (given > 0) {
		trace_emit(EV_CACHE_READ, trace_address(m), i, given, (flags & FR_AHEAD) != 0);
		m->ops->read(m, i, batch, given);
	}
	return err ? err : (int)given;
}

/* As ra_start(); -ENOMEM when memory was missing for the first page that was. */
static int start_range(struct mapping *m, pgoff_t i, unsigned n, uint32_t flags, unsigned how)
{
	pgoff_t end = size_pages(mapping_size(m)), at;
	int started = 0, got = 0;

	n = i < end ? MIN(n, end - i) : 0;
	while (n > 0) {
		unsigned run = pcache_gap(m, i, MIN(n, PC_BATCH), &at), step = MIN(n, PC_BATCH);

		if (run) {
			got = start_run(m, at, run, flags, how);
			if (got <= 0) {
				break;  /* no memory, truncated, or somebody else is reading it */
			}
			started += got;
			step = at - i + (unsigned)got;
		}
		i += step;
		n -= step;
	}
	if (started && (flags & FR_AHEAD)) {
		count_add(C_RA_ISSUED, (unsigned)started);
	}
	return started ? started : MIN(got, 0);
}

/* See readahead.h.  Sleeps for memory (as @how says) and for the file system to look up places. */
unsigned ra_start(struct mapping *m, pgoff_t i, unsigned n, uint32_t flags, unsigned how)
{
	int started = start_range(m, i, n, flags, how);

	return started > 0 ? (unsigned)started : 0;
}

/* Set the mark, if the page is there. */
static void place_mark(struct mapping *m, pgoff_t i)
{
	struct frame *f = pcache_find_one(m, i);

	if (f) {
		frame_set(f, FR_MARK);
		frame_put(f);
	}
}

/* Start a plan; what is wanted now (below @need) gets memory by all means, the rest only from plenty.
 * Returns: how many of the wanted were started, or -ENOMEM. */
static int start_plan(struct mapping *m, const struct ra_plan *plan, pgoff_t need)
{
	pgoff_t end = plan->start + plan->size;
	pgoff_t ahead = MIN(MAX(plan->start, need), end);
	int started = 0;

	if (plan->start < ahead) {
		started = start_range(m, plan->start, ahead - plan->start, 0, ALLOC_WAIT);
	}
	if (ahead < end) {
		ra_start(m, ahead, end - ahead, FR_AHEAD, ALLOC_HINT);
	}
	if (plan->mark < end) {
		place_mark(m, plan->mark);
	}
	return started;
}

/* See readahead.h.  Sleeps. */
int ra_miss(struct mapping *m, struct readahead *ra, pgoff_t i, unsigned want)
{
	struct ra_plan plan = { .start = i, .size = want, .mark = i + want };
	pgoff_t at;

	trace_emit(EV_CACHE_MISS, trace_address(m), i, want, 0);
	if (ra) {
		plan = ra_decide(ra, i, want, false);
		ra->prev = i;
	}
	if (start_plan(m, &plan, i + want) < 0 && pcache_gap(m, i, 1, &at) && i < size_pages(mapping_size(m))) {
		return -ENOMEM;         /* not started by anybody else either, and not truncated away */
	}
	return 0;               /* it is there; or was, and is gone again: look once more */
}

/* See readahead.h.  Sleeps only to look up places. */
void ra_mark_hit(struct mapping *m, struct readahead *ra, struct frame *f)
{
	struct ra_plan plan = ra_decide(ra, f->index, 1, true);

	if (plan.size) {
		start_plan(m, &plan, 0);
	}
}
