/*
 * The copy of an address space.  Frames are shared, one more reference each, and write-protected on both
 * sides, so the first write to any of them makes a copy; areas that are shared between processes stay writable.
 *
 * An area of the child is listed with its mapping before its first entry is copied: from then on reverse mapping
 * finds what it must.  If memory ends half-way, what is there of the child goes as any address space does.
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
	area_insert(child, &child->vmas, copy);         /* areas come in order */
	return pt_fork(&child->pt, &s->pt, v->start, v->end, !(v->flags & VMA_SHARED), b);
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
