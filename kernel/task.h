/*
 * The schedulable task: all that switching needs to know, and nothing of processes or memory maps.
 *
 * State:  RUNNABLE (on the run queue, or running) --sleep--> SLEEPING --wake--> RUNNABLE;  --exit--> DEAD
 *
 * Kernel code is never preempted: a task gives up the processor by sleeping or by sched_yield(); user
 * code is preempted by the timer, on the way back to user mode.
 *
 * Floor 2.  kernel/proc/task.c (floor 7) makes and destroys tasks: stacks need page tables.
 */
#ifndef KERNEL_TASK_H
#define KERNEL_TASK_H

#include "kernel/counters.h"
#include "kernel/lock.h"
#include "kernel/x86/cpu.h"

enum task_state { TASK_RUNNABLE, TASK_SLEEPING, TASK_DEAD };

struct space;
struct proc;

struct task {
	uint32_t         sp;            /* saved kernel stack pointer while switched out          */
	uint32_t         kstack;        /* lowest address of the kernel stack                     */
	uint32_t         kstack_top;
	paddr_t          cr3;           /* page directory; the kernel's own for kernel tasks      */
	uint32_t         tls;           /* base of the thread-local segment                       */
	enum task_state  state;         /* [run queue lock]                                       */
	bool             interrupted;   /* a signal wants attention: killable sleeps end          */
	bool             killable;      /* in a killable sleep                                    */
	struct list      link_run;      /* run queue                       [run queue lock]       */
	struct list      link_wait;     /* the wait queue slept on         [waitq.lock]           */
	struct waitq    *waiting_on;    /*                                 [run queue lock]       */
	uint32_t         slice;         /* ticks left                                             */
	int              id;            /* pid, or a negative number for kernel tasks             */
	const char      *name;
	struct space    *space;         /* opaque here */
	struct proc     *proc;          /* opaque here; NULL for kernel tasks */
	bool             fpu_used;
	uint8_t          fpu[FPU_STATE_SIZE] __attribute__((aligned(16)));
	uint64_t         counts[NR_COUNTERS];
};

static inline struct task *task_current(void)
{
	return this_cpu()->current;
}

/* Make the boot code the first task (the later idle task). */
void sched_init(struct task *boot);

/* A new task, its stack prepared by task_prepare(), becomes runnable. */
void sched_add(struct task *t);

/* Lay out @t's empty kernel stack so that the first switch calls @entry(@arg) with interrupts on. */
void task_prepare(struct task *t, void (*entry)(void *arg), void *arg);

/* Let others run; returns when it is our turn again. */
void sched_yield(void);

/* The running task never runs again; its stack is still in use until the switch is done.  Does not return. */
_Noreturn void sched_exit(void);

/* Wait until @t (DEAD) has left its stack, so that it may be freed.  Trivially true on one processor. */
bool sched_gone(const struct task *t);

/* Make a sleeping task runnable; false if it was not asleep.  Any context. */
bool sched_wake(struct task *t);

/* A signal is pending for @t: end its killable sleep, if it is in one.  Any context. */
void sched_interrupt(struct task *t);

/* Timer tick, interrupt context: charge the running task, ask for rescheduling when its slice is used up. */
void sched_tick(void);

/* Body of the idle task: halts until an interrupt, runs whoever became runnable. */
_Noreturn void sched_idle(void);

#endif
