/*
 * The life of an area.
 *
 * Invariant: an area in the set of a space holds its mapping (mapping_ops.hold) and is on its list; its bounds
 * change only under space.lock and, for areas of files, under the mapping's vmas_lock, so reverse
 * mapping always sees every area that shows a page.  Entries are removed before the area leaves the list.
 *
 * Floor 5.  Read next: space.c
 */
#include "mm/space/area.h"

#include "kernel/lib/errno.h"
#include "mm/cache/rmap.h"
#include "mm/phys/kmalloc.h"

/* See area.h. */
struct vma *area_create(struct space *s, const struct map_request *r, uva_t at)
{
	struct vma *v = kzalloc(sizeof(*v), ALLOC_WAIT);

	if (!v) {
		return NULL;
	}
	v->start = at;
	v->end = at + r->len;
	v->prot = (uint16_t)r->prot;
	v->flags = (uint16_t)r->flags;
	v->pager = r->pager;
	v->mapping = r->mapping;
	v->pgoff = r->pgoff;
	v->pt = &s->pt;
	ra_init(&v->ra);
	if (v->mapping) {
		v->mapping->ops->hold(v->mapping);
	}
	return v;
}

/* See area.h. */
struct vma *area_copy(struct space *s, const struct vma *v)
{
	struct map_request r = {
		.len = v->end - v->start, .prot = v->prot, .flags = v->flags,
		.pager = v->pager, .mapping = v->mapping, .pgoff = v->pgoff,
	};

	return area_create(s, &r, v->start);
}

/* See area.h. */
void area_free(struct vma *v)
{
	if (v->mapping) {
		v->mapping->ops->drop(v->mapping);
	}
	kfree(v);
}

/* See area.h. */
void area_free_all(struct list *removed)
{
	struct list *l;

	while ((l = list_pop_front(removed)) != NULL) {
		area_free(list_entry(l, struct vma, link));
	}
}

/* See area.h. */
void area_insert(struct space *s, struct vma *v)
{
	int err = vma_insert(&s->vmas, v);

	ASSERT(err == 0);
	s->nvmas++;
	if (v->mapping) {
		rmap_link(v);
	}
}

/* The bounds of @v and the birth of @upper are one step to whoever looks through the mapping's list. */
static void split_listed(struct vma *v, uva_t at, struct vma *upper)
{
	spin_lock(&v->mapping->vmas_lock);
	vma_split(v, at, upper);
	list_push_back(&v->mapping->vmas, &upper->link_mapping);
	spin_unlock(&v->mapping->vmas_lock);
}

/* See area.h. */
int area_split(struct space *s, uva_t at)
{
	struct vma *v = vma_find(&s->vmas, at);
	struct vma *upper;

	if (!v || v->start == at) {
		return 0;
	}
	if (s->nvmas >= MAX_AREAS) {
		return -ENOMEM;
	}
	upper = area_copy(s, v);
	if (!upper) {
		return -ENOMEM;
	}
	if (v->mapping) {
		split_listed(v, at, upper);
	} else {
		vma_split(v, at, upper);
	}
	s->nvmas++;
	return 0;
}

/* Free the page tables that served nothing but [lo, hi): those at its edges only if no neighbour reaches in. */
static void prune(struct space *s, uva_t lo, uva_t hi)
{
	struct vma *above = vma_find_above(&s->vmas, lo);       /* the set has nothing in [lo, hi) now */
	struct list *l = above ? above->link.prev : s->vmas.prev;
	uva_t floor = l != &s->vmas ? list_entry(l, struct vma, link)->end : 0;
	uva_t ceiling = above ? above->start : USER_TOP;
	uva_t from = lo & ~(PT_SPAN - 1);
	uva_t to = (hi + PT_SPAN - 1) & ~(PT_SPAN - 1);

	pt_prune(&s->pt, MAX(floor, from), MIN(ceiling, to));
}

/* See area.h. */
void area_remove(struct space *s, uva_t lo, uva_t hi, struct list *removed)
{
	struct tlb_batch b = tlb_begin(&s->pt);
	struct vma *v;

	s->last = NULL;                 /* it may be among them */
	while ((v = vma_find_above(&s->vmas, lo)) != NULL && v->start < hi) {
		ASSERT(v->start >= lo && v->end <= hi);
		pt_unmap(&s->pt, v->start, (v->end - v->start) >> PAGE_SHIFT, &b);
		if (v->mapping) {
			rmap_unlink(v);
		}
		list_remove(&v->link);
		list_push_back(removed, &v->link);
		s->nvmas--;
		prune(s, v->start, v->end);
	}
	tlb_flush(&b);
}
