/*
 * The areas of an address space, as a pure set of intervals.
 *
 *      lo                                                             hi
 *      |      [ program )[ heap )          [ file )[ file )     [ stack )
 *
 * Invariants: sorted by start; disjoint, so sorted by end too; no area is empty; bounds are page aligned.
 *
 * A list is enough for the dozen areas of an ordinary program, and short; the laboratories replace it.
 *
 * Floor 4.  No locks: struct space serialises.  Read next: rmap.c, mm/space/space.c
 */
#include "mm/cache/vma.h"

#include "kernel/lib/errno.h"

static struct vma *vma_of(struct list *l)
{
	return list_entry(l, struct vma, link);
}

/* See vma.h.  An area that ends at 4 GiB would end at 0: there is none, user space ends at USER_TOP. */
struct vma *vma_find_above(struct list *set, uva_t va)
{
	list_for_each(l, set) {
		if (vma_of(l)->end > va) {
			return vma_of(l);
		}
	}
	return NULL;
}

/* See vma.h. */
struct vma *vma_find(struct list *set, uva_t va)
{
	struct vma *v = vma_find_above(set, va);

	return v && v->start <= va ? v : NULL;
}

/* The lowest gap in [lo, hi), or 0: nothing is ever mapped at page 0.  Both are far from 4 GiB. */
static uva_t lowest_gap(struct list *set, uint32_t len, uva_t lo, uva_t hi, uint32_t align, struct list **next)
{
	uva_t at = (lo + align - 1) & ~(align - 1);
	struct list *l;

	for (l = set->next; l != set; l = l->next) {
		const struct vma *v = vma_of(l);

		if (v->end <= at) {
			continue;
		}
		if (v->start > at && v->start - at >= len) {
			break;
		}
		at = (v->end + align - 1) & ~(align - 1);
	}
	*next = l;
	return at < hi && hi - at >= len ? at : 0;
}

/* See vma.h.  What does not fit above @hint goes to the lowest gap of all. */
uva_t vma_gap(struct list *set, uint32_t len, uva_t hint, uva_t lo, uva_t hi, uint32_t align, struct list **next)
{
	uva_t from = hint > lo && hint < hi ? hint : lo;

	ASSERT(len > 0 && align >= PAGE_SIZE && (align & (align - 1)) == 0);
	ASSERT(lo <= hi && hi <= USER_TOP);
	for (;;) {
		uva_t at = lowest_gap(set, len, from, hi, align, next);

		if (at != 0 || from == lo) {
			return at;
		}
		from = lo;
	}
}

/* See vma.h.  Owns: the set refers to @v until it is carved out or merged away. */
void vma_insert_before(struct list *set, struct list *next, struct vma *v)
{
	ASSERT(v->start < v->end && ((v->start | v->end) & PAGE_MASK) == 0);
	ASSERT(next == set || v->end <= vma_of(next)->start);
	ASSERT(next->prev == set || vma_of(next->prev)->end <= v->start);
	list_insert_between(&v->link, next->prev, next);
}

/* See vma.h.  Owns: as vma_insert_before(). */
int vma_insert(struct list *set, struct vma *v)
{
	struct vma *above = vma_find_above(set, v->start);

	if (above && above->start < v->end) {
		return -EEXIST;
	}
	vma_insert_before(set, above ? &above->link : set, v);
	return 0;
}

/* See vma.h.  Only anonymous areas: for a file's the places in the file would have to fit as well. */
struct vma *vma_merge_prev(struct list *set, struct vma *v)
{
	if (v->link.prev == set || v->mapping) {
		return NULL;
	}

	struct vma *prev = vma_of(v->link.prev);

	if (prev->mapping || prev->end != v->start || prev->prot != v->prot ||
	    prev->flags != v->flags || prev->pager != v->pager || prev->pt != v->pt) {
		return NULL;
	}
	prev->end = v->end;
	list_remove(&v->link);
	return v;
}

/* A plain copy, on no list, of the part [start, end) of @v. */
static void copy_part(struct vma *part, const struct vma *v, uva_t start, uva_t end)
{
	*part = *v;
	part->start = start;
	part->end = end;
	part->pgoff = vma_index(v, start);
	part->link = part->link_mapping = (struct list){ NULL, NULL };
}

/* See vma.h.  Owns: @spare is used and in the set. */
void vma_split(struct vma *v, uva_t at, struct vma *spare)
{
	ASSERT(spare && v->start < at && at < v->end && (at & PAGE_MASK) == 0);
	copy_part(spare, v, at, v->end);
	v->end = at;
	list_push_front(&v->link, &spare->link);
}
