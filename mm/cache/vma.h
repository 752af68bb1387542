/*
 * Areas of an address space: a set of disjoint intervals [start, end), sorted.  Pure: no locks, no page
 * tables; the owner (struct space) serialises.
 *
 * Floor 4, because reverse mapping needs it and must not know struct space.
 */
#ifndef MM_CACHE_VMA_H
#define MM_CACHE_VMA_H

#include "kernel/lib/list.h"
#include "mm/cache/readahead.h"

struct pager;
struct pagetable;

enum {
	VMA_SHARED    = 1u << 0,
	VMA_GROWSDOWN = 1u << 1,        /* the stack: a fault just below extends it               */
	VMA_UNCACHED  = 1u << 2,        /* for naming in reports; behaviour is the pager's        */
	VMA_DENYWRITE = 1u << 3,        /* maps the text of a running program                     */
	VMA_MAYWRITE  = 1u << 4,        /* mprotect may add PROT_WRITE (shared: file open for it) */
};

struct vma {
	uva_t               start, end;         /* page aligned          [space->lock; file VMAs also vmas_lock] */
	uint16_t            prot, flags;        /* PROT_*; VMA_*         [space->lock]                           */
	const struct pager *pager;
	struct mapping     *mapping;            /* NULL for anonymous; holds a reference (mapping_ops.hold)      */
	pgoff_t             pgoff;              /* page of mapping at start                                      */
	struct pagetable   *pt;                 /* for rmap                                                      */
	struct readahead    ra;                 /* faults read ahead too                                         */
	struct list         link;               /* space.vmas, or a list of removed ones                         */
	struct list         link_mapping;       /* mapping->vmas         [vmas_lock]                             */
};

static inline pgoff_t vma_index(const struct vma *v, uva_t va)
{
	return v->pgoff + ((va - v->start) >> PAGE_SHIFT);
}

/* The area that contains @va, or NULL. */
struct vma *vma_find(struct list *set, uva_t va);
/* The first area that ends after @va (it may contain it), or NULL. */
struct vma *vma_find_above(struct list *set, uva_t va);

/* A free gap of @len bytes (page multiple) in [lo, hi), starting at a multiple of @align (a power of two), at or above
 * @hint if possible; 0 if there is none.  *@next is for vma_insert_before(). */
uva_t vma_gap(struct list *set, uint32_t len, uva_t hint, uva_t lo, uva_t hi, uint32_t align, struct list **next);

/* Insert; -EEXIST if it overlaps.  Neighbours are not merged here: vma_merge_prev(). */
must_check int vma_insert(struct list *set, struct vma *v);
/* The same for who knows the place: @next is the link of the area above, or @set. */
void vma_insert_before(struct list *set, struct list *next, struct vma *v);

/* Anonymous neighbours of equal kind become one; returns the area left over for the caller to free, or NULL. */
struct vma *vma_merge_prev(struct list *set, struct vma *v);

/*
 * Split @v at @at, strictly inside; the upper part, a plain copy on no mapping's list, is built in @spare and in the set.
 * For an area of a file the caller holds the mapping once more and does this under vmas_lock.
 */
void vma_split(struct vma *v, uva_t at, struct vma *spare);

#endif
