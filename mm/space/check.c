/*
 * The invariants that need an address space to be seen.
 *
 * Floor 5.
 */
#include "kernel/lib/fmt.h"
#include "mm/space/space.h"

/* What one present entry may be.  NULL: all is well; else what is wrong. */
static const char *entry_fault(const struct vma *v, pte_t pte, const struct frame *f)
{
	if (atomic_read(&f->refs) == 0) {
		return "entry points to a free frame";
	}
	if (atomic_read(&f->maps) == 0) {
		return "entry not counted in its frame";
	}
	if (f->mapping && f->mapping != v->mapping) {
		return "entry shows a page of another file";
	}
	if (!(pte & PTE_WRITE)) {
		return NULL;
	}
	if (f == zero_frame) {
		return "the page of zeros is writable";
	}
	if (!f->mapping && !frame_sole(f) && !(v->flags & VMA_SHARED)) {
		return "a shared private frame is writable";
	}
	if (f->mapping && !((v->flags & VMA_SHARED) &&
	                    (frame_is(f, FR_DIRTY) || mapping_memory_only(f->mapping)))) {
		return "a clean or private file page is writable";
	}
	return NULL;
}

static unsigned check_area(struct space *s, const struct vma *v, void (*report)(const char *line))
{
	unsigned bad = 0;
	char line[96];

	for (uva_t va = v->start; va < v->end;) {
		unsigned skip = pt_skip(&s->pt, va, (v->end - va) >> PAGE_SHIFT, NULL);
		struct frame *f;
		pte_t pte = skip ? 0 : pt_lookup(&s->pt, va, &f);

		if (pte) {
			const char *why;

			atomic_add(&f->refs, -1);       /* the look's own reference; the entry has one */
			why = entry_fault(v, pte, f);
			if (why) {
				fmt_print(line, sizeof(line), "%08x -> frame %x: %s", va, frame_pfn(f), why);
				report(line);
				bad++;
			}
		}
		va += (skip ? skip : 1) << PAGE_SHIFT;
	}
	return bad;
}

/* See space.h.  Locks: takes s->lock. */
unsigned space_check(struct space *s, void (*report)(const char *line))
{
	unsigned bad = 0;

	mutex_lock(&s->lock);
	list_for_each(l, &s->vmas) {
		bad += check_area(s, list_entry(l, struct vma, link), report);
	}
	bad += pt_check(&s->pt, report);
	mutex_unlock(&s->lock);
	return bad;
}
