/*
 * What must be true between any two steps: the invariants of mm/README.md, seen from all sides at once, and the
 * bytes that the files and the memory hold, against the model.
 *
 * Some of the invariants have their exact form here only at the end, when nobody holds anything in his hands.
 *
 * Read next: report.c
 */
#include "tests/explore/explore.h"

#include "mm/cache/names.h"
#include "mm/cache/vma.h"
#include "mm/phys/pool.h"

static uint8_t entries[USED_PAGES];      /* of page tables, by frame */

static struct mapping *mapping(unsigned file)
{
	return &disk.file[file].inode.mapping;
}

/* ---- frames ---- */

static const char *free_fault(const struct frame *f)
{
	return f->flags || f->place || f->index || f->mapping || f->maps.v ?
	       "a free frame remembers its former life" : NULL;
}

static const char *nameless_fault(const struct frame *f)
{
	uint32_t own = FR_UPTODATE | FR_LOCKED | FR_WAITED | FR_RESERVED | FR_PAGETABLE | FR_KERNEL;

	if (f->flags & (FR_DIRTY | FR_WRITEBACK)) {
		return "4: nameless, but dirty or under writeback";
	}
	if (f->flags & ~own) {
		return "a nameless frame has a flag of a page";
	}
	return NULL;
}

static const char *named_fault(const struct frame *f)
{
	struct radix_node *leaf = radix_leaf(&f->mapping->frames, f->index);
	uint64_t bit = 1ull << (f->index & RADIX_MASK);

	if (f->mapping != mapping(0) && f->mapping != mapping(1)) {
		return "2: named by nobody's mapping";
	}
	if (!leaf || leaf->slot[f->index & RADIX_MASK] != f || !(leaf->used & bit)) {
		return "2: named, but its slot holds something else";
	}
	if (!(leaf->tag[RADIX_DIRTY] & bit) != !(f->flags & FR_DIRTY)) {
		return "3: tag and flag DIRTY differ";
	}
	if (!(leaf->tag[RADIX_WRITEBACK] & bit) != !(f->flags & FR_WRITEBACK)) {
		return "3: tag and flag WRITEBACK differ";
	}
	if ((f->flags & (FR_DIRTY | FR_WRITEBACK)) && !(f->flags & FR_UPTODATE)) {
		return "3: dirty without content";
	}
	if ((f->flags & (FR_DIRTY | FR_WRITEBACK)) && !f->place) {
		return "6: dirty without a place";
	}
	return NULL;
}

static const char *frame_fault(const struct frame *f, pfn_t pfn)
{
	const char *why;

	if (f->flags & FR_RESERVED) {
		return NULL;
	}
	if (f->refs.v < 0 || f->maps.v < 0) {
		return "1: fewer references than none";
	}
	if (f->refs.v == 0) {
		return free_fault(f);
	}
	if (f->refs.v < f->maps.v + (f->mapping != NULL)) {
		return "1: fewer references than owners";
	}
	why = f->mapping ? named_fault(f) : nameless_fault(f);
	return why ? why : entries[pfn] > f->maps.v ? "1: an entry is not counted in its frame" : NULL;
}

/* ---- page tables ---- */

/* May anybody write to @f through an area of kind @shared? */
static const char *writable_fault(const struct frame *f, bool shared)
{
	if (f == zero_frame) {
		return "5: the page of zeros is writable";
	}
	if (!f->mapping) {
		return f->maps.v > 1 && !shared ? "5: a shared private frame is writable" : NULL;
	}
	if (!shared) {
		return "5: a page of a file is writable through a private area";
	}
	if (f->flags & FR_DIRTY || ((f->flags & FR_WRITEBACK) && !disk_busy_with(f, true))) {
		return NULL;                    /* about to be write-protected: the write has not begun */
	}
	return "5: a clean page of a file is writable";
}

static const char *entry_fault(const struct vma *v, pte_t pte, const struct frame *f)
{
	if (f->refs.v == 0) {
		return "7: an entry points to a free frame";
	}
	if (f->mapping && f->mapping != v->mapping) {
		return "an entry shows a page of another file";
	}
	if ((v->flags & VMA_SHARED) && !f->mapping) {
		return "a shared area shows a page that is the file's no more";
	}
	return pte & PTE_WRITE ? writable_fault(f, v->flags & VMA_SHARED) : NULL;
}

/* The entry for @va, without locks or references. */
static pte_t entry(struct space *s, uva_t va)
{
	pte_t pde = s->pt.dir[va >> PDE_SHIFT];

	return pde ? ((pte_t *)phys_data(pde & PTE_FRAME))[(va >> PAGE_SHIFT) % PT_ENTRIES] : 0;
}

static void check_space(struct space *s)
{
	if (!s || !s->pt.dir) {
		return;
	}
	list_for_each(l, &s->vmas) {
		struct vma *v = list_entry(l, struct vma, link);

		for (uva_t va = v->start; va < v->end; va += PAGE_SIZE) {
			pte_t pte = entry(s, va);
			const char *why;

			if (!pte) {
				continue;
			}
			entries[pte >> PAGE_SHIFT]++;
			why = entry_fault(v, pte, pte_frame(pte));
			if (why) {
				violated("%08x -> frame %u: %s", va, pte >> PAGE_SHIFT, why);
			}
		}
	}
}

/* A translation that a processor still uses must be as harmless as an entry. */
static void check_tlb(struct actor *a)
{
	struct frame *f = a->tlb.frame;
	bool shared = a->tlb.va >= AT_SHARED_B && a->tlb.va < AT_UNCACHED_B;
	const char *why;

	if (!a->tlb.pt) {
		return;
	}
	if (f->refs.v == 0) {           /* one processor: nothing runs between unmapping and flush */
		a->tlb.pt = NULL;
		a->tlb.frame = NULL;
		return;
	}
	why = writable_fault(f, shared);
	if (why && f->mapping) {        /* fork write-protects, and flushes at its end */
		violated("stale translation of %08x: %s", a->tlb.va, why);
	}
}

/* ---- bytes ---- */

static void check_cell(unsigned cell, uint8_t value)
{
	if (!(model_now(cell) >> value & 1)) {
		violated("%s is %u, where only %s possible", model_name(cell), value, model_set(model_now(cell)));
	}
}

/* What would read(2) bring, from the cache or from the disk?  False when nobody could read it now. */
static bool byte_of(unsigned file, pgoff_t i, unsigned half, uint8_t *value)
{
	struct mapping *m = mapping(file);
	struct frame *f = names_look(m, i);
	uint32_t block = disk.file[file].block[i];

	if ((loff_t)i * PAGE_SIZE + half * HALF >= m->size) {
		*value = V_END;
		return true;
	}
	if (f && (f->flags & FR_UPTODATE)) {
		*value = content(f, half);
		return true;
	}
	if (f && !disk_busy_with(f, false)) {
		return false;                   /* locked, and being filled by somebody */
	}
	*value = block ? disk.byte[block][half] : V_ZERO;
	return i < m->pending_lo || i >= m->pending_hi;
}

static void check_files(void)
{
	for (unsigned file = 0; file < FILES; file++) {
		for (pgoff_t i = 0; i < FILE_PAGES; i++) {
			for (unsigned half = 0; half < 2; half++) {
				uint8_t value;

				if (byte_of(file, i, half, &value)) {
					check_cell(file_cell(file, i, half), value);
				}
			}
		}
	}
}

static void check_memory(struct space *s, uva_t va, unsigned cell)
{
	pte_t pte = s && s->pt.dir ? entry(s, va) : 0;

	if (pte) {
		check_cell(cell, content(pte_frame(pte), 0));
	}
}

/* ---- all of it ---- */

void check_state(void)
{
	for (unsigned k = 0; k < USED_PAGES; k++) {
		entries[k] = 0;
	}
	check_space(parent);
	check_space(child);
	for (unsigned k = 0; k < ACTORS; k++) {
		check_space(actors[k].child);
		check_tlb(&actors[k]);
	}
	for (pfn_t pfn = 0; pfn < USED_PAGES; pfn++) {
		const char *why = frame_fault(pfn_frame(pfn), pfn);

		if (why) {
			violated("frame %u: %s", pfn, why);
		}
	}
	check_files();
	check_memory(parent, AT_ANON, CELL_ANON);
	check_memory(child, AT_ANON, CELL_CHILD);
}

/* Everybody is done and the disk is idle: whatever has an owner is known. */
void check_end(void)
{
	pfn_t free = nframes - USED_PAGES;

	for (pfn_t pfn = 0; pfn < USED_PAGES; pfn++) {
		const struct frame *f = pfn_frame(pfn);

		free += f->refs.v == 0;
		if (f->flags & (FR_RESERVED | FR_KERNEL | FR_PAGETABLE)) {
			continue;
		}
		if (f->refs.v != f->maps.v + (f->mapping != NULL)) {
			violated("frame %u: %d references, %d entries: one was lost", pfn, f->refs.v, f->maps.v);
		}
		if (entries[pfn] != f->maps.v) {
			violated("frame %u: %d entries counted, %u there are", pfn, f->maps.v, entries[pfn]);
		}
		if (f->flags & (FR_LOCKED | FR_WRITEBACK)) {
			violated("frame %u: locked by nobody", pfn);
		}
	}
	if (free != pool.free) {
		violated("8: %u frames are free, %u counted", free, pool.free);
	}
}
