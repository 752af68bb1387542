/*
 * Names leave: take, steal, replace, forget.
 *
 * The one rule: find counts its reference under mapping.lock, and what is taken here is seen to have no other
 * owner under the same lock.  So there is no moment in which somebody can find a frame that is going.
 *
 * Floor 4.  Read next: names.c
 */
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/trace.h"
#include "mm/cache/names.h"

/* Are slots [slot, slot + n) all used, and their frames all as idle_run() wants them?  One look at all of them. */
static bool all_idle(const struct radix_node *leaf, unsigned slot, unsigned n, uint32_t look, uint32_t want)
{
	struct frame *const *f = (struct frame *const *)&leaf->slot[slot];
	uint32_t any = 0, all = ~0u;
	int32_t refs = 0;

	if (radix_span_mask(slot, n) & ~leaf->used) {
		return false;
	}
	for (unsigned k = 0; k < n; k++) {
		const struct frame *one = f[k];
		uint32_t flags = frame_flags(one, ~0u);

		any |= flags;
		all &= flags;
		refs |= atomic_read(&one->refs);        /* named, so none is 0 */
	}
	return refs == 1 && (any & look) == want && (all & look) == want;
}

/* How many frames from @slot on, @n at most, have no owner but the cache, and of the flags @look just @want; they go to @out. */
static unsigned idle_run(const struct radix_node *leaf, unsigned slot, unsigned n, uint32_t look, uint32_t want,
                         struct frame **out)
{
	unsigned k;

	for (k = 0; k < n; k++) {
		struct frame *f = leaf->slot[slot + k];

		if (!f || !frame_sole(f) || frame_flags(f, look) != want) {
			break;
		}
		out[k] = f;
	}
	return k;
}

/* The flags that a frame must have to be taken so. */
static const uint32_t wanted[] = {
	[TAKE_CLEAN]    = FR_UPTODATE,
	[TAKE_FIRSTOUT] = FR_UPTODATE | FR_FIRSTOUT,
	[TAKE_ANY]      = 0,
};

/*
 * Which of slots [slot, slot + n) hold frames that nobody but the cache owns and that suit @how; these go to
 * @out, NULL for the others.  Locks: mapping.lock held.
 */
static uint64_t idle_slots(const struct radix_node *leaf, unsigned slot, unsigned n, enum take how,
                           struct frame **out)
{
	const uint32_t want = wanted[how];
	const uint32_t look = FR_LOCKED | FR_WRITEBACK | (how == TAKE_ANY ? 0 : FR_DIRTY) | want;
	uint64_t mask = 0;

	if (all_idle(leaf, slot, n, look, want)) {
		memcpy(out, &leaf->slot[slot], n * sizeof(*out));
		return radix_span_mask(slot, n);
	}
	for (unsigned k = 0, run; k < n; k += run) {
		run = idle_run(leaf, slot + k, n - k, look, want, out + k);
		mask |= radix_span_mask(slot + k, run);
		if (run == 0) {
			out[k] = NULL;
			run = 1;
		}
	}
	return mask;
}

/* See pcache.h.  Locks: takes m->lock. */
unsigned pcache_take(struct mapping *m, pgoff_t i, unsigned n, enum take how, struct frame **out)
{
	struct names_gone gone = { 0, 0 };

	spin_lock(&m->lock);
	for (unsigned k = 0, span; k < n; k += span) {
		struct radix_node *leaf = radix_leaf(&m->frames, i + k);

		span = radix_span(i + k, n - k);
		if (leaf) {
			uint64_t mask = idle_slots(leaf, (i + k) & RADIX_MASK, span, how, out + k);

			names_remove(m, leaf, mask, &gone);
		} else {
			memset(out + k, 0, span * sizeof(*out));
		}
	}
	spin_unlock(&m->lock);
	if (gone.ahead) {
		count_add(how == TAKE_CLEAN ? C_RA_USED : C_RA_WASTED, gone.ahead);
	}
	return gone.n;
}

/* What keeps a page in the cache, as the counter that tells of it; NR_COUNTERS for nothing.  Locks: mapping.lock held. */
static enum counter steal_obstacle(const struct frame *f)
{
	if (frame_is(f, FR_DIRTY)) {
		return C_FALLBACK_DIRTY;
	}
	if (atomic_read(&f->maps) > 0) {
		return C_FALLBACK_MAPPED;
	}
	if (frame_is(f, FR_WRITEBACK) || !frame_is(f, FR_UPTODATE) || atomic_read(&f->refs) != 2) {
		return C_FALLBACK_BUSY;
	}
	return NR_COUNTERS;
}

/* See pcache.h.  Locks: frame lock held; takes m->lock. */
int pcache_steal(struct frame *f)
{
	struct mapping *m = f->mapping;
	enum counter obstacle;

	ASSERT(m && frame_is(f, FR_LOCKED));
	spin_lock(&m->lock);
	obstacle = steal_obstacle(f);
	if (obstacle == NR_COUNTERS) {
		trace_emit(EV_STEAL, trace_address(m), f->index, 1, 0);
		names_remove_one(f, C_RA_USED);
	}
	spin_unlock(&m->lock);
	if (obstacle != NR_COUNTERS) {
		count_add(obstacle, 1);
		return -EBUSY;
	}
	frame_put(f);           /* the cache's reference */
	count_add(C_FRAMES_STOLEN, 1);
	return 0;
}

/* The run of idle frames from @slot on, at most @n, to @out.  Locks: mapping.lock held. */
static unsigned idle_from(const struct radix_node *leaf, unsigned slot, unsigned n, struct frame **out)
{
	const uint32_t look = FR_LOCKED | FR_WRITEBACK;

	if (!all_idle(leaf, slot, n, look, 0)) {
		return idle_run(leaf, slot, n, look, 0, out);
	}
	memcpy(out, &leaf->slot[slot], n * sizeof(*out));
	return n;
}

/* See pcache.h.  Locks: takes m->lock. */
unsigned pcache_replace(struct mapping *m, pgoff_t i, struct frame **new, unsigned n, uint32_t flags,
                        struct frame **old)
{
	unsigned slot = i & RADIX_MASK;
	struct names_gone gone = { 0, 0 };
	struct radix_node *leaf;

	spin_lock(&m->lock);
	leaf = radix_leaf(&m->frames, i);
	n = leaf ? idle_from(leaf, slot, radix_span(i, n), old) : 0;
	if (n > 0) {
		leaf->reserved++;       /* the leaf must outlive the moment in which its slots are empty */
		names_remove(m, leaf, radix_span_mask(slot, n), &gone);
		names_give(m, leaf, i, new, n, flags);
		leaf->reserved--;
	}
	spin_unlock(&m->lock);
	if (gone.ahead) {
		count_add(C_RA_WASTED, gone.ahead);
	}
	return n;
}

/* See pcache.h.  Locks: frame lock held; takes m->lock. */
void pcache_forget(struct frame *f)
{
	struct mapping *m = f->mapping;

	ASSERT(m && frame_is(f, FR_LOCKED) && !frame_is(f, FR_WRITEBACK));
	spin_lock(&m->lock);
	names_remove_one(f, C_RA_WASTED);
	spin_unlock(&m->lock);
	frame_put(f);           /* the cache's reference; the caller still has its own */
}
