/*
 * The allocator's own state, shared by the files that make up frame.h and by nobody else:
 * frame_init.c fills it, frame.c and frame_table.c work with it, frame_check.c checks it.
 *
 * Free frames are a stack, chained by link.next and ended by NULL.  A batch is then a piece of chain,
 * cut off or put on in one go; and as frames come back in the order in which they went, a batch is mostly
 * one run of physical memory, which the block layer turns into few segments.  Frames that were page
 * tables, and so are full of zeros, are on a stack of their own, where the next table looks first (frame_table.c).
 *
 * Floor 3.  Private to mm/phys/frame*.c
 */
#ifndef MM_PHYS_POOL_H
#define MM_PHYS_POOL_H

#include "kernel/lock.h"
#include "mm/phys/frame.h"

struct frame_pool {
	struct spinlock lock;
	struct list    *top;            /* first free frame's link       [lock]                   */
	struct list    *zeros;          /* the same of those full of zeros, not on that chain [lock] */
	pfn_t           zeroed;         /* frames on the latter          [lock]                   */
	pfn_t           free;           /* frames on both chains         [lock]                   */
	pfn_t           all;            /* frames the allocator ever had [fixed by frame_init]    */
	pfn_t           reserve;        /* kept for ALLOC_ATOMIC         [fixed by frame_init]    */
	unsigned        fail_in;        /* fault injection; 0 = off      [lock]                   */
};

extern struct frame_pool pool;

/* frame_wait.c: make the places where sleepers wait. */
void frame_wait_init(void);

/* frame_table.c: let the frames of zeros be handed out for anything.  Locks: pool.lock held. */
void pool_spend_zeros(void);

static inline struct frame *link_frame(struct list *l)
{
	return list_entry(l, struct frame, link);
}

/* How many frames a caller of kind @how (ALLOC_*) must leave. */
static inline pfn_t pool_reserve(unsigned how)
{
	if (how & (ALLOC_HINT | ALLOC_CACHE)) {
		return how & ALLOC_HINT ? 2 * pool.reserve : pool.reserve - pool.reserve / 4;
	}
	return how & ALLOC_WAIT ? pool.reserve : 0;
}

/* The first frame of a chain of free ones, with its first owner now.  Locks: pool.lock held. */
static inline struct frame *pool_pop(struct list **chain, unsigned how)
{
	struct frame *f = link_frame(*chain);

	*chain = f->link.next;
	f->link.next = NULL;
	f->flags = how & ALLOC_KERNEL ? FR_KERNEL : 0;
	atomic_set(&f->refs, 1);
	return f;
}

/*
 * The last owner has gone: make the frame as good as new.  Whatever the assertions find would be somebody
 * still at work on it: a name in a cache, an entry in a page table, a device.
 */
static inline void pool_retire(struct frame *f)
{
	ASSERT(f->mapping == NULL);
	ASSERT(atomic_read(&f->maps) == 0);
	ASSERT((f->flags & (FR_LOCKED | FR_DIRTY | FR_WRITEBACK | FR_RESERVED)) == 0);
	ASSERT(!list_linked(&f->link));
	f->flags = 0;
	f->index = 0;
	f->place = 0;
}

#endif
