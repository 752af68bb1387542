/*
 * Areas that show a file, in three kinds: shared, private, uncached.  They differ in what becomes of the
 * cache's page:
 *
 *      shared      it is mapped itself, and becomes dirty by the first write
 *      private     it is mapped for reading; a write gets a copy
 *      uncached    it is TAKEN: un-named and mapped as private memory, if nobody else needs it
 *
 * Invariant: a frame that comes back named is locked, up to date, and within the file: truncate cannot
 * get between the check and the page-table entry.
 *
 * Floor 5.  Read next: pager_take.c, fault.c.  [LT 2002-05-11]
 */
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/x86/mmu.h"
#include "mm/cache/order.h"
#include "mm/cache/pcache.h"
#include "mm/space/pager.h"
#include "mm/space/pager_take.h"

enum { KEEP_SHARE = 4 };                /* reserves (a 64th of memory or less) that must be left */

/* The cache's page for f->va, still named, to f->frame.  -ERANGE past the end of the file. */
static int get_locked(struct vma *v, struct fault *f)
{
	struct mapping *m = v->mapping;
	struct readahead *ra = mapping_memory_only(m) ? NULL : &v->ra;

	return pcache_get_locked(m, ra, vma_index(v, f->va), &f->frame);
}

static void unlock_put(struct frame *f)
{
	frame_unlock(f);
	frame_put(f);
}

/* Supply a private copy in place of the cache's page, which is given up. */
static int supply_copy(struct fault *f)
{
	struct frame *page = f->frame;

	f->frame = frame_alloc(ALLOC_WAIT);
	if (f->frame) {
		page_copy(frame_data(f->frame), frame_data(page));
		count_add(C_BYTES_COPIED_COW, PAGE_SIZE);
		f->writable = true;
	}
	unlock_put(page);
	return f->frame ? 0 : -ENOMEM;
}

static int private_fault(struct vma *v, struct fault *f)
{
	int err = get_locked(v, f);

	if (err || !f->write) {
		return err;
	}
	return supply_copy(f);
}

/*
 * A stolen page is private memory, which only its owner can give back.  When hardly any other memory is left, pages
 * stay with the cache, which can let go of them and fetch them again: so a file larger than memory can be touched.
 */
static bool room_to_steal(void)
{
	if (frame_count_free() + pcache_totals().named > KEEP_SHARE * frame_count_reserve()) {
		return true;
	}
	count_add(C_FALLBACK_MEMORY, 1);
	return false;
}

/* Exactly private, except that page-in steals the page when it can be removed from the cache. */
static int uncached_fault(struct vma *v, struct fault *f)
{
	int err = get_locked(v, f);

	if (err) {
		return err;
	}
	if (room_to_steal() && pcache_steal(f->frame) == 0) {
		frame_unlock(f->frame);
		f->writable = true;
		return 0;
	}
	if (!f->write) {
		return 0;
	}
	return supply_copy(f);
}

/* First write to a page of a shared area: place before dirt.  What is in memory only is never dirty. */
static int shared_dirty(struct vma *v, struct fault *f)
{
	f->writable = true;
	if (mapping_memory_only(v->mapping)) {
		return 0;
	}
	if (!f->frame->place) {
		int done = v->mapping->ops->prepare(v->mapping, f->frame->index, &f->frame, 1);

		if (done < 0) {
			f->writable = false;
			return done;
		}
	}
	pcache_dirty(f->frame);
	return 0;
}

/* The page may need a new block: see order.h. */
static int shared_write(struct vma *v, struct fault *f)
{
	int err;

	order_begin();
	err = get_locked(v, f);
	if (!err) {
		err = shared_dirty(v, f);
		if (err) {
			unlock_put(f->frame);
			f->frame = NULL;
		}
	}
	order_end();
	return err;
}

static int shared_fault(struct vma *v, struct fault *f)
{
	return f->write ? shared_write(v, f) : get_locked(v, f);
}

const struct pager pager_shared = {
	.name  = "shared",
	.fault = shared_fault,
	.dirty = shared_dirty,
	.take  = take_copies,
};

const struct pager pager_private = {
	.name  = "private",
	.fault = private_fault,
	.take  = take_copies,
};

const struct pager pager_uncached = {
	.name  = "uncached",
	.fault = uncached_fault,
	.take  = take_cached,
};
