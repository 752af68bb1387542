/*
 * "Where nothing is mapped, the page is taken straight from the vma's backing store."  [LT 2002-05-11]
 *
 * The good case is one call of pcache_take() for the whole batch: no fault, no page table, no copy, and no
 * look at any single page beyond its slot.  What the batch did not yield is read, waited for, and taken
 * again; what still stays (dirty, mapped, in use) is copied.
 *
 * Floor 5.  Read next: mwrite.c
 */
#include "mm/space/pager_take.h"

#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/trace.h"
#include "kernel/x86/mmu.h"
#include "mm/cache/pcache.h"
#include "mm/cache/readahead.h"

/* A nameless copy of @page.  -ENOMEM. */
static int copy_page(struct frame *page, struct frame **out)
{
	*out = frame_alloc(ALLOC_WAIT);
	if (!*out) {
		return -ENOMEM;
	}
	page_copy(frame_data(*out), frame_data(page));
	count_add(C_BYTES_COPIED_FALLBACK, PAGE_SIZE);
	return 0;
}

/* A read error, and a page wholly past the end of the file, are -EIO to mwrite. [semantics: bad arguments] */
static int get_page(struct vma *v, pgoff_t index, struct frame **out)
{
	int err = pcache_get(v->mapping, &v->ra, index, out);

	return err == -ERANGE ? -EIO : err;
}

/* Did the read that this batch made of the page fail?  Asked once: the next attempt reads again. */
static bool just_failed(struct mapping *m, pgoff_t index)
{
	struct frame *page = pcache_find_one(m, index);
	bool failed = false;

	if (page) {
		failed = frame_flags(page, FR_ERROR | FR_UPTODATE | FR_AHEAD) == FR_ERROR;
		if (failed) {
			frame_clear(page, FR_ERROR);
		}
		frame_put(page);
	}
	return failed;
}

/* See pager_take.h. */
unsigned take_copies(struct vma *v, uva_t va, unsigned n, struct frame **out, int *error)
{
	unsigned k;

	*error = 0;
	for (k = 0; k < n; k++) {
		struct frame *page;

		*error = get_page(v, vma_index(v, va) + k, &page);
		if (*error) {
			break;
		}
		*error = copy_page(page, &out[k]);
		frame_put(page);
		if (*error) {
			break;
		}
	}
	if (k > 0) {
		count_add(C_FALLBACK_SHARED, k);
	}
	return k;
}

/* One page that the batch did not get: steal it if it has become idle, else copy it. */
static int take_one(struct vma *v, pgoff_t index, struct frame **out)
{
	struct frame *page;
	int err = get_page(v, index, &page);

	if (err) {
		return err;
	}
	frame_lock(page);
	if (page->mapping == v->mapping && pcache_steal(page) == 0) {
		frame_unlock(page);
		*out = page;
		return 0;
	}
	err = copy_page(page, out);     /* if it lost its name meanwhile, its content is still what we asked for */
	frame_unlock(page);
	frame_put(page);
	return err;
}

/* The first run of holes in out[*k..n): its length, and *k where it begins; 0 when there is none. */
static unsigned next_hole(struct frame **out, unsigned n, unsigned *k)
{
	unsigned run = 0;

	while (*k < n && out[*k]) {
		++*k;
	}
	while (*k + run < n && !out[*k + run]) {
		run++;
	}
	return run;
}

/* Take those of pages [index, index + n) that are idle.  How many. */
static unsigned take_idle(struct mapping *m, pgoff_t index, unsigned n, struct frame **out)
{
	unsigned got = pcache_take(m, index, n, TAKE_CLEAN, out);

	if (got > 0) {
		count_add(C_FRAMES_STOLEN, got);
		trace_emit(EV_STEAL, trace_address(m), index, got, 0);
	}
	return got;
}

/* Take what is idle now in the holes of out[0..n). */
static void fill_holes(struct mapping *m, pgoff_t index, unsigned n, struct frame **out)
{
	for (unsigned k = 0, run; (run = next_hole(out, n, &k)) > 0; k += run) {
		(void)take_idle(m, index + k, run, out + k);
	}
}

/* Read what the holes lack: start all, then wait for all. */
static void read_holes(struct mapping *m, pgoff_t index, unsigned n, struct frame **out)
{
	for (unsigned k = 0, run; (run = next_hole(out, n, &k)) > 0; k += run) {
		ra_start(m, index + k, run, 0, ALLOC_WAIT);
	}
	for (unsigned k = 0, run; (run = next_hole(out, n, &k)) > 0; k += run) {
		pcache_settle(m, index + k, run);
	}
}

/* Everything before the first hole or bad page stays; what was taken behind it is freed: its file still has it. */
static unsigned cut_at(struct frame **out, unsigned k, unsigned n)
{
	frame_put_many(out + k, n - k);
	return k;
}

/* See pager_take.h. */
unsigned take_cached(struct vma *v, uva_t va, unsigned n, struct frame **out, int *error)
{
	struct mapping *m = v->mapping;
	pgoff_t index = vma_index(v, va);

	*error = 0;
	if (take_idle(m, index, n, out) == n) {
		return n;
	}
	read_holes(m, index, n, out);
	fill_holes(m, index, n, out);
	for (unsigned k = 0; k < n; k++) {
		if (!out[k]) {
			*error = just_failed(m, index + k) ? -EIO : take_one(v, index + k, &out[k]);
		}
		if (*error) {
			return cut_at(out, k, n);
		}
	}
	return n;
}
