/*
 * The scheduler: one queue, first come first served, and the switch.
 *
 * Invariants: a RUNNABLE task other than the running one is on the queue; a SLEEPING or DEAD one is not.
 * The run queue's lock is held across a switch: taken by the task that leaves, given back by the one that
 * comes.
 *
 * There is no idle task.  When nobody is ready, the task that wanted to leave halts the processor where it
 * stands, on its own stack and in its own address space.  A process that waits for its disk is then
 * woken without a switch and without losing a TLB entry.
 *
 * Floor 2.  Read next: kernel/x86/switch.asm
 */
#include "kernel/sched.h"
#include "kernel/fpu.h"
#include "kernel/lib/check.h"
#include "kernel/lib/errno.h"
#include "kernel/trace.h"
#include "kernel/x86/insn.h"
#include "kernel/x86/irq.h"
#include "kernel/x86/mmu.h"
#include "kernel/x86/switch.h"

#define SLICE_TICKS 2u          /* 20 ms: long beside a switch, short beside a person */

static struct {
	struct spinlock lock;
	struct list     ready;          /* of struct task by link_run [lock] */
} queue = { SPINLOCK_INIT, LIST_INIT(queue.ready) };

void sched_init(struct task *boot)
{
	boot->state = TASK_RUNNABLE;
	boot->slice = SLICE_TICKS;
	this_cpu()->current = boot;
	this_cpu()->task_counts = boot->counts;
}

static void make_ready(struct task *t)
{
	t->state = TASK_RUNNABLE;
	t->killable = false;
	t->waiting_on = NULL;
	list_push_back(&queue.ready, &t->link_run);
}

/*
 * Halt until an interrupt.  The lock is let go with interrupts still off, so that a wake-up cannot slip in
 * between that and the halt; its saved flags belong to the caller's spin_lock().
 */
static void halt_unlocked(void)
{
	uint32_t flags = queue.lock.flags;

	queue.lock.flags = 0;
	spin_unlock(&queue.lock);
	irq_wait();
	spin_lock(&queue.lock);
	queue.lock.flags = flags;
}

/* Who runs next; with nobody ready, waits for somebody, who may well be the caller itself. */
static struct task *pick(void)
{
	struct list *l = list_pop_front(&queue.ready);

	if (!l) {
		trace_emit(EV_IDLE, 1, 0, 0, 0);
		do {
			halt_unlocked();
		} while ((l = list_pop_front(&queue.ready)) == NULL);
		trace_emit(EV_IDLE, 0, 0, 0, 0);
	}
	return list_entry(l, struct task, link_run);
}

/* Everything that makes up a task and is not on its stack. */
static void become(struct task *next)
{
	struct cpu *cpu = this_cpu();

	trace_emit(EV_SWITCH, (uint32_t)next->id, 0, 0, 0);
	cpu->current = next;
	cpu->task_counts = next->counts;
	count_add(C_SWITCHES, 1);
	if (mmu_cr3() != next->cr3) {
		mmu_load_cr3(next->cr3);
		count_add(C_CR3_SWITCH, 1);
	}
	cpu_set_kernel_stack(next->kstack_top);
	cpu_set_tls(next->tls);
	fpu_switched();
}

/*
 * Switch to whoever is next.  The running task has put itself on the queue, or not, as it wants to be
 * found again.
 */
static void switch_away(void)
{
	uint32_t flags = queue.lock.flags;      /* of this task; the lock will be others' meanwhile */
	struct task *prev = task_current();
	struct task *next;

	ASSERT(this_cpu()->spins == 1 && this_cpu()->irq_depth == 0);
	next = pick();
	this_cpu()->work = next->interrupted ? CPU_SIGNAL : 0;
	next->slice = SLICE_TICKS;
	if (next != prev) {
		become(next);
		switch_stacks(&prev->sp, next->sp);
	}
	queue.lock.flags = flags;
}

/* First function of every new task, entered from switch_stacks() with the run queue locked. */
static void begin(task_entry *entry, void *arg)
{
	queue.lock.flags = EFLAGS_IF;
	spin_unlock(&queue.lock);
	entry(arg);
	sched_exit();
}

void task_prepare(struct task *t, void (*entry)(void *arg), void *arg)
{
	t->sp = stack_prepare(t->kstack_top, begin, entry, arg);
}

void sched_add(struct task *t)
{
	spin_lock(&queue.lock);
	make_ready(t);
	spin_unlock(&queue.lock);
}

void sched_yield(void)
{
	spin_lock(&queue.lock);
	make_ready(task_current());
	switch_away();
	spin_unlock(&queue.lock);
}

void sched_exit(void)
{
	fpu_drop(task_current());
	spin_lock(&queue.lock);
	task_current()->state = TASK_DEAD;
	switch_away();
	BUG("a dead task ran");
}

bool sched_gone(const struct task *t)
{
	return t->state == TASK_DEAD && t != task_current();
}

static void mark_asleep(struct task *t, struct waitq *q, bool killable)
{
	t->state = TASK_SLEEPING;
	t->waiting_on = q;
	t->killable = killable;
}

void sched_mark_asleep(struct waitq *q)
{
	spin_lock(&queue.lock);
	mark_asleep(task_current(), q, false);
	spin_unlock(&queue.lock);
}

int sched_mark_asleep_killable(struct waitq *q)
{
	struct task *t = task_current();
	int result = 0;

	spin_lock(&queue.lock);
	if (t->interrupted) {
		result = -EINTR;
	} else {
		mark_asleep(t, q, true);
	}
	spin_unlock(&queue.lock);
	return result;
}

void sched_sleep(void)
{
	struct task *t = task_current();

	spin_lock(&queue.lock);
	if (t->state == TASK_SLEEPING) {
		switch_away();
	} else {
		list_remove(&t->link_run);      /* woken already: we go on running */
	}
	spin_unlock(&queue.lock);
}

bool sched_wake(struct task *t)
{
	bool asleep;

	spin_lock(&queue.lock);
	asleep = t->state == TASK_SLEEPING;
	if (asleep) {
		make_ready(t);
	}
	spin_unlock(&queue.lock);
	return asleep;
}

void sched_interrupt(struct task *t)
{
	spin_lock(&queue.lock);
	t->interrupted = true;
	if (t->state == TASK_SLEEPING && t->killable) {
		make_ready(t);
	}
	if (t == task_current()) {
		atomic_or(&this_cpu()->work, CPU_SIGNAL);
	}
	spin_unlock(&queue.lock);
}

void sched_tick(void)
{
	struct task *t = task_current();

	spin_lock(&queue.lock);
	if (t->slice > 0) {
		t->slice--;
	}
	if (t->slice == 0 && !list_empty(&queue.ready)) {
		atomic_or(&this_cpu()->work, CPU_RESCHED);
	}
	spin_unlock(&queue.lock);
}

void sched_idle(void)
{
	spin_lock(&queue.lock);
	task_current()->state = TASK_SLEEPING;
	switch_away();
	BUG("the boot task was woken after its work was done");
}
