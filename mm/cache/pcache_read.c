/*
 * Pages with content: get one that is up to date, grab one to overwrite.
 *
 * After every sleep the frame may have lost its name (truncate): f->mapping is looked at again under the
 * frame lock or mapping.lock.
 *
 * Floor 4.  Read next: pcache_done.c, readahead.c
 */
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "mm/cache/names.h"
#include "mm/cache/readahead.h"

/* See pcache.h.  Locks: takes m->lock, under which FR_FIRSTOUT and the number of those change. */
unsigned pcache_first_use(struct mapping *m, struct frame *f)
{
	unsigned ahead;

	spin_lock(&m->lock);
	ahead = frame_is(f, FR_AHEAD);
	if (frame_is(f, FR_FIRSTOUT)) {
		atomic_add(&cache_sums.firstout, -1);
	}
	frame_clear(f, FR_AHEAD | FR_FIRSTOUT);
	spin_unlock(&m->lock);
	return ahead;
}

static inline void note_use(struct mapping *m, struct frame *f)
{
	if (pcache_use(m, f)) {
		count_add(C_RA_USED, 1);
	}
}

/* The reader has come to page @f: if that was the mark, readahead goes on. */
static void note_reader(struct mapping *m, struct readahead *ra, struct frame *f)
{
	if (frame_is(f, FR_MARK)) {
		frame_clear(f, FR_MARK);
		ra_mark_hit(m, ra, f);
	}
	ra->prev = f->index;
}

/*
 * Page @f is there, but not up to date.  Wait for the read that is under way; or, if an earlier one failed and
 * nobody (@asked) of us has tried since, try again.  0: look once more.
 */
static int settle_one(struct mapping *m, struct frame *f, bool asked)
{
	int err = 0;

	if (frame_is(f, FR_LOCKED)) {
		/* A read that somebody needed is ours as well; one that was only a hint keeps its errors to itself. */
		asked |= !frame_is(f, FR_AHEAD);
		frame_wait(f, FR_LOCKED);
	}
	if (frame_is(f, FR_UPTODATE)) {
		return 0;
	}
	if (asked && frame_is(f, FR_ERROR)) {
		return -EIO;
	}
	frame_lock(f);
	if (f->mapping == m && !frame_is(f, FR_UPTODATE)) {
		err = pcache_fill(m, f);
	}
	frame_unlock(f);
	return err;
}

/* See pcache.h.  Sleeps. */
int pcache_get(struct mapping *m, struct readahead *ra, pgoff_t i, struct frame **out)
{
	bool missed = false, asked = false;
	int err;

	for (;;) {
		struct frame *f = pcache_find_one(m, i);

		if (f && frame_is(f, FR_UPTODATE)) {
			count_add(missed ? C_CACHE_MISSES : C_CACHE_HITS, 1);
			if (!missed || frame_is(f, FR_AHEAD)) {
				note_use(m, f);
			}
			if (ra) {
				note_reader(m, ra, f);
			}
			*out = f;
			return 0;
		}
		missed = true;
		if (f) {
			err = settle_one(m, f, asked);
			frame_put(f);   /* look it up again: it may have been truncated meanwhile */
		} else if (i >= size_pages(mapping_size(m))) {
			err = -ERANGE;
		} else {
			err = ra_miss(m, ra, i, 1);
			asked = true;
		}
		if (err) {
			return err;
		}
	}
}

/*
 * Page @i, locked, if it is there (and @inside the file), has of the flags @look just @want, and nobody has it locked.
 * All that is seen at one moment, so nothing has to be looked at again.
 */
static inline struct frame *find_and_lock(struct mapping *m, pgoff_t i, uint32_t look, uint32_t want, bool inside)
{
	struct frame *f;

	spin_lock(&m->lock);
	f = inside && i >= size_pages(m->size) ? NULL : names_look(m, i);
	if (f && frame_flags(f, look) == want && frame_trylock(f)) {
		frame_get(f);
	} else {
		f = NULL;
	}
	spin_unlock(&m->lock);
	return f;
}

/* pcache_get(), and then the lock, until it is still the page when we have that.  Sleeps. */
static int get_and_lock(struct mapping *m, struct readahead *ra, pgoff_t i, struct frame **out)
{
	for (;;) {
		struct frame *f;
		int err = pcache_get(m, ra, i, &f);

		if (err) {
			return err;
		}
		frame_lock(f);
		if (f->mapping == m) {
			err = i < size_pages(mapping_size(m)) ? 0 : -ERANGE;
			if (!err) {
				*out = f;
				return 0;
			}
		}
		frame_unlock(f);
		frame_put(f);
		if (err) {
			return err;     /* being truncated: who does that waits for the lock that we had */
		}
	}                               /* no longer this page: stolen, or truncated and gone */
}

/* See pcache.h.  Sleeps. */
int pcache_get_locked(struct mapping *m, struct readahead *ra, pgoff_t i, struct frame **out)
{
	struct frame *f = find_and_lock(m, i, FR_UPTODATE | FR_MARK, FR_UPTODATE, true);

	if (!f) {
		return get_and_lock(m, ra, i, out);
	}
	count_add(C_CACHE_HITS, 1);
	note_use(m, f);
	if (ra) {
		ra->prev = i;
	}
	*out = f;
	return 0;
}

/* Name a fresh frame page @i, locked, wherever the file ends.  0, or -EEXIST when somebody was quicker. */
static int name_new(struct mapping *m, pgoff_t i, struct frame **out)
{
	struct frame *f = frame_alloc(ALLOC_WAIT | ALLOC_CACHE);
	int err;

	if (!f) {
		return -ENOMEM;
	}
	err = pcache_reserve(m, i, 1);
	if (!err) {
		frame_get(f);           /* one reference for the cache, one for the caller */
		if (pcache_give(m, i, &f, 1, FR_LOCKED | GIVE_PAST_END) == 0) {
			err = -EEXIST;
			frame_put(f);
		}
		pcache_unreserve(m, i, 1);
	}
	if (err) {
		frame_put(f);
		return err;
	}
	*out = f;
	return 0;
}

/* Whatever it takes.  Sleeps. */
static int find_or_name(struct mapping *m, pgoff_t i, struct frame **out)
{
	for (;;) {
		struct frame *f = pcache_find_one(m, i);

		if (!f) {
			int err = name_new(m, i, out);

			if (err != -EEXIST) {
				return err;
			}
			continue;
		}
		frame_lock(f);
		if (f->mapping == m) {
			note_use(m, f);
			*out = f;
			return 0;
		}
		frame_unlock(f);
		frame_put(f);
	}
}

/* See pcache.h.  Sleeps. */
int pcache_grab(struct mapping *m, pgoff_t i, struct frame **out)
{
	struct frame *f = find_and_lock(m, i, 0, 0, false);

	if (!f) {
		return find_or_name(m, i, out);
	}
	note_use(m, f);
	*out = f;
	return 0;
}

/*
 * See pcache.h.  The lock is passed to the transfer, whose end releases it, and taken again.
 * Locks: frame lock held, before and after.  Sleeps.
 */
int pcache_fill(struct mapping *m, struct frame *f)
{
	ASSERT(f->mapping == m && frame_is(f, FR_LOCKED));
	frame_clear(f, FR_ERROR);
	m->ops->read(m, f->index, &f, 1);
	frame_lock(f);
	if (f->mapping == m && !frame_is(f, FR_UPTODATE)) {
		return frame_is(f, FR_ERROR) ? -EIO : -ENOMEM;
	}
	return 0;
}

/* See pcache.h.  Sleeps. */
void pcache_settle(struct mapping *m, pgoff_t i, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		struct frame *f = pcache_find_one(m, i + k);

		if (f) {
			frame_wait(f, FR_LOCKED);
			frame_put(f);
		}
	}
}

/* See pcache.h.  Locks: takes m->lock.  The frame is locked, or nobody else knows it. */
void pcache_make_dirty(struct frame *f)
{
	struct mapping *m = f->mapping;

	ASSERT(m && f->place && frame_is(f, FR_UPTODATE));
	spin_lock(&m->lock);
	if (!frame_is(f, FR_DIRTY)) {
		struct radix_node *leaf = radix_leaf(&m->frames, f->index);

		frame_clear(f, FR_ERROR);
		frame_set(f, FR_DIRTY);
		names_tag_dirty(m, leaf, f->index & RADIX_MASK, 1);
	}
	spin_unlock(&m->lock);
}
