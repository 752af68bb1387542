/*
 * Reclaim: a clock hand that goes round the frame array and drops clean cached pages.
 *
 *   class         who                                                  goes
 *   first-out     came by mwrite from MAP_UNCACHED, nobody used it     in the first round, before anything else:
 *                   since                                                while some are unwritten, they are waited for
 *   used once     read once, or read ahead                             in the second; passing by, the hand
 *   used again    FR_REFERENCED, or accessed through a mapping           clears the mark, so these go in the third
 *
 * A frame is taken as anybody else would take it: reference, frame lock (tried, never waited for), then
 * un-named if clean and unused.  Calls no mapping_ops and takes no file system's lock, because whoever needs
 * memory may hold any of those.  It may wait for writes: the flusher, who makes them, needs neither memory nor
 * any lock that sleeps, so what it has started ends, and what it cannot start is not waited for.
 *
 * Invariant: first-out pages are at most as many as dirty pages may be (wb_limit()), but for what one piece of
 * an mwrite brings.
 *
 * Floor 4.  Read next: mm/space/space.h
 */
#include "mm/cache/reclaim.h"

#include "kernel/counters.h"
#include "kernel/trace.h"
#include "mm/cache/names.h"
#include "mm/cache/rmap.h"
#include "mm/cache/writeback.h"

enum {
	RECLAIM_BATCH = 64,     /* free at least that many: the hand's way to them is shared   */
	PATIENCE      = 16,     /* sweeps in a row for which no write ends before we give up   */
	IDLE_LOOKS    = 4,      /* steps of the hand for each frame that readahead wants       */
};

enum round { FIRST_OUT, USED_ONCE, USED_AGAIN, ROUNDS };

/* What a sweep has done: pages freed, and pages of its class that could have been, were they written. */
struct swept { unsigned freed, unwritten; };

static pfn_t hand;      /* the frame to be looked at next */

/* A look without a lock: is it a page whose turn this round is? */
static bool in_class(struct frame *f, enum round round)
{
	if (round == FIRST_OUT) {
		return frame_is(f, FR_FIRSTOUT);
	}
	if (round == USED_ONCE && frame_is(f, FR_REFERENCED)) {
		frame_clear(f, FR_REFERENCED);
		return false;
	}
	return true;
}

/* Dirty or being written, and not one that the disk has refused. */
static bool to_be_written(const struct frame *f)
{
	return frame_is(f, FR_WRITEBACK) || frame_flags(f, FR_DIRTY | FR_ERROR) == FR_DIRTY;
}

/*
 * Clean, and ours and the cache's only, and to be had again from a disk?  Pages with mappings lose them, recently
 * used ones only in the last round.
 */
static bool make_idle(struct frame *f, enum round round)
{
	if (frame_is(f, FR_DIRTY | FR_WRITEBACK) || mapping_memory_only(f->mapping)) {
		return false;
	}
	if (atomic_read(&f->maps) > 0) {
		if (rmap_referenced(f->mapping, f->index) && round != USED_AGAIN) {
			return false;
		}
		rmap_unmap(f->mapping, f->index, f->index);
	}
	return atomic_read(&f->refs) == 2;
}

/* Free what of the leaf around page @i is first-out as well: such pages came in runs. */
static unsigned evict_leaf(struct mapping *m, pgoff_t i)
{
	struct frame *gone[RADIX_SIZE];
	unsigned n = pcache_take(m, i & ~RADIX_MASK, RADIX_SIZE, TAKE_FIRSTOUT, gone);

	frame_put_many(gone, RADIX_SIZE);
	return n;
}

/* Take the name off @f, which is locked and ours and the cache's only; false if somebody has come in between. */
static bool unname(struct mapping *m, struct frame *f)
{
	bool idle;

	spin_lock(&m->lock);
	idle = atomic_read(&f->refs) == 2 && !frame_is(f, FR_DIRTY | FR_WRITEBACK);
	if (idle) {
		names_remove_one(f, C_RA_WASTED);
		(void)atomic_dec_zero(&f->refs);        /* the cache's */
	}
	spin_unlock(&m->lock);
	return idle;
}

/* Try to free one frame, and who would have to go with it.  Its lock keeps the mapping.  Returns how many. */
static unsigned evict(struct frame *f, enum round round)
{
	unsigned freed = 0;

	if (!atomic_inc_not_zero(&f->refs)) {
		return 0;
	}
	if (frame_trylock(f)) {
		struct mapping *m = f->mapping;

		if (m && make_idle(f, round)) {
			freed = round == FIRST_OUT ? evict_leaf(m, f->index) : 0;
			freed += unname(m, f);
		}
		frame_unlock(f);
	}
	frame_put(f);
	return freed;
}

/*
 * The next frame that has a name, at most *@looks steps on, which are taken off; NULL: there is none.  Most frames of a
 * large memory have none.  Below the page of zeros, the lowest that was ever free, there is nothing to reclaim.
 */
static struct frame *next_named(pfn_t *looks)
{
	while (*looks > 0) {
		struct frame *f = pfn_frame(hand), *end = pfn_frame(MIN(nframes, hand + *looks));

		while (f < end && !f->mapping) {
			f++;
		}
		*looks -= frame_pfn(f) - hand;
		hand = frame_pfn(f);
		if (f < end) {
			--*looks;
			hand++;
			return f;
		}
		if (hand == nframes) {
			hand = frame_pfn(zero_frame);
		}
	}
	return NULL;
}

/* At most @looks steps, or until @want frames are free. */
static struct swept sweep(unsigned want, enum round round, pfn_t looks)
{
	struct swept s = { 0, 0 };
	struct frame *f;

	while (s.freed < want && (f = next_named(&looks)) != NULL) {
		if (!in_class(f, round)) {
			continue;
		}
		if (frame_is(f, FR_DIRTY | FR_WRITEBACK)) {
			s.unwritten += to_be_written(f);
		} else if (!frame_is(f, FR_LOCKED)) {
			s.freed += evict(f, round);
		}
	}
	return s;
}

/* How many steps take the hand to where it is now. */
static pfn_t once_round(void)
{
	return nframes - frame_pfn(zero_frame);
}

static struct swept sweep_all(unsigned want, enum round round)
{
	return sweep(want, round, once_round());
}

static bool any_firstout(void)
{
	return atomic_read(&cache_sums.firstout) > 0;
}

/*
 * Once round; and while there is nothing to be had but pages not yet written, once more whenever some have been.
 * Not for ever: what keeps the flusher from a page may be a lock of our own caller's.  And when as many writes
 * have ended as pages were unwritten at first, ours were among them, and others have got the memory.
 */
static unsigned sweep_and_wait(unsigned want, enum round round)
{
	unsigned turns = wb_unwritten() + PATIENCE, in_vain = 0;
	struct swept s = sweep_all(want, round);

	while (s.freed == 0 && s.unwritten > 0 && turns-- > 0 && in_vain < PATIENCE) {
		in_vain = wb_wait_clean() ? 0 : in_vain + 1;
		s = sweep_all(want, round);
	}
	return s.freed;
}

/* See reclaim.h.  Sleeps. */
unsigned reclaim(unsigned want)
{
	unsigned freed;

	want = MAX(want, (unsigned)RECLAIM_BATCH);
	freed = any_firstout() ? sweep_and_wait(want, FIRST_OUT) : 0;
	for (enum round round = USED_ONCE; round < ROUNDS && freed == 0; round++) {
		freed = sweep_all(want, round).freed;
	}
	if (freed == 0) {
		freed = sweep_and_wait(want, USED_AGAIN);
	}
	count_add(C_PAGES_RECLAIMED, freed);
	trace_emit(EV_RECLAIM, want, freed, 0, 0);
	return freed;
}

/* See reclaim.h.  A few steps of the hand, and never twice past the same frame: what is not found soon is not idle
 * enough for a wish. */
unsigned reclaim_idle(unsigned want, bool used_once)
{
	unsigned freed;
	pfn_t looks;

	if (!any_firstout() && !used_once) {
		return 0;
	}
	want = MAX(want, (unsigned)RECLAIM_BATCH);
	looks = MIN(IDLE_LOOKS * want, once_round());
	freed = sweep(want, any_firstout() ? FIRST_OUT : USED_ONCE, looks).freed;
	count_add(C_PAGES_RECLAIMED, freed);
	return freed;
}

/* See reclaim.h. */
void reclaim_surplus(void)
{
	int32_t surplus = atomic_read(&cache_sums.firstout) - (int32_t)wb_limit();

	if (surplus > 0) {
		count_add(C_PAGES_RECLAIMED, sweep_all((unsigned)surplus, FIRST_OUT).freed);
	}
}

/* See reclaim.h.  What is cached from now on begins with the frame that is free now, and so does the hand. */
void reclaim_init(void)
{
	struct frame *next = frame_alloc(ALLOC_ATOMIC);

	if (next) {
		hand = frame_pfn(next);
		frame_put(next);
	}
	frame_set_reclaim(reclaim);
}
