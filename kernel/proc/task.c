/*
 * Tasks and their kernel stacks.
 *
 *      KSTACKS +------------+ +------------+            one slot
 *              | not mapped | | not mapped | ...        guard: running into it is a double fault, which
 *              | stack      | | stack      |            is reported on a stack of its own
 *              | stack      | | stack      |
 *              +------------+ +------------+            kstack_top: the stack grows down from here
 *
 * Invariant: a slot is mapped exactly while a task owns it.
 *
 * Floor 7.  Read next: fork.c
 */
#include "kernel/lib/errno.h"
#include "kernel/proc/proc.h"
#include "kernel/x86/mmu.h"
#include "mm/phys/kmalloc.h"

#define KSTACK_PAGES 3u                 /* 12 KiB: an mwrite and the write-out that it may need have 5 KiB of batches */
#define SLOT_BYTES   ((KSTACK_PAGES + 1) * PAGE_SIZE)
#define KSTACKS      KVIRT_BASE
#define NR_KSTACKS   (NR_PROCS + 16u)   /* and the kernel's own tasks */

_Static_assert(NR_KSTACKS * SLOT_BYTES <= KVIRT_DEVICES - KSTACKS, "room for the stacks");

struct slot {
	bool          used;             /* [slots_lock] */
	struct frame *frame[KSTACK_PAGES];
};

static struct slot slots[NR_KSTACKS];
static struct spinlock slots_lock = SPINLOCK_INIT;

static uva_t slot_bottom(const struct slot *s)
{
	return KSTACKS + (uva_t)(s - slots) * SLOT_BYTES + PAGE_SIZE;
}

static struct slot *slot_find_free(void)
{
	struct slot *found = NULL;

	spin_lock(&slots_lock);
	for (unsigned i = 0; i < NR_KSTACKS && !found; i++) {
		if (!slots[i].used) {
			found = &slots[i];
			found->used = true;
		}
	}
	spin_unlock(&slots_lock);
	return found;
}

static void slot_release(struct slot *s)
{
	spin_lock(&slots_lock);
	s->used = false;
	spin_unlock(&slots_lock);
}

/* A mapped kernel stack: its lowest address, or 0. */
static uva_t kstack_create(void)
{
	struct slot *s = slot_find_free();
	unsigned n;

	if (!s) {
		return 0;
	}
	n = frame_alloc_many(s->frame, KSTACK_PAGES, ALLOC_WAIT | ALLOC_KERNEL);
	if (n < KSTACK_PAGES) {
		frame_put_many(s->frame, n);
		slot_release(s);
		return 0;
	}
	for (unsigned i = 0; i < KSTACK_PAGES; i++) {
		pt_map_kernel(slot_bottom(s) + i * PAGE_SIZE, frame_paddr(s->frame[i]), 1,
		              PTE_PRESENT | PTE_WRITE);
	}
	return slot_bottom(s);
}

static void kstack_destroy(uva_t bottom)
{
	struct slot *s = &slots[(bottom - KSTACKS) / SLOT_BYTES];

	pt_unmap_kernel(bottom, KSTACK_PAGES);
	frame_put_many(s->frame, KSTACK_PAGES);
	slot_release(s);
}

struct task *task_create(const char *name, void (*entry)(void *arg), void *arg)
{
	struct task *t = kzalloc(sizeof(*t), ALLOC_WAIT);

	if (!t) {
		return NULL;
	}
	t->kstack = kstack_create();
	if (!t->kstack) {
		kfree(t);
		return NULL;
	}
	t->kstack_top = t->kstack + KSTACK_PAGES * PAGE_SIZE;
	t->cr3 = kernel_pt.cr3;
	t->name = name;
	task_prepare(t, entry, arg);
	return t;
}

void task_destroy(struct task *t)
{
	kstack_destroy(t->kstack);
	kfree(t);
}

struct task *task_start(const char *name, void (*fn)(void *arg), void *arg)
{
	static atomic_t last_id;
	struct task *t = task_create(name, fn, arg);

	if (t) {
		/* Negative, so that no pid is ever confused with it. */
		t->id = -__atomic_add_fetch(&last_id.v, 1, __ATOMIC_RELAXED);
		sched_add(t);
	}
	return t;
}

void task_use_space(struct space *s)
{
	struct task *t = task_current();

	spin_lock(&proc_family);        /* proc_check_spaces() may be looking */
	t->space = s;
	spin_unlock(&proc_family);
	/* The scheduler loads task.cr3 when it switches: it must be right before the register is. */
	t->cr3 = s ? s->pt.cr3 : kernel_pt.cr3;
	mmu_load_cr3(t->cr3);
	count_add(C_CR3_SWITCH, 1);
}
