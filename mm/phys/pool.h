/*
 * The allocator's own state, shared by the files that make up frame.h and by nobody else:
 * frame_init.c fills it, frame.c works with it, frame_check.c checks it.
 *
 * Free frames are a stack, chained by link.next and ended by NULL.  A batch is then a piece of chain,
 * cut off or put on in one go; and as frames come back in the order in which they went, a batch is mostly
 * one run of physical memory, which the block layer turns into few segments.
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
	pfn_t           free;           /* frames on the chain           [lock]                   */
	pfn_t           all;            /* frames the allocator ever had [fixed by frame_init]    */
	pfn_t           reserve;        /* kept for ALLOC_ATOMIC         [fixed by frame_init]    */
	unsigned        fail_in;        /* fault injection; 0 = off      [lock]                   */
};

extern struct frame_pool pool;

/* frame_wait.c: make the places where sleepers wait. */
void frame_wait_init(void);

static inline struct frame *link_frame(struct list *l)
{
	return list_entry(l, struct frame, link);
}

#endif
