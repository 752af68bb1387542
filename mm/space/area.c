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

/* A new area has read nothing yet, and holds its mapping. */
static struct vma *begin_life(struct vma *v)
{
	ra_init(&v->ra);
	if (v->mapping) {
		v->mapping->ops->hold(v->mapping);
	}
	return v;
}

/* See area.h. */
struct vma *area_create(struct space *s, const struct map_request *r, uva_t at)
{
	struct vma *v = kmalloc(sizeof(*v), ALLOC_WAIT);

	if (!v) {
		return NULL;
	}
	*v = (struct vma){
		.start = at, .end = at + r->len, .prot = (uint16_t)r->prot, .flags = (uint16_t)r->flags,
		.pager = r->pager, .mapping = r->mapping, .pgoff = r->pgoff, .pt = &s->pt,
	};
	return begin_life(v);
}

/* See area.h. */
struct vma *area_copy(struct space *s, const struct vma *v)
{
	struct vma *copy = kmalloc(sizeof(*copy), ALLOC_WAIT);

	if (!copy) {
		return NULL;
	}
	*copy = *v;
	copy->pt = &s->pt;
	copy->link = copy->link_mapping = (struct list){ NULL, NULL };
	return begin_life(copy);
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
void area_insert(struct space *s, struct list *next, struct vma *v)
{
	vma_insert_before(&s->vmas, next, v);
	s->nvmas++;
	s->last = v;
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
	struct vma *v = area_above(s, at);
	struct vma *upper;

	if (!v || v->start >= at) {
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

/* Free the page tables that served nothing but @v, which is going: those at its edges only if no neighbour reaches in. */
static void prune(struct space *s, const struct vma *v)
{
	const struct list *below = v->link.prev, *above = v->link.next;
	uva_t floor = below != &s->vmas ? list_entry(below, struct vma, link)->end : 0;
	uva_t ceiling = above != &s->vmas ? list_entry(above, struct vma, link)->start : USER_TOP;
	uva_t from = MAX(floor, v->start & ~(PT_SPAN - 1));
	uva_t to = MIN(ceiling, (v->end + PT_SPAN - 1) & ~(PT_SPAN - 1));

	if (to - from >= PT_SPAN) {
		pt_prune(&s->pt, from, to);
	}
}

static void remove_one(struct space *s, struct vma *v, struct tlb_batch *b)
{
	pt_unmap(&s->pt, v->start, (v->end - v->start) >> PAGE_SHIFT, b);
	prune(s, v);
	if (v->mapping) {
		rmap_unlink(v);
	}
	list_remove(&v->link);
	s->nvmas--;
}

/* See area.h. */
void area_remove(struct space *s, struct vma *first, uva_t hi, struct list *removed)
{
	struct tlb_batch b = tlb_begin(&s->pt);
	struct list *l = &first->link, *next;

	s->last = NULL;                 /* it may be among them */
	for (; l != &s->vmas && list_entry(l, struct vma, link)->start < hi; l = next) {
		next = l->next;
		ASSERT(list_entry(l, struct vma, link)->end <= hi);
		remove_one(s, list_entry(l, struct vma, link), &b);
		list_push_back(removed, l);
	}
	tlb_flush(&b);
}
