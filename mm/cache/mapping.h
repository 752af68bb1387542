/*
 * A mapping: a nameable array of pages.  The contract between the page cache, which knows frames and
 * indices, and file systems, which know blocks.  mm knows struct mapping, never struct inode.
 *
 * Every inode has one, and so has every block device (its metadata is cached there).
 *
 * Floor 4.  Read next: pcache.h
 */
#ifndef MM_CACHE_MAPPING_H
#define MM_CACHE_MAPPING_H

#include "kernel/lib/radix.h"
#include "kernel/lock.h"
#include "mm/phys/frame.h"

struct mapping_ops;

/* A write error is remembered until every open file has heard of it: an errno and how many there were. */
struct wberr { int error; uint32_t seq; };

struct mapping {
	struct spinlock           lock;
	struct radix              frames;       /* index -> frame, tags      [lock]               */
	uint32_t                  nframes;      /* named here                [lock]               */
	uint32_t                  ndirty;       /* tagged dirty              [lock]               */
	loff_t                    size;         /* bytes; the only copy      [lock; changes also need inode.lock] */
	const struct mapping_ops *ops;
	struct spinlock           vmas_lock;
	struct list               vmas;         /* who maps us               [vmas_lock]          */
	struct list               link_dirty;   /* mappings with dirty pages [writeback.c]        */
	bool                      flushing;     /* the flusher is here       [writeback.c]        */
	struct wberr              wberr;        /*                           [lock]               */
	struct list               link_due;     /* mappings with pages due   [order.c]            */
	pgoff_t                   due_lo;       /* [lo, hi): may have blocks that do not hold     */
	pgoff_t                   due_hi;       /*  their content yet        [order.c]            */
	pgoff_t                   pending_lo;   /* [lo, hi): got a place just now and have no     */
	pgoff_t                   pending_hi;   /*  content yet: read as zeros [lock; inode.lock] */
};

/*
 * Door: cache -> file system.  Frame arrays are f[0..n) for pages i..i+n-1, without holes.
 *
 *   prepare  find or allocate a place on disk for each page, one run if possible; sets f->place.  The
 *            frames are locked and named, or nameless and the caller's.  Returns how many (> 0) or
 *            -ENOSPC, -EIO, -EFBIG.  Sleeps.  Where nameless frames get new blocks, readers could reach
 *            those before the frames have their names, and see what somebody else left on the disk:
 *            so they are made pending first (mapping_pending), and only one unbroken range a call.  The
 *            caller is between order_begin() and order_end(), and the frames are dirty pages by the latter.
 *   read     start reading pages whose frames are locked and named; sets f->place.  Holes and pending
 *            pages are zero-filled.  Each page ends in pcache_read_done(), also on error.  Sleeps only
 *            to look up where the pages are.
 *   write    start writing pages whose frames are under writeback, to f->place.  Each ends in
 *            pcache_write_done(), also on error.  Allocates nothing, takes no file-system lock.
 *   hold     keep the object alive for a VMA / let it go.  drop may sleep and destroy; no locks held.
 *   drop
 *   barrier  a mapping of metadata: what was written stays before what will be.  The mapping is written after
 *            the content that it leads to (order.h).  NULL for others.  Sleeps.  Returns 0 or -errno.
 *
 * A NULL write means: these pages are nowhere but in memory.  They never become dirty, and are never reclaimed.
 */
struct mapping_ops {
	int  (*prepare)(struct mapping *m, pgoff_t i, struct frame **f, unsigned n);
	void (*read)   (struct mapping *m, pgoff_t i, struct frame **f, unsigned n);
	void (*write)  (struct mapping *m, pgoff_t i, struct frame **f, unsigned n);
	void (*hold)   (struct mapping *m);
	void (*drop)   (struct mapping *m);
	int  (*barrier)(struct mapping *m);
};

static inline bool mapping_memory_only(const struct mapping *m)
{
	return !m->ops->write;
}

void mapping_init(struct mapping *m, const struct mapping_ops *ops, loff_t size);

/*
 * Pages [lo, hi) are about to get places and have no content yet / whatever was pending has it now.
 * Between the two, ops.read fills them with zeros, which is what the hole was.
 */
void mapping_pending(struct mapping *m, pgoff_t lo, pgoff_t hi);
void mapping_not_pending(struct mapping *m);

/* The size, read under the lock (64 bits do not read in one piece). */
loff_t mapping_size(struct mapping *m);

#endif
