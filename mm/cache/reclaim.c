/*
 * Reclaim: a clock hand that goes round the frame array and drops clean cached pages.
 *
 *   class         who                                                  goes
 *   first-out     came by mwrite from MAP_UNCACHED                     in the first round
 *   used once     read once, or read ahead                             in the second; passing by, the hand
 *   used again    FR_REFERENCED, or accessed through a mapping           clears the mark, so these go in the third
 *
 * A frame is taken as anybody else would take it: reference, frame lock (tried, never waited for), then
 * un-named if clean and unused.  Calls no mapping_ops and takes no file system's lock, because whoever needs
 * memory may hold any of those.
 *
 * Floor 4.  Read next: mm/space/space.h
 */
#include "mm/cache/reclaim.h"

#include "kernel/counters.h"
#include "kernel/task.h"
#include "kernel/trace.h"
#include "mm/cache/names.h"
#include "mm/cache/rmap.h"
#include "mm/cache/writeback.h"

enum {
	RECLAIM_BATCH = 64,     /* free at least that many: the hand's way to them is shared */
	CLEAN_TRIES   = 16,     /* rounds of the flusher to wait for before giving up        */
	IDLE_LOOKS    = 4,      /* steps of the hand for each frame that readahead wants     */
};

enum round { FIRST_OUT, USED_ONCE, USED_AGAIN, ROUNDS };

static pfn_t hand;

/* A look without a lock: may this frame be worth trying in this round? */
static bool candidate(struct frame *f, enum round round)
{
	if (!f->mapping || frame_is(f, FR_LOCKED | FR_DIRTY | FR_WRITEBACK)) {
		return false;
	}
	if (round == FIRST_OUT) {
		return frame_is(f, FR_FIRSTOUT);
	}
	if (round == USED_ONCE && frame_is(f, FR_REFERENCED)) {
		frame_clear(f, FR_REFERENCED);
		return false;
	}
	return true;
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

/* Try to free one frame. */
static bool evict(struct frame *f, enum round round)
{
	bool done = false;

	if (!atomic_inc_not_zero(&f->refs)) {
		return false;
	}
	if (frame_trylock(f)) {
		struct mapping *m = f->mapping;

		if (m && make_idle(f, round)) {
			spin_lock(&m->lock);
			done = atomic_read(&f->refs) == 2 && !frame_is(f, FR_DIRTY | FR_WRITEBACK);
			if (done) {
				names_remove_one(f, C_RA_WASTED);
				(void)atomic_dec_zero(&f->refs);        /* the cache's */
			}
			spin_unlock(&m->lock);
		}
		frame_unlock(f);
	}
	frame_put(f);
	return done;
}

/* The next frame.  Below the page of zeros, the lowest that was ever free, there is nothing to reclaim. */
static struct frame *advance(void)
{
	hand = hand + 1 < nframes ? hand + 1 : frame_pfn(zero_frame);
	return pfn_frame(hand);
}

/* At most @looks steps, or until @want frames are free. */
static unsigned sweep(unsigned want, enum round round, pfn_t looks)
{
	unsigned freed = 0;

	while (looks-- > 0 && freed < want) {
		struct frame *f = advance();

		freed += candidate(f, round) && evict(f, round);
	}
	return freed;
}

/* Once round. */
static unsigned sweep_all(unsigned want, enum round round)
{
	return sweep(want, round, nframes - frame_pfn(zero_frame));
}

static bool any_unwritten(void)
{
	return atomic_read(&cache_sums.dirty) + atomic_read(&cache_sums.writeback) > 0;
}

static bool any_firstout(void)
{
	return atomic_read(&cache_sums.firstout) > 0;
}

/*
 * No page of this class is clean: somebody has to clean some.  The flusher does, we wait for it, but not forever:
 * what keeps it from writing may be a lock of our own caller's.
 */
static unsigned wait_for_clean(unsigned want, enum round round)
{
	unsigned freed = 0;

	for (unsigned tries = 0; tries < CLEAN_TRIES && freed == 0 && any_unwritten(); tries++) {
		wb_wake();
		sched_yield();
		wb_wait_progress();
		freed = sweep_all(want, round);
	}
	return freed;
}

/* Pages that passed through are waited for before any page is dropped that somebody read. */
static unsigned reclaim_firstout(unsigned want)
{
	unsigned freed = 0;

	if (any_firstout()) {
		freed = sweep_all(want, FIRST_OUT);
	}
	if (freed == 0 && any_firstout()) {
		freed = wait_for_clean(want, FIRST_OUT);
	}
	return freed;
}

/* See reclaim.h. */
unsigned reclaim(unsigned want)
{
	unsigned freed;

	want = MAX(want, (unsigned)RECLAIM_BATCH);
	freed = reclaim_firstout(want);
	for (enum round round = USED_ONCE; round < ROUNDS && freed == 0; round++) {
		freed = sweep_all(want, round);
	}
	if (freed == 0) {
		freed = wait_for_clean(want, USED_AGAIN);
	}
	count_add(C_PAGES_RECLAIMED, freed);
	trace_emit(EV_RECLAIM, want, freed, 0, 0);
	return freed;
}

/* See reclaim.h.  A few steps of the hand and no more: what is not found soon is not idle enough for a wish. */
unsigned reclaim_idle(unsigned want)
{
	unsigned freed;

	want = MAX(want, (unsigned)RECLAIM_BATCH);
	freed = sweep(want, any_firstout() ? FIRST_OUT : USED_ONCE, IDLE_LOOKS * want);
	count_add(C_PAGES_RECLAIMED, freed);
	return freed;
}

/* See reclaim.h. */
void reclaim_init(void)
{
	frame_set_reclaim(reclaim);
}
