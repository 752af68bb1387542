/*
 * From dirty to clean: start, wait.
 *
 * A page is cleaned when its tag changes from DIRTY to WRITEBACK, under mapping.lock, in runs.  Its frame
 * lock must be free at that moment, and looking is enough, it need not be taken: whoever changes a page holds
 * the frame lock from before pcache_dirty() until the change (or the writable page-table entry) is in
 * place.  So a change is either complete, and in this write, or it comes after the tag was changed, and
 * dirties the page again.  Entries that are writable by then are found and write-protected by rmap_clean()
 * before the request is submitted.
 *
 * Owns: the transition.  Allocates nothing, takes no file system's lock.
 *
 * Floor 4.  Read next: flusher.c
 */
#include "mm/cache/writeback.h"

#include "kernel/lib/string.h"
#include "kernel/trace.h"
#include "mm/cache/names.h"
#include "mm/cache/rmap.h"

/* A run being cleaned: frame[0..n) are pages first.. */
struct run {
	pgoff_t       first;
	unsigned      n;
	unsigned      failed;           /* of those cleaned last: not counted as dirty, an earlier write failed */
	bool          mapped;
	struct frame *frame[PC_BATCH];
};

/* Sync waits for frame locks and tries failed pages again; the flusher does neither. */
enum how { SYNC, BACKGROUND };

/* Slots of @leaf, from @from on and before @end, that are dirty. */
static uint64_t dirty_slots(const struct radix_node *leaf, pgoff_t from, pgoff_t last)
{
	uint64_t dirty = radix_tagged(leaf, RADIX_DIRTY);

	if (from > leaf->first) {
		dirty = dirty >> (from & RADIX_MASK) << (from & RADIX_MASK);
	}
	if (last - leaf->first < RADIX_MASK) {
		dirty &= radix_span_mask(0, last - leaf->first + 1);
	}
	return dirty;
}

/* Flags that any of these frames has. */
static uint32_t any_flags(struct frame *const *f, unsigned n)
{
	uint32_t any = 0;

	for (unsigned k = 0; k < n; k++) {
		any |= f[k]->flags;
	}
	return any;
}

/* How many of these frames, from the first on, have none of @flags. */
static unsigned run_without(struct frame *const *f, unsigned n, uint32_t flags)
{
	unsigned k = 0;

	while (k < n && !frame_is(f[k], flags)) {
		k++;
	}
	return k;
}

/*
 * Add these frames to @r and change their flags, up to the first whose frame lock is taken.  Most often none is,
 * which one look at all of them says.  Returns how many.  Locks: mapping.lock held.
 */
static unsigned clean_frames(struct frame *const *f, unsigned n, enum how how, struct run *r)
{
	const uint32_t busy = FR_LOCKED | FR_WRITEBACK | (how == SYNC ? 0 : FR_ERROR);
	uint32_t any = any_flags(f, n);
	struct frame **to = r->frame + r->n;
	int32_t mapped = 0;

	if (any & busy) {
		n = run_without(f, n, busy);
	}
	r->failed = 0;
	for (unsigned k = 0; (any & FR_ERROR) && k < n; k++) {
		r->failed += frame_is(f[k], FR_ERROR);
	}
	for (unsigned k = 0; k < n; k++) {
		struct frame *one = to[k] = f[k];

		mapped |= atomic_read(&one->maps);
		frame_clear(one, FR_DIRTY | FR_ERROR);
		frame_set(one, FR_WRITEBACK);
	}
	r->mapped |= mapped != 0;
	return n;
}

/* Clean slots [slot, slot + n) of @leaf as far as they can be.  Returns how many.  Locks: m->lock held. */
static unsigned clean_slots(struct mapping *m, struct radix_node *leaf, unsigned slot, unsigned n, enum how how,
                            struct run *r)
{
	uint64_t mask;

	n = clean_frames((struct frame *const *)&leaf->slot[slot], n, how, r);
	mask = radix_span_mask(slot, n);
	radix_clear_tag(leaf, RADIX_DIRTY, mask);
	radix_set_tag(leaf, RADIX_WRITEBACK, mask);
	r->n += n;
	m->ndirty -= n;
	atomic_add(&cache_sums.dirty, (int32_t)r->failed - (int32_t)n);
	atomic_add(&cache_sums.writeback, (int32_t)n);
	return n;
}

/*
 * Clean the first run of dirty pages in [*at, last], across leaves as long as it is unbroken.  *at moves behind what
 * was dealt with.  A page that stands in the way comes back in *@busy with a reference.
 * Locks: takes m->lock.
 */
static void gather(struct mapping *m, pgoff_t *at, pgoff_t last, enum how how, struct run *r, struct frame **busy)
{
	r->n = 0;
	r->mapped = false;
	*busy = NULL;
	spin_lock(&m->lock);
	while (r->n < PC_BATCH) {
		struct radix_node *leaf = radix_next_tagged(&m->frames, *at, RADIX_DIRTY);
		uint64_t dirty = leaf && leaf->first <= last ? dirty_slots(leaf, *at, last) : 0;
		unsigned slot, n;

		if (!dirty) {
			*at = last + 1;
			break;
		}
		slot = radix_first(dirty);
		if (r->n > 0 && leaf->first + slot != r->first + r->n) {
			break;
		}
		if (r->n == 0) {
			r->first = leaf->first + slot;
		}
		n = MIN(radix_run(dirty, slot), PC_BATCH - r->n);
		n = clean_slots(m, leaf, slot, n, how, r);
		*at = leaf->first + slot + n;
		if (slot + n < RADIX_SIZE && r->n < PC_BATCH) {         /* the run ends inside this leaf */
			if (r->n == 0) {
				*busy = leaf->slot[slot];
				frame_get(*busy);
			}
			break;
		}
	}
	spin_unlock(&m->lock);
}

/*
 * The last page of a file: what is behind the end may have been written by way of a shared mapping, but it is not
 * the file's, and the disk does not get it [POSIX mmap].  Under mapping.lock a free frame lock means that no write is
 * under way: whoever adds to the page also makes the file longer before letting go of it.
 */
static void clear_tail(struct mapping *m, struct run *r)
{
	uint32_t used;
	loff_t page;

	spin_lock(&m->lock);
	used = (uint32_t)m->size & PAGE_MASK;
	page = (m->size >> PAGE_SHIFT) - r->first;
	if (used && page >= 0 && page < r->n && !frame_is(r->frame[page], FR_LOCKED)) {
		memset((char *)frame_data(r->frame[page]) + used, 0, PAGE_SIZE - used);
	}
	spin_unlock(&m->lock);
}

/* Write-protect, then submit. */
static void submit(struct mapping *m, struct run *r)
{
	if (r->mapped) {
		(void)rmap_clean(m, r->first, r->n);
	}
	clear_tail(m, r);
	trace_emit(EV_WB_START, trace_address(m), r->first, r->n, 0);
	m->ops->write(m, r->first, r->frame, r->n);
}

/*
 * The common body of wb_start() and the flusher.  Returns pages started.
 *
 * A page that stands in the way is waited for once.  If it is under way again afterwards, then somebody else has started
 * it since we came, with all that was in it by then: two of them, a writer and the flusher, could keep us here for ever.
 */
static unsigned write_range(struct mapping *m, pgoff_t first, pgoff_t last, enum how how)
{
	unsigned started = 0;
	pgoff_t at = first, waited;
	struct run r;

	last = MIN(last, PGOFF_LAST);
	waited = last + 1;                      /* none */
	while (at <= last && radix_any_tagged(&m->frames, RADIX_DIRTY)) {
		struct frame *busy;

		gather(m, &at, last, how, &r, &busy);
		if (r.n > 0) {
			submit(m, &r);
			started += r.n;
		}
		if (busy && how == SYNC && !(at == waited && frame_is(busy, FR_WRITEBACK))) {
			frame_wait(busy, FR_LOCKED | FR_WRITEBACK);
			waited = at;
		} else if (busy) {
			at++;
		}
		if (busy) {
			frame_put(busy);
		}
	}
	return started;
}

/* See writeback.h.  Sleeps. */
unsigned wb_start(struct mapping *m, pgoff_t first, pgoff_t last)
{
	return write_range(m, first, last, SYNC);
}

/* The flusher's variant: never waits for a frame, leaves failed pages alone.  Returns pages started. */
unsigned wb_start_background(struct mapping *m)
{
	return write_range(m, 0, PGOFF_LAST, BACKGROUND);
}

/* The first page under writeback in [*at, last], with a reference; *at is its index. */
static struct frame *next_in_flight(struct mapping *m, pgoff_t *at, pgoff_t last)
{
	struct frame *f = NULL;
	struct radix_node *leaf;

	spin_lock(&m->lock);
	leaf = radix_next_tagged(&m->frames, *at, RADIX_WRITEBACK);
	if (leaf) {
		uint64_t tagged = radix_tagged(leaf, RADIX_WRITEBACK);
		unsigned from = *at > leaf->first ? *at & RADIX_MASK : 0;

		tagged = tagged >> from << from;
		if (tagged) {
			f = leaf->slot[radix_first(tagged)];
		}
	}
	if (f && f->index <= last) {
		frame_get(f);
		*at = f->index;
	} else {
		f = NULL;
	}
	spin_unlock(&m->lock);
	return f;
}

/* See writeback.h.  Upwards, each page once: a writer behind us cannot hold us up.  Sleeps. */
void wb_wait(struct mapping *m, pgoff_t first, pgoff_t last)
{
	pgoff_t at = first;
	struct frame *f;

	last = MIN(last, PGOFF_LAST);
	while (at <= last && (f = next_in_flight(m, &at, last)) != NULL) {
		frame_wait(f, FR_WRITEBACK);
		frame_put(f);
		at++;
	}
}
