/*
 * Frames of page tables.
 *
 * A table begins empty, and is empty when it is freed.  So its frame stays full of zeros, and the next table is spared the
 * clearing.  Until then it is free like any other: counted, and handed out for anything when there are no others.
 *
 * Floor 3.  Read next: frame_wait.c
 */
#include "kernel/counters.h"
#include "mm/phys/pool.h"

static struct frame *take_zeros(unsigned how)
{
	struct frame *f = NULL;

	spin_lock(&pool.lock);
	if (pool.zeros && pool.free > pool_reserve(how)) {
		f = pool_pop(&pool.zeros, how);
		pool.zeroed--;
		pool.free--;
	}
	spin_unlock(&pool.lock);
	return f;
}

/* See frame.h. */
struct frame *frame_alloc_table(unsigned how)
{
	struct frame *f = pool.fail_in == 0 ? take_zeros(how) : NULL;

	if (f) {
		count_add(C_FRAMES_ALLOCATED, 1);
	} else {
		f = frame_alloc_zeroed(how);
	}
	if (f) {
		frame_set(f, FR_PAGETABLE);
	}
	return f;
}

/* See frame.h.  Locks: any. */
void frame_put_table(struct frame *f)
{
	ASSERT(frame_is(f, FR_PAGETABLE) && frame_sole(f));
	atomic_set(&f->refs, 0);
	pool_retire(f);
	spin_lock(&pool.lock);
	f->link.next = pool.zeros;
	pool.zeros = &f->link;
	pool.zeroed++;
	pool.free++;
	spin_unlock(&pool.lock);
	count_add(C_FRAMES_FREED, 1);
}

/* See pool.h. */
void pool_spend_zeros(void)
{
	while (pool.zeros) {
		struct list *l = pool.zeros;

		pool.zeros = l->next;
		l->next = pool.top;
		pool.top = l;
	}
	pool.zeroed = 0;
}
