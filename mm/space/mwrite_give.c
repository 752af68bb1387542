/*
 * The arriving end of mwrite: names for the frames, and what to do where the destination has a page already.
 *
 *      slot empty                          the frame gets the name                     move
 *      idle page                           replaced in one step                        move
 *      page mapped, locked, being          our bytes are copied into it, so            copy
 *      written, or in somebody's hands     that whoever maps it sees them
 *
 * Floor 5.  [LT 2002-05-11: "copies only on collision"]
 */
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/x86/mmu.h"
#include "mm/space/move.h"

/* Overwrite the page that is in the way with ours, which is then done with; false if it lost its name meanwhile. */
static bool copy_into(struct mapping *dst, pgoff_t i, struct frame *f)
{
	struct frame *page = pcache_find_one(dst, i);
	bool done = false;

	if (!page) {
		return false;
	}
	frame_lock(page);
	if (page->mapping == dst) {
		page_copy(frame_data(page), frame_data(f));
		page->place = f->place;         /* a hole's page has none yet; else it is the same */
		frame_set(page, FR_UPTODATE);
		pcache_dirty(page);
		count_add(C_BYTES_COPIED_FALLBACK, PAGE_SIZE);
		count_add(C_FALLBACK_TARGET, 1);
		done = true;
	}
	frame_unlock(page);
	frame_put(page);
	if (done) {
		f->place = 0;
		frame_put(f);
	}
	return done;
}

/* Pages @i.. of the destination are cached and idle: ours take their places.  Returns how many, of one leaf at most. */
static unsigned give_over(struct mapping *dst, pgoff_t i, struct frame **f, unsigned n, uint32_t flags)
{
	struct frame *old[RADIX_SIZE];
	unsigned given = pcache_replace(dst, i, f, n, flags, old);

	frame_put_many(old, given);
	return given;
}

/* See move.h.  Sleeps. */
void give_all(struct move *m, unsigned n)
{
	uint32_t flags = FR_UPTODATE | FR_DIRTY;
	unsigned done = 0, copied = 0;

	if (m->vma->pager == &pager_uncached) {
		flags |= FR_FIRSTOUT;
	}
	while (done < n) {
		struct frame **f = m->frame + done;
		unsigned given = pcache_give(m->dst, m->at + done, f, n - done, flags);

		if (given == 0) {
			given = give_over(m->dst, m->at + done, f, n - done, flags);
		}
		if (given == 0 && copy_into(m->dst, m->at + done, *f)) {
			given = 1;
			copied++;
		}
		done += given;
	}
	count_add(C_FRAMES_MOVED, n - copied);
}

/* See move.h.  Only a mapping of the destination itself can overlap, so the look at every page is rare. */
int mwrite_overlaps(struct space *s, uva_t va, unsigned npages, struct mapping *dst, pgoff_t at)
{
	int err = 0;

	mutex_lock(&s->lock);
	for (unsigned k = 0; k < npages && !err;) {
		struct vma *v = vma_find(&s->vmas, va + k * PAGE_SIZE);
		unsigned n = v ? MIN(npages - k, (v->end - va - k * PAGE_SIZE) >> PAGE_SHIFT) : npages - k;

		if (v && v->pager == &pager_uncached && v->mapping == dst) {
			for (unsigned j = k; j < k + n && !err; j++) {
				pgoff_t index = vma_index(v, va + j * PAGE_SIZE);

				if (index != at + j && index >= at && index < at + npages &&
				    !pt_lookup(&s->pt, va + j * PAGE_SIZE, NULL)) {
					err = -EINVAL;
				}
			}
		}
		k += n;
	}
	mutex_unlock(&s->lock);
	return err;
}
