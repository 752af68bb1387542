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
static void note(enum counter kind, uva_t va, bool write)
{
	count_add(kind, 1);
	trace_emit(EV_FAULT_ANON + (kind - C_FAULTS_ANON), va, write, 0, 0);
}

/* Nothing is mapped: the pager's frame. */
static int fault_absent(struct space *s, struct vma *v, uva_t va, bool write)
{
	struct fault f = { .va = va, .write = write };
	int err = pt_reserve(&s->pt, va, 1);

	if (!err) {
		err = v->pager->fault(v, &f);
	}
	if (err) {
		return err;
	}
	bool named = f.frame->mapping != NULL;

	pt_map(&s->pt, va, f.frame, f.writable ? v->prot : v->prot & ~(unsigned)PROT_WRITE);
	if (named) {
		frame_unlock(f.frame);  /* its reference is the entry's now; the cache has its own */
	}
	note(kind_of(v), va, write);
	return 0;
}

static void make_writable(struct space *s, struct vma *v, uva_t va)
{
	struct tlb_batch b = tlb_begin(&s->pt);

	pt_protect(&s->pt, va, 1, v->prot, &b);
	tlb_flush(&b);
}

/* First write to a page of a shared area that is mapped for reading. */
static int fault_shared(struct space *s, struct vma *v, uva_t va, struct frame *frame)
{
	struct fault f = { .va = va, .write = true, .frame = frame };
	int err = 0;

	order_begin();                                  /* the page may need a block */
	frame_lock(frame);
	if (frame->mapping == v->mapping) {             /* else truncated: the access faults again */
		err = v->pager->dirty(v, &f);
		if (!err) {
			make_writable(s, v, va);
		}
	}
	frame_unlock(frame);
	order_end();
	note(kind_of(v), va, true);
	return err;
}

/* A copy of our own in place of a frame that others use too. */
static int fault_cow(struct space *s, struct vma *v, uva_t va, struct frame *old)
{
	struct tlb_batch b = tlb_begin(&s->pt);
	struct frame *new;

	note(C_FAULTS_COW, va, true);
	if (old == zero_frame) {
		new = frame_alloc_zeroed(ALLOC_WAIT);
	} else {
		new = frame_alloc(ALLOC_WAIT);
	}
	if (!new) {
		return -ENOMEM;
	}
	if (old != zero_frame) {
		page_copy(frame_data(new), frame_data(old));
		count_add(C_BYTES_COPIED_COW, PAGE_SIZE);
	}
	pt_remap(&s->pt, va, new, v->prot, &b);
	tlb_flush(&b);
	return 0;
}

/* Mapped read-only, and written to.  @frame carries a reference of ours besides the entry's. */
static int fault_present(struct space *s, struct vma *v, uva_t va, struct frame *frame)
{
	if (v->flags & VMA_SHARED) {
		return fault_shared(s, v, va, frame);
	}
	if (!frame->mapping && frame != zero_frame && atomic_read(&frame->refs) == 2) {
		note(C_FAULTS_COW, va, true);           /* the others are gone: it is ours */
		make_writable(s, v, va);
		return 0;
	}
	return fault_cow(s, v, va, frame);
}

/* The area that @va is in, or the stack grown to contain it; NULL: nobody's. */
static struct vma *area_for(struct space *s, uva_t va)
{
	struct vma *v = vma_find_above(&s->vmas, va);
	struct vma *below;

	if (!v || va >= v->start) {
		return v;
	}
	below = v->link.prev != &s->vmas ? list_entry(v->link.prev, struct vma, link) : NULL;
	if (!(v->flags & VMA_GROWSDOWN) || v->end - va > STACK_MAX ||
	    (below && below->end + STACK_GAP > va)) {
		return NULL;
	}
	v->start = va;                  /* anonymous, so no mapping lists it */
	return v;
}

/* The fault at @va of @v, the area for it.  Locks: s->lock held.  Sleeps. */
static enum fault_result fault_in(struct space *s, struct vma *v, uva_t va, bool write)
{
	enum fault_result result = FAULT_SEGV;
	struct frame *frame;
	pte_t pte;

	if (v && allowed(v, write)) {
		pte = pt_lookup(&s->pt, va, &frame);
		if (!pte) {
			result = result_of(fault_absent(s, v, va, write));
		} else {
			/* Present and sufficient: somebody repaired it since the processor looked. */
			int err = write && !(pte & PTE_WRITE) ? fault_present(s, v, va, frame) : 0;

			result = result_of(err);
			frame_put(frame);
		}
	}
	return result;
}

/* See space.h.  Locks: s->lock held.  Sleeps. */
enum fault_result fault_locked(struct space *s, uva_t va, bool write)
{
	return fault_in(s, area_for(s, va), va, write);
}

/* See space.h.  Locks: takes s->lock.  Sleeps.  Who writes through a shared mapping is a writer like others: he waits
 * when too much is dirty, but not with the lock. */
enum fault_result fault_handle(struct space *s, uva_t va, bool write)
{
	enum fault_result result;
	struct vma *v;
	bool throttle;

	mutex_lock(&s->lock);
	va = page_round_down(va);
	v = area_for(s, va);
	result = fault_in(s, v, va, write);
	throttle = v && write && (v->flags & VMA_SHARED);
	mutex_unlock(&s->lock);
	if (throttle) {
		wb_throttle();
	}
	return result;
}
