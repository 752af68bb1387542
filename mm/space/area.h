/*
 * Areas as the address space uses them: made, split at an address, removed; holding their mapping and listed with it.
 *
 * Floor 5.  Private to mm/space.
 */
#ifndef MM_SPACE_AREA_H
#define MM_SPACE_AREA_H

#include "mm/space/space.h"

/* A new area like @r at @at, holding its mapping; not inserted yet.  NULL: no memory.  Sleeps. */
struct vma *area_create(struct space *s, const struct map_request *r, uva_t at);

/* A copy of @v for space @s, holding the mapping once more; not inserted.  NULL: no memory.  Sleeps. */
struct vma *area_copy(struct space *s, const struct vma *v);

/* Let go of the mapping and free.  The area is on no list of a space and no longer listed with its mapping; no locks
 * held: it may be the file's last user.  Sleeps. */
void area_free(struct vma *v);
void area_free_all(struct list *removed);

/* Into the space's set below the area of @next (at the end for &s->vmas), and onto its mapping's list.  Locks: s->lock. */
void area_insert(struct space *s, struct list *next, struct vma *v);

/* The first area that ends after @va (it may contain it), or NULL.  Locks: s->lock. */
static inline struct vma *area_above(struct space *s, uva_t va)
{
	struct vma *v = s->last;

	return v && v->start <= va && va < v->end ? v : vma_find_above(&s->vmas, va);
}

/* Make @at a boundary between areas, if some area straddles it.  0; -ENOMEM.  Locks: s->lock.  Sleeps. */
must_check int area_split(struct space *s, uva_t at);

/* Remove the areas from @first on that begin below @hi, where one ends: entries first, then the areas, which move to
 * @removed.  Locks: s->lock. */
void area_remove(struct space *s, struct vma *first, uva_t hi, struct list *removed);

#endif
