/*
 * What an address space shows of files, for whoever wants to write it out.  The file is held here and synced
 * above: that takes locks which come before the space's.
 *
 * Floor 5.  [POSIX msync]
 */
#include "kernel/lib/errno.h"
#include "mm/space/space.h"

/* See space.h.  Locks: takes s->lock.  Sleeps. */
int space_shown(struct space *s, uva_t *va, uva_t end, struct shown_part *out)
{
	uva_t from = *va;
	struct vma *v;
	int r = -ENOMEM;

	mutex_lock(&s->lock);
	v = vma_find_above(&s->vmas, from);
	if (!v || v->start > from) {
		*va = v ? MIN(v->start, end) : end;
	} else {
		*va = MIN(v->end, end);
		r = (v->flags & VMA_SHARED) && !mapping_memory_only(v->mapping);
	}
	if (r > 0) {
		*out = (struct shown_part){ v->mapping, vma_index(v, from), (*va - from) >> PAGE_SHIFT };
		v->mapping->ops->hold(v->mapping);
	}
	mutex_unlock(&s->lock);
	return r;
}
