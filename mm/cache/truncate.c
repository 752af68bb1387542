/*
 * The end of a file: shorter, longer, and gone from memory.
 *
 * Order of a truncation: the size first, under mapping.lock, so that nobody names new pages behind it; then
 * the pages, idle ones by the batch, the others one by one: lock, wait for writeback, unmap, forget.
 * Only then may the file system free the blocks.
 *
 * Bytes behind the end of a file are never readable: the tail of its last page is zeroed when the file
 * gets shorter, on disk too, and again when it gets longer, for somebody may have mapped and written it.
 *
 * Floor 4.  Read next: readahead.c
 */
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/cache/names.h"
#include "mm/cache/rmap.h"

/* Zero @f from byte @from of the page on.  Locks: frame lock held. */
static void zero_tail(struct frame *f, uint32_t from)
{
	memset((char *)frame_data(f) + from, 0, PAGE_SIZE - from);
}

/* The file is about to end at @size, inside a page: clear the rest of it, in the file. */
static int cut_last_page(struct mapping *m, loff_t size)
{
	pgoff_t index = (pgoff_t)(size >> PAGE_SHIFT);
	struct frame *f;
	int err = pcache_get(m, NULL, index, &f);

	if (err) {
		return err;
	}
	frame_lock(f);
	if (f->mapping == m) {
		zero_tail(f, (uint32_t)size & PAGE_MASK);
		if (f->place) {         /* a hole is zeros already, here and on disk */
			pcache_dirty(f);
		}
	}
	frame_unlock(f);
	frame_put(f);
	return 0;
}

/* See pcache.h.  Locks: takes m->lock. */
void pcache_set_size(struct mapping *m, loff_t size)
{
	spin_lock(&m->lock);
	m->size = size;
	spin_unlock(&m->lock);
}

/* The first cached page at or after *@i: its index in *@i and a reference, or NULL. */
static struct frame *next_cached(struct mapping *m, pgoff_t *i)
{
	struct frame *f = NULL;
	struct radix_node *leaf;

	spin_lock(&m->lock);
	leaf = radix_next(&m->frames, *i);
	if (leaf) {
		unsigned from = *i > leaf->first ? *i & RADIX_MASK : 0;
		uint64_t used = leaf->used >> from << from;

		f = used ? leaf->slot[radix_first(used)] : NULL;
	}
	if (f) {
		frame_get(f);
		*i = f->index;
	}
	spin_unlock(&m->lock);
	return f;
}

/* Drop the idle pages of one leaf from *@i on; *@i moves to the next leaf with pages.  False at the end of the tree. */
static bool drop_idle(struct mapping *m, pgoff_t *i, enum take how)
{
	struct frame *batch[RADIX_SIZE];
	struct frame *f = next_cached(m, i);
	unsigned span = radix_span(*i, RADIX_SIZE);

	if (!f) {
		return false;
	}
	frame_put(f);
	if (pcache_take(m, *i, span, how, batch) > 0) {
		frame_put_many(batch, span);
	}
	if (*i > PGOFF_LAST - span) {
		return false;
	}
	*i += span;
	return true;
}

/* One page that somebody maps, holds or transfers.  Owns: the reference is gone. */
static void drop_busy(struct mapping *m, struct frame *f, enum take how)
{
	frame_lock(f);
	if (f->mapping == m) {
		frame_wait(f, FR_WRITEBACK);
		if (atomic_read(&f->maps) > 0) {
			rmap_unmap(m, f->index, f->index);
		}
		if (how == TAKE_ANY || !frame_is(f, FR_DIRTY)) {
			pcache_forget(f);
		}
	}
	frame_unlock(f);
	frame_put(f);
}

/* See pcache.h.  Locks: inode.lock held.  Sleeps. */
int pcache_truncate(struct mapping *m, loff_t size)
{
	pgoff_t first = size_pages(size), i = first;
	struct frame *f;

	if (size < m->size && (size & PAGE_MASK)) {
		int err = cut_last_page(m, size);

		if (err) {
			return err;
		}
	}
	pcache_set_size(m, size);
	while (drop_idle(m, &i, TAKE_ANY)) {
	}
	i = first;
	while ((f = next_cached(m, &i)) != NULL) {
		drop_busy(m, f, TAKE_ANY);
	}
	return 0;
}

/* See pcache.h.  Locks: inode.lock held.  Sleeps. */
int pcache_extend(struct mapping *m, loff_t size)
{
	loff_t old = mapping_size(m);

	if (size <= old) {
		return 0;
	}
	if (old & PAGE_MASK) {
		struct frame *f = pcache_find_one(m, (pgoff_t)(old >> PAGE_SHIFT));

		if (f && frame_is(f, FR_UPTODATE)) {
			frame_lock(f);
			if (f->mapping == m && mapping_size(m) == old) {
				zero_tail(f, (uint32_t)old & PAGE_MASK);
			}
			frame_unlock(f);
		}
		if (f) {
			frame_put(f);
		}
	}
	pcache_set_size(m, size);
	return 0;
}

/* See pcache.h.  Sleeps. */
void pcache_drop(struct mapping *m, pgoff_t i, unsigned n, enum take how)
{
	struct frame *f, *idle[RADIX_SIZE];
	pgoff_t end = i + n;

	while (i < end && (f = next_cached(m, &i)) != NULL) {
		unsigned span = i < end ? radix_span(i, end - i) : 0;

		frame_put(f);
		if (pcache_take(m, i, span, how, idle) > 0) {
			frame_put_many(idle, span);
		}
		for (unsigned k = 0; k < span; k++) {
			f = pcache_find_one(m, i + k);
			if (f) {
				drop_busy(m, f, how);
			}
		}
		i += span;
	}
}

/* See pcache.h. */
unsigned pcache_drop_clean(struct mapping *m)
{
	uint32_t before = m->nframes;
	pgoff_t i = 0;

	while (drop_idle(m, &i, TAKE_CLEAN)) {
	}
	return before - m->nframes;
}
