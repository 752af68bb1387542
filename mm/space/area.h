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

/* Into the space's set, and onto its mapping's list.  Locks: s->lock.  The place must be free. */
void area_insert(struct space *s, struct vma *v);

/* Make @at a boundary between areas, if some area straddles it.  0; -ENOMEM.  Locks: s->lock.  Sleeps. */
must_check int area_split(struct space *s, uva_t at);

/* Remove what lies in [lo, hi), whose ends are boundaries: entries first, then the areas, which move to @removed.
 * Locks: s->lock. */
void area_remove(struct space *s, uva_t lo, uva_t hi, struct list *removed);

#endif
