/*
 * A state put aside and brought back, and the fingerprint that tells it from others.
 *
 * A state is: the program's own data, the frames' descriptors, the pages that mean something, and the stacks.
 * Of a page of data only the first bytes mean anything; page tables have their few entries at two places.
 *
 * In the fingerprint frames are renamed: they are numbered in the order in which one comes to them, through the
 * files, the page tables, the stacks.  So two states that differ only in which frames were taken are one.  The
 * exception is a state in which reclaim goes round the frames: their order decides what it meets next.
 *
 * Read next: model.c
 */
#include "tests/explore/explore.h"

#include "mm/cache/names.h"
#include "mm/phys/pool.h"
#include <string.h>

extern char __data_start[], _end[];     /* the linker's: the program's own data */

enum { TABLE_AT = (AT_ANON >> PDE_SHIFT) * sizeof(pte_t), WINDOW = 64, TABLE_SLOT = 0x50 * sizeof(pte_t) };

struct snapshot { size_t size; char bytes[]; };

/* ---- save and restore ---- */

static void put(struct snapshot *s, const void *from, size_t n)
{
	memcpy(s->bytes + s->size, from, n);
	s->size += n;
}

static const char *get(const char *at, void *to, size_t n)
{
	memcpy(to, at, n);
	return at + n;
}

static size_t stack_used(const struct actor *a)
{
	return (size_t)(actor_stack_top(a) - (char *)a->resume[2]);
}

void snapshot_save(struct snapshot *s)
{
	s->size = 0;
	put(s, __data_start, (size_t)(_end - __data_start));
	put(s, frames, USED_PAGES * sizeof(*frames));
	for (pfn_t pfn = 0; pfn < USED_PAGES; pfn++) {
		const struct frame *f = pfn_frame(pfn);
		const char *data = frame_data(f);

		if (f->refs.v == 0 || (f->flags & FR_RESERVED)) {
			continue;
		}
		if (f->flags & FR_KERNEL) {
			put(s, data, PAGE_SIZE);
		} else if (f->flags & FR_PAGETABLE) {
			put(s, data, TABLE_SLOT);
			put(s, data + TABLE_AT, WINDOW);
		} else {
			put(s, data, CONTENT);
		}
	}
	for (unsigned k = 0; k < ACTORS; k++) {
		put(s, actors[k].resume[2], stack_used(&actors[k]));
	}
}

/* Page tables are zeros but for what is saved of them; what has become one meanwhile is not. */
static void clear_new_tables(const struct frame *then)
{
	for (pfn_t pfn = 0; pfn < USED_PAGES; pfn++) {
		if ((then[pfn].flags & FR_PAGETABLE) && !(frames[pfn].flags & FR_PAGETABLE)) {
			memset(frame_data(&frames[pfn]), 0, PAGE_SIZE);
		}
	}
}

/* A free frame holds anything, except on the stack of zeros. */
static void clear_zeros(void)
{
	for (struct list *l = pool.zeros; l; l = l->next) {
		memset(frame_data(link_frame(l)), 0, PAGE_SIZE);
	}
}

void snapshot_restore(const struct snapshot *s)
{
	const char *at = get(s->bytes, __data_start, (size_t)(_end - __data_start));

	clear_new_tables((const struct frame *)(const void *)at);
	at = get(at, frames, USED_PAGES * sizeof(*frames));
	clear_zeros();
	for (pfn_t pfn = 0; pfn < USED_PAGES; pfn++) {
		const struct frame *f = pfn_frame(pfn);
		char *data = frame_data(f);

		if (f->refs.v == 0 || (f->flags & FR_RESERVED)) {
			continue;
		}
		if (f->flags & FR_KERNEL) {
			at = get(at, data, PAGE_SIZE);
		} else if (f->flags & FR_PAGETABLE) {
			at = get(at, data, TABLE_SLOT);
			at = get(at, data + TABLE_AT, WINDOW);
		} else {
			at = get(at, data, CONTENT);
		}
	}
	for (unsigned k = 0; k < ACTORS; k++) {
		at = get(at, actors[k].resume[2], stack_used(&actors[k]));
	}
}

/* The most that one can need. */
size_t snapshot_size(void)
{
	return sizeof(struct snapshot) + (size_t)(_end - __data_start) + USED_PAGES * sizeof(*frames) +
	       USED_PAGES * PAGE_SIZE + ACTORS * STACK_SIZE;
}

/* ---- the fingerprint ---- */

static struct { uint64_t h; uint8_t id[USED_PAGES], next; bool by_number; } print;

static void mix(uint64_t word)
{
	print.h = (print.h ^ word) * 0x9E3779B97F4A7C15u;
	print.h ^= print.h >> 29;
}

static void mix_frame(const struct frame *f)
{
	pfn_t pfn = frame_pfn(f);

	if (print.id[pfn]) {
		mix(print.id[pfn]);
		return;
	}
	print.id[pfn] = ++print.next;
	mix(0x100u + (print.by_number ? pfn : 0));
	mix((uint64_t)f->flags << 32 | (uint32_t)(f->refs.v << 16 | f->maps.v));
	if (f->refs.v > 0 && !(f->flags & (FR_KERNEL | FR_PAGETABLE))) {
		mix((uint64_t)f->index << 32 | f->place);
		mix((uintptr_t)f->mapping);
		mix((uint64_t)content(f, 0) << 8 | content(f, 1));
	}
}

/* Who has it, and who comes next. */
static void mix_mutex(const struct mutex *m)
{
	mix((uintptr_t)m->owner);
	for (const struct list *l = m->waitq.waiters.next; l != &m->waitq.waiters; l = l->next) {
		mix((uintptr_t)l);
	}
}

static void mix_file(struct diskfile *file)
{
	struct mapping *m = &file->inode.mapping;

	mix((uint64_t)m->size);
	mix((uint64_t)m->pending_lo << 32 | m->pending_hi);
	mix_mutex(&file->inode.lock);
	mix((uint64_t)m->wberr.seq << 8 | m->flushing);
	for (pgoff_t i = 0; i < FILE_PAGES; i++) {
		struct frame *f = names_look(m, i);

		mix(file->block[i]);
		if (f) {
			mix_frame(f);
		}
	}
}

static void mix_space(struct space *s)
{
	if (!s || !s->pt.dir) {
		mix(1);
		return;
	}
	mix_mutex(&s->lock);
	mix(s->nvmas);
	list_for_each(l, &s->vmas) {
		struct vma *v = list_entry(l, struct vma, link);

		mix((uint64_t)v->ra.start << 32 | v->ra.prev);
		mix((uint64_t)v->ra.size << 32 | v->ra.async);
		mix(s->pt.dir[v->start >> PDE_SHIFT] != 0);
		for (uva_t va = v->start; va < v->end && s->pt.dir[va >> PDE_SHIFT]; va += PAGE_SIZE) {
			pte_t *table = phys_data(s->pt.dir[va >> PDE_SHIFT] & PTE_FRAME);
			pte_t pte = table[(va >> PAGE_SHIFT) % PT_ENTRIES];

			mix(pte & PAGE_MASK);
			if (pte) {
				mix_frame(pte_frame(pte));
			}
		}
	}
}

/* Words of a stack: those that point to frames or into pages speak of the frame, not of where it lies. */
static void mix_stack(const struct actor *a)
{
	const uintptr_t *word = a->resume[2], *end = (const void *)actor_stack_top(a);
	uintptr_t ram = (uintptr_t)host_ram, ram_end = ram + USED_PAGES * PAGE_SIZE;
	uintptr_t first = (uintptr_t)frames, last = (uintptr_t)(frames + USED_PAGES);

	mix((uintptr_t)word);
	for (; word < end; word++) {
		if (*word - first < last - first) {
			mix_frame(&frames[(*word - first) / sizeof(*frames)]);
			mix((*word - first) % sizeof(*frames));
		} else if (*word - ram < ram_end - ram && !(frames[(*word - ram) >> PAGE_SHIFT].flags & FR_KERNEL)) {
			mix_frame(&frames[(*word - ram) >> PAGE_SHIFT]);
			mix(*word & PAGE_MASK);
		} else {
			mix(*word);
		}
	}
}

static void mix_actor(const struct actor *a)
{
	mix((uint64_t)a->started | (uint64_t)a->done << 1 | (uint64_t)list_linked(&a->task.link_wait) << 2);
	if (!a->op || a->done) {
		return;
	}
	mix((uintptr_t)a->op);
	mix((uintptr_t)a->resume[1]);
	mix((uint64_t)a->seen[0] << 8 | a->seen[1]);
	mix((uint64_t)a->file.ra.start << 32 | a->file.ra.size);
	mix((uint64_t)a->file.ra.prev << 32 | a->file.ra.async);
	mix_space(a->child);
	mix_stack(a);
}

static bool reclaiming(void)
{
	for (unsigned k = 0; k < ACTORS; k++) {
		if (actors[k].op && actors[k].op->kind == K_EVICT && !actors[k].done) {
			return true;
		}
	}
	return false;
}

uint64_t state_hash(void)
{
	memset(&print, 0, sizeof(print));
	print.by_number = reclaiming();
	for (unsigned k = 0; k < FILES; k++) {
		mix_file(&disk.file[k]);
	}
	mix_space(parent);
	mix_space(child);
	for (unsigned k = 0; k < ACTORS; k++) {
		mix_actor(&actors[k]);
		mix(actors[k].tlb.va);
		if (actors[k].tlb.frame) {
			mix_frame(actors[k].tlb.frame);
		}
	}
	for (unsigned k = 0; k < disk.requests; k++) {
		mix((uint64_t)disk.request[k].write << 32 | disk.request[k].index);
		mix_frame(disk.request[k].frame);
	}
	for (unsigned b = 0; b < BLOCKS; b++) {
		mix((uint64_t)disk.taken[b] << 16 | (uint64_t)disk.byte[b][0] << 8 | disk.byte[b][1]);
	}
	mix(pool.free);
	return model_hash(print.h);
}
