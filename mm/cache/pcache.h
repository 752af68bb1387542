/*
 * The page cache: the map from names to frames.  Three verbs, by the batch:
 *
 *      find   a frame by name                      give   a frame a name          take   a name away
 *
 * Everything else is an order of words:
 *
 *      read miss     alloc, give(locked), start I/O            evict       take, free
 *      write(2)      find or alloc+give, copy in, dirty        truncate    forget
 *      readahead     n x read miss, without waiting            fsync       for dirty names: write, wait
 *      MAP_UNCACHED  find, steal, map private                  mwrite      unmap or take, give(dirty)
 *
 * Rules that hold here: a name belongs to one frame and a frame has one name; find counts its reference
 * under mapping.lock and take tests refs == 1 under the same lock, so nothing slips in between; never two
 * mapping locks at once; no frame becomes a dirty page before it has a place on disk.
 *
 * Floor 4.  Read next: pcache.c, then readahead.h, writeback.h
 */
#ifndef MM_CACHE_PCACHE_H
#define MM_CACHE_PCACHE_H

#include "mm/cache/mapping.h"

struct readahead;

enum { PC_BATCH = 512 };                /* largest n of one call from a kernel stack: 2 KiB of pointers */

/* Or-ed into pcache_give()'s flags: clean pages past the end may be named too.  For write(2), which holds
 * inode.lock and makes the file longer next. */
#define GIVE_PAST_END (1u << 31)

/* A reference to each cached page of [i, i + n); out[k] is NULL where there is none.  Never blocks, whatever
 * state the frames are in.  Returns how many. */
unsigned pcache_find(struct mapping *m, pgoff_t i, unsigned n, struct frame **out);

/* One page: referenced, or NULL. */
struct frame *pcache_find_one(struct mapping *m, pgoff_t i);
/* The same, if the file reaches to @end at that moment. */
struct frame *pcache_find_within(struct mapping *m, pgoff_t i, loff_t end);

/*
 * Page @f of @m, which was in the cache, is used by its name: for the first time, if readahead or mwrite brought it,
 * else again, which reclaim respects.  The caller keeps @m.
 * Returns: 1 if readahead had brought it, to be counted as C_RA_USED.
 */
unsigned pcache_first_use(struct mapping *m, struct frame *f);

static inline unsigned pcache_use(struct mapping *m, struct frame *f)
{
	if (frame_is(f, FR_AHEAD | FR_FIRSTOUT)) {
		return pcache_first_use(m, f);
	}
	if (!frame_is(f, FR_REFERENCED)) {
		frame_set(f, FR_REFERENCED);
	}
	return 0;
}

/*
 * Make it so: page @i, up to date, with a reference; reads it and, as @ra advises, what follows.
 * @ra may be NULL (metadata): no readahead.  Counts hits and misses.
 * Sleeps.  Returns: 0; -EIO; -ENOMEM; -ERANGE past the end.  The frame is not locked: lock and re-check its name where that matters.
 */
must_check int pcache_get(struct mapping *m, struct readahead *ra, pgoff_t i, struct frame **out);

/* The same, locked; it is page @i then, and within the file: a truncation waits for the lock. */
must_check int pcache_get_locked(struct mapping *m, struct readahead *ra, pgoff_t i, struct frame **out);

/*
 * The page for overwriting: found or newly named, locked, referenced; content need not be up to date
 * (FR_UPTODATE says).  For write(2) and metadata.  Sleeps.  Returns: 0; -ENOMEM.
 */
must_check int pcache_grab(struct mapping *m, pgoff_t i, struct frame **out);

/* A locked page that is not up to date: read it and wait; it is locked again (or still) afterwards and
 * the name may have gone (f->mapping).  Returns 0, -EIO, or -ENOMEM when there was no memory to find out where it is. */
must_check int pcache_fill(struct mapping *m, struct frame *f);

/*
 * Un-name a frame that the caller found, to own it: caller holds one reference and the frame lock.
 * Done only if the cache is the only other owner (refs == 2, maps == 0) and the page is up to date, clean,
 * not under writeback.  Counts what stood in the way (FALLBACK_*).
 * Owns: the cache's reference is dropped; the caller's is then the only one.
 * Returns: 0, or -EBUSY.
 */
must_check int pcache_steal(struct frame *f);

/* Sleep until no page of the range is locked for I/O. */
void pcache_settle(struct mapping *m, pgoff_t i, unsigned n);

/* Is no page of the range locked, dirty or being written?  True if none is cached. */
bool pcache_at_rest(struct mapping *m, pgoff_t i, unsigned n);

/* Tree nodes for the range exist from now on: give cannot run out of memory.  Sleeps.  0 or -ENOMEM.
 * Undone by pcache_unreserve() when the giving is over, given or not. */
must_check int pcache_reserve(struct mapping *m, pgoff_t i, unsigned n);
void pcache_unreserve(struct mapping *m, pgoff_t i, unsigned n);

/*
 * Name the nameless frames f[0..n) page i, i+1, ... with @flags (FR_LOCKED to read into, FR_UPTODATE |
 * FR_DIRTY for content that must reach the disk; FR_MARK, FR_AHEAD, FR_FIRSTOUT as hints).  Stops at a slot
 * that is taken, and, unless dirty, at the end of the file.  Slots must be reserved.
 * Owns: the caller's reference of each given frame becomes the cache's.
 * Returns: how many.
 */
unsigned pcache_give(struct mapping *m, pgoff_t i, struct frame **f, unsigned n, uint32_t flags);

/*
 * Take names away.  For each page of [i, i + n) whose frame is settled and owned by nobody but the
 * cache, remove it and hand it to the caller: out[k] is then nameless and solely ours.
 * @how is TAKE_CLEAN (leave dirty frames, which hold the only copy, and those without content), TAKE_FIRSTOUT (of the
 * clean ones those that reclaim takes first) or TAKE_ANY (the content is dead).
 * out[k] is NULL for holes and for frames in use; the caller waits, copies or skips, as suits it.
 * Owns: the cache's reference becomes the caller's.
 * Returns: how many were taken.
 */
enum take { TAKE_CLEAN, TAKE_FIRSTOUT, TAKE_ANY };
unsigned pcache_take(struct mapping *m, pgoff_t i, unsigned n, enum take how, struct frame **out);

/*
 * Put new[0..n) (nameless, prepared, sole) in the places of pages i, i+1, ..., dirty and up to date, in one step:
 * a reader sees the old page or the new one, never the disk's version.  Stops at a page that is mapped, locked,
 * under writeback or held, at an empty slot, and at the end of the leaf, that is, after RADIX_SIZE pages at most.
 * Owns: the caller's references of new[] become the cache's; those of the old frames, nameless, in old[], the caller's.
 * Returns: how many.
 */
unsigned pcache_replace(struct mapping *m, pgoff_t i, struct frame **new, unsigned n, uint32_t flags,
                        struct frame **old);

/* Un-name whatever refs is; the caller holds a reference and the frame lock, no writeback in progress.  Other
 * holders keep a nameless frame. */
void pcache_forget(struct frame *f);

/* Mark a locked (or otherwise pinned), up-to-date, placed page dirty.  One that is dirty stays so as long as it is
 * locked: see writeback.c. */
void pcache_make_dirty(struct frame *f);

static inline void pcache_dirty(struct frame *f)
{
	if (!frame_is(f, FR_DIRTY)) {
		pcache_make_dirty(f);
	}
}

/* From ioreq.done, any context: pages [i, i + n) have been read / written; one wake-up a waiter. */
void pcache_read_done (struct mapping *m, pgoff_t i, unsigned n, int error);
void pcache_write_done(struct mapping *m, pgoff_t i, unsigned n, int error);

/*
 * Set the size and drop every page past it (all of them for 0), zeroing the tail of the last one, which is read
 * for that and becomes dirty.  Waits for I/O in progress on them; mappings of them are removed.  Holders keep
 * nameless frames.
 * Locks: inode.lock held by the caller.  Sleeps.
 * Returns: 0; -EIO or -ENOMEM when the tail cannot be zeroed, and then nothing has changed.
 */
int  pcache_truncate(struct mapping *m, loff_t size);

/* Grow the size (never shrinks), under mapping.lock; zeroes the tail of a cached partial last page first.
 * Locks: inode.lock held by the caller.  Sleeps. */
must_check int pcache_extend(struct mapping *m, loff_t size);

/* Just the size, under mapping.lock: for whoever has dealt with the tail.  Locks: inode.lock held by the caller. */
void pcache_set_size(struct mapping *m, loff_t size);

/* Drop the pages of [i, i + n) in whatever use they are, as a truncation does, because the disk knows better or soon will;
 * with TAKE_CLEAN dirty ones stay.  Sleeps. */
void pcache_drop(struct mapping *m, pgoff_t i, unsigned n, enum take how);

/* Drop clean, unused, unmapped pages of the whole mapping; returns how many. */
unsigned pcache_drop_clean(struct mapping *m);

/* The first run of pages without a name in [i, i + n): its length, and where in *@at; 0 if all are there. */
unsigned pcache_gap(struct mapping *m, pgoff_t i, unsigned n, pgoff_t *at);


/* Report the error that a file description has not heard of yet, and note that it has: -errno or 0. */
int  wberr_check(struct mapping *m, uint32_t *seen);

/* Machine-wide state, for /proc and the throttle. */
struct pcache_totals { uint32_t named, dirty, writeback; };
struct pcache_totals pcache_totals(void);

#endif
