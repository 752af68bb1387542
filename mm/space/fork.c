/*
 * The copy of an address space.  Frames are shared, one more reference each, and write-protected on both
 * sides, so the first write to any of them makes a copy; areas that are shared between processes stay writable.
 *
 * The child's tables are reserved and its areas listed with their mappings before the first entry is copied:
 * from then on reverse mapping finds what it must, and nothing can fail half-way through the entries.
 *
 * Floor 5.  Read next: fault.c
 */
#include "kernel/lib/errno.h"
#include "mm/space/area.h"

static int fork_area(struct space *child, struct space *s, const struct vma *v, struct tlb_batch *b)
{
	struct vma *copy = area_copy(child, v);

	if (!copy) {
		return -ENOMEM;
	}
	if (pt_fork_reserve(&child->pt, &s->pt, v->start, v->end) != 0) {
		area_free(copy);
		return -ENOMEM;
	}
	area_insert(child, &child->vmas, copy);         /* areas come in order */
	pt_fork(&child->pt, &s->pt, v->start, v->end, !(v->flags & VMA_SHARED), b);
	return 0;
}

/* See space.h.  Locks: takes s->lock.  Sleeps. */
struct space *space_fork(struct space *s)
{
	struct tlb_batch b = tlb_begin(&s->pt);
	struct space *child = space_create();
	int err = 0;

	if (!child) {
		return NULL;
	}
	mutex_lock(&s->lock);
	list_for_each(l, &s->vmas) {
		err = fork_area(child, s, list_entry(l, struct vma, link), &b);
		if (err) {
			break;
		}
	}
	child->brk_start = s->brk_start;
	child->brk = s->brk;
	tlb_flush(&b);
	mutex_unlock(&s->lock);
	if (err) {
		space_put(child);
		return NULL;
	}
	return child;
}
