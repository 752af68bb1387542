/*
 * Reverse mapping.  A mapping lists the areas that show it; an area and an index give an address, and the
 * page table says whether the entry there still shows the cache's page or a private copy.
 *
 *      name (m, i) --m->vmas--> area --pgoff--> va --pt_walk--> entry --frame--> same name?
 *
 * Locks: mapping.vmas_lock, then one pagetable.lock at a time.  Needs no space.lock: for areas on the list start,
 * end and pgoff change only under vmas_lock too.
 *
 * Floor 4.  Read next: reclaim.c
 */
#include "mm/cache/rmap.h"

#include "kernel/counters.h"
#include "mm/cache/vma.h"
#include "mm/phys/pagetable.h"

/* See rmap.h.  Locks: takes vmas_lock. */
void rmap_link(struct vma *v)
{
	spin_lock(&v->mapping->vmas_lock);
	list_push_back(&v->mapping->vmas, &v->link_mapping);
	spin_unlock(&v->mapping->vmas_lock);
}

/* See rmap.h.  Locks: takes vmas_lock. */
void rmap_unlink(struct vma *v)
{
	spin_lock(&v->mapping->vmas_lock);
	list_remove(&v->link_mapping);
	spin_unlock(&v->mapping->vmas_lock);
}

/* What to do with one entry that shows the page; true = done something that the caller counts. */
typedef bool (*entry_fn)(struct pagetable *pt, uva_t va, pte_t *entry, struct tlb_batch *b);

/* The part of [first, last] that @v shows, as addresses [*lo, *hi); false if none. */
static bool visible(const struct vma *v, pgoff_t first, pgoff_t last, uva_t *lo, uva_t *hi)
{
	pgoff_t end = v->pgoff + ((v->end - v->start) >> PAGE_SHIFT);   /* one past the last shown */
	pgoff_t from = MAX(first, v->pgoff);

	if (from >= end || last < v->pgoff) {
		return false;
	}
	*lo = v->start + ((from - v->pgoff) << PAGE_SHIFT);
	*hi = last < end - 1 ? v->start + ((last + 1 - v->pgoff) << PAGE_SHIFT) : v->end;
	return true;
}

/* Apply @fn to the entries of one area that show @m's own pages.  Locks: vmas_lock held. */
static unsigned each_in_area(struct mapping *m, struct vma *v, uva_t lo, uva_t hi, entry_fn fn)
{
	struct tlb_batch b = tlb_begin(v->pt);
	unsigned n = 0;

	spin_lock(&v->pt->lock);
	for (uva_t va = lo; va < hi;) {
		unsigned skip = pt_skip(v->pt, va, (hi - va) >> PAGE_SHIFT, NULL);
		pte_t *entry;

		if (skip > 0) {
			va += skip << PAGE_SHIFT;
			continue;
		}
		entry = pt_walk(v->pt, va, false);
		if ((*entry & PTE_PRESENT) && pfn_frame(*entry >> PAGE_SHIFT)->mapping == m) {
			n += fn(v->pt, va, entry, &b);
		}
		va += PAGE_SIZE;
	}
	spin_unlock(&v->pt->lock);
	tlb_flush(&b);
	return n;
}

static unsigned each_entry(struct mapping *m, pgoff_t first, pgoff_t last, entry_fn fn)
{
	unsigned n = 0;
	uva_t lo, hi;

	spin_lock(&m->vmas_lock);
	list_for_each(l, &m->vmas) {
		struct vma *v = list_entry(l, struct vma, link_mapping);

		if (visible(v, first, last, &lo, &hi)) {
			n += each_in_area(m, v, lo, hi, fn);
		}
	}
	spin_unlock(&m->vmas_lock);
	return n;
}

static bool clean_entry(struct pagetable *pt, uva_t va, pte_t *entry, struct tlb_batch *b)
{
	bool dirty = *entry & PTE_DIRTY;

	(void)pt;
	if (*entry & (PTE_WRITE | PTE_DIRTY)) {
		*entry &= ~(pte_t)(PTE_WRITE | PTE_DIRTY);
		count_add(C_PTES_WRITTEN, 1);
		tlb_add(b, va);
	}
	return dirty;
}

/* See rmap.h. */
bool rmap_clean(struct mapping *m, pgoff_t first, unsigned n)
{
	return each_entry(m, first, first + n - 1, clean_entry) > 0;
}

static bool unmap_entry(struct pagetable *pt, uva_t va, pte_t *entry, struct tlb_batch *b)
{
	struct frame *f = pfn_frame(*entry >> PAGE_SHIFT);

	(void)pt;
	*entry = 0;
	pte_count(entry, -1);
	count_add(C_PTES_WRITTEN, 1);
	tlb_add(b, va);
	(void)atomic_dec_zero(&f->maps);
	frame_put(f);           /* never the last: the cache and our caller have theirs */
	return true;
}

/* See rmap.h. */
void rmap_unmap(struct mapping *m, pgoff_t first, pgoff_t last)
{
	each_entry(m, first, last, unmap_entry);
}

static bool test_accessed(struct pagetable *pt, uva_t va, pte_t *entry, struct tlb_batch *b)
{
	bool accessed = *entry & PTE_ACCESSED;

	(void)pt;
	if (accessed) {
		*entry &= ~(pte_t)PTE_ACCESSED;
		tlb_add(b, va);
	}
	return accessed;
}

/* See rmap.h. */
bool rmap_referenced(struct mapping *m, pgoff_t index)
{
	return each_entry(m, index, index, test_accessed) > 0;
}
