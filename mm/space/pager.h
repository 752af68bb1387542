/*
 * Pagers: where the pages of an area come from.  A pager supplies frames; it never touches a page table.
 * Four constant tables, one per kind of area, chosen at mmap:
 *
 *               read fault              write fault               absent pages for mwrite (take)
 *    anon       the zero page           a fresh zeroed frame      fresh zeroed frames
 *    shared     the cache's page        the cache's page, dirty   copies
 *    private    the cache's page        a copy of it              copies
 *    uncached   the page, STOLEN from   stolen, or a copy         taken straight from the cache
 *               the cache, or else as
 *               private
 *
 * Floor 5.  [LT 2002-05-11]
 */
#ifndef MM_SPACE_PAGER_H
#define MM_SPACE_PAGER_H

#include "mm/cache/vma.h"

struct fault {
	uva_t         va;               /* page aligned                                             */
	bool          write;
	struct frame *frame;            /* out: referenced; a named one also locked                 */
	bool          writable;         /* false; out: the entry may be writable (the frame is ours */
};                                      /*      alone, or named, shared and dirty)                  */

struct pager {
	const char *name;
	/* Supply the frame for f->va.  0; -ENOMEM; -EIO (SIGBUS); -ERANGE past the end of the file (SIGBUS).
	 * Locks: space.lock held.  Sleeps. */
	int      (*fault)(struct vma *v, struct fault *f);
	/* First write to a page of a shared area that is mapped read-only: f->frame is locked and named.  Finds it a
	 * place and marks it dirty.  NULL: a write makes a private copy. */
	int      (*dirty)(struct vma *v, struct fault *f);
	/*
	 * Surrender up to n nameless, solely owned frames with the content of the absent pages va...; out[k]
	 * for all k < the result (no holes).  Short at the first page that cannot be had; then *error says
	 * why (0 if just a boundary).  Locks: space.lock held.  Sleeps.
	 */
	unsigned (*take) (struct vma *v, uva_t va, unsigned n, struct frame **out, int *error);
};

extern const struct pager pager_anon, pager_shared, pager_private, pager_uncached;

#endif
