/*
 * The page fault.
 *
 *                    nothing mapped                         mapped, but not writable, and a write
 *      anon          zero page, or fresh frame              |
 *      private       cache's page, or copy                  +-- frame ours alone: just make it writable
 *      uncached      stolen page, or as private             +-- else: copy it (COW)
 *      shared        cache's page                           +-- shared area: make it dirty, then writable
 *
 * The pager supplies the frame, this file installs it.  A named frame arrives locked and stays so until its
 * entry is in place: truncate and writeback, which lock it too, see all or nothing.
 *
 * Floor 5.  Read next: mwrite.c
 */
#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/trace.h"
#include "kernel/x86/mmu.h"
#include "mm/cache/order.h"
#include "mm/cache/writeback.h"
#include "mm/space/space.h"

static enum fault_result result_of(int err)
{
	switch (err) {
	case 0:
		return FAULT_OK;
	case -ENOMEM:
		return FAULT_NOMEM;
	default:
		return FAULT_BUS;
	}
}

static bool allowed(const struct vma *v, bool write)
{
	return write ? (v->prot & PROT_WRITE) != 0 : v->prot != PROT_NONE;
}

static enum counter kind_of(const struct vma *v)
{
	if (!v->mapping || mapping_memory_only(v->mapping)) {
		return C_FAULTS_ANON;
	}
	return v->pager == &pager_uncached ? C_FAULTS_UNCACHED : C_FAULTS_FILE;
}

/* The kinds of fault are counters and events in the same order. */
static inline void note(enum counter kind, uva_t va, bool write)
{
	count_add(kind, 1);
	trace_emit(EV_FAULT_ANON + (kind - C_FAULTS_ANON), va, write, 0, 0);
}

/* Nothing is mapped at @entry: the pager's frame.  Only who holds s->lock fills an entry, so it stays empty until then. */
static int fault_absent(struct space *s, struct vma *v, pte_t *entry, uva_t va, bool write)
{
	struct fault f = { .va = va, .write = write };
	int err = v->pager->fault(v, &f);

	if (err) {
		return err;
	}
	bool named = f.frame->mapping != NULL;

	pt_map(&s->pt, entry, f.frame, f.writable ? v->prot : v->prot & ~(unsigned)PROT_WRITE);
	if (named) {
		frame_unlock(f.frame);  /* its reference is the entry's now; the cache has its own */
	}
	note(kind_of(v), va, write);
	return 0;
}

static void make_writable(struct space *s, const struct vma *v, pte_t *entry, uva_t va)
{
	pt_reprotect(&s->pt, entry, v->prot);
	tlb_flush_page(&s->pt, va);
}

/* First write to a page of a shared area that is mapped for reading. */
static int fault_shared(struct space *s, struct vma *v, pte_t *entry, uva_t va, struct frame *frame)
{
	struct fault f = { .va = va, .write = true, .frame = frame };
	int err = 0;

	order_begin();                                  /* the page may need a block */
	frame_lock(frame);
	if (frame->mapping == v->mapping) {             /* else truncated: the access faults again */
		err = v->pager->dirty(v, &f);
		if (!err) {
			make_writable(s, v, entry, va);
		}
	}
	frame_unlock(frame);
	order_end();
	note(kind_of(v), va, true);
	return err;
}

/* A frame with the content of @old, which others use too.  NULL: no memory. */
static struct frame *copy_of(const struct frame *old)
{
	struct frame *new;

	if (old == zero_frame) {
		return frame_alloc_zeroed(ALLOC_WAIT);
	}
	new = frame_alloc(ALLOC_WAIT);
	if (new) {
		page_copy(frame_data(new), frame_data(old));
		count_add(C_BYTES_COPIED_COW, PAGE_SIZE);
	}
	return new;
}

/* A copy of our own in place of @old. */
static int fault_cow(struct space *s, struct vma *v, pte_t *entry, uva_t va, const struct frame *old)
{
	struct frame *new = copy_of(old), *gone;

	note(C_FAULTS_COW, va, true);
	if (!new) {
		return -ENOMEM;
	}
	gone = pt_remap(&s->pt, entry, new, v->prot);
	if (gone) {
		tlb_flush_page(&s->pt, va);
		frame_put(gone);
	}
	return 0;
}

/* Mapped read-only, and written to.  @frame carries a reference of ours besides the entry's. */
static int fault_present(struct space *s, struct vma *v, pte_t *entry, uva_t va, struct frame *frame)
{
	if (v->flags & VMA_SHARED) {
		return fault_shared(s, v, entry, va, frame);
	}
	if (!frame->mapping && frame != zero_frame && atomic_read(&frame->refs) == 2) {
		note(C_FAULTS_COW, va, true);           /* the others are gone: it is ours */
		make_writable(s, v, entry, va);
		return 0;
	}
	return fault_cow(s, v, entry, va, frame);
}

/* Does the stack @v, all of it above @va, grow so far down? */
static bool grows_to(const struct space *s, const struct vma *v, uva_t va)
{
	const struct list *below = v->link.prev;

	return (v->flags & VMA_GROWSDOWN) && v->end - va <= STACK_MAX &&
	       (below == &s->vmas || list_entry(below, struct vma, link)->end + STACK_GAP <= va);
}

/* The area that @va is in, or the stack grown to contain it; NULL: nobody's.  It is mostly that of the last fault. */
static struct vma *area_for(struct space *s, uva_t va)
{
	struct vma *v = s->last;

	if (v && v->start <= va && va < v->end) {
		return v;
	}
	v = vma_find_above(&s->vmas, va);
	if (v && va < v->start) {
		if (grows_to(s, v, va)) {
			v->start = va;          /* anonymous, so no mapping lists it */
		} else {
			v = NULL;
		}
	}
	s->last = v;
	return v;
}

/* The page at @va of @v is there and shows something.  Locks: s->lock held.  Sleeps. */
static int fault_again(struct space *s, struct vma *v, pte_t *entry, uva_t va, bool write)
{
	struct frame *frame;
	pte_t pte = pt_look(&s->pt, entry, &frame);
	int err = 0;

	if (pte) {
		/* Sufficient: somebody repaired it since the processor looked. */
		if (write && !(pte & PTE_WRITE)) {
			err = fault_present(s, v, entry, va, frame);
		}
		frame_put(frame);
	}
	return err;                     /* or truncated meanwhile: the access faults again */
}

/* See space.h.  Locks: s->lock held.  Sleeps. */
enum fault_result fault_locked(struct space *s, uva_t va, bool write)
{
	struct vma *v = area_for(s, va);
	pte_t *entry;

	if (!v || !allowed(v, write)) {
		return FAULT_SEGV;
	}
	entry = pt_entry(&s->pt, va);
	if (!entry) {
		return FAULT_NOMEM;
	}
	return result_of(*entry == 0 ? fault_absent(s, v, entry, va, write) : fault_again(s, v, entry, va, write));
}

/* See space.h.  Locks: takes s->lock.  Sleeps.  Who writes through a shared mapping is a writer like others: he waits
 * when too much is dirty, but not with the lock. */
enum fault_result fault_handle(struct space *s, uva_t va, bool write)
{
	enum fault_result result;
	bool throttle;

	mutex_lock(&s->lock);
	result = fault_locked(s, page_round_down(va), write);
	throttle = write && s->last && (s->last->flags & VMA_SHARED);
	mutex_unlock(&s->lock);
	if (throttle) {
		wb_throttle();
	}
	return result;
}
