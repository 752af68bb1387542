/*
 * Locks, and THE LOCK ORDER, written once.  Outer to inner:
 *
 *   may sleep    file position (file.lock)
 *                fs.rename (one a file system): before two directories are locked, or one moves or goes
 *                directory inodes: without fs.rename one at a time
 *                inode.lock of files; two of them: by address
 *                space.lock
 *                the gate of mm/cache/order.h: open for who links blocks, closed for who writes metadata
 *                frame lock of a file page          (mm/phys/frame.h; two: ascending name)
 *                ext2 map lock (one per inode)
 *                ext2 alloc lock (one per file system)
 *                frame lock of a metadata page      (one at a time, only while it is read)
 *   spinlocks    proc_family                       (kernel/proc: who is whose child, signals)
 *                mapping.vmas_lock
 *                pagetable.lock                    (fork: the parent's, then the child's)
 *                mapping.lock                       (never two at once)
 *                blkdev.lock
 *                leaves: inode hash, free list, kmalloc, pipe, wait queues, run queue;
 *                tty, in it the screen and the serial line
 *
 * A spinlock is held with interrupts off, so its holder neither sleeps nor faults.  On one processor
 * nobody ever spins: taking a held spinlock is a bug and is caught.  No code outside lock.c treats
 * "interrupts are off" as mutual exclusion.
 *
 * The capability annotations are read by clang's -Wthread-safety and vanish under gcc.
 *
 * Floor 2.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "kernel/lib/atomic.h"
#include "kernel/lib/check.h"
#include "kernel/lib/list.h"
#include "kernel/lib/types.h"
#ifndef MAGPIE_HOST
#include "kernel/x86/cpu.h"
#include "kernel/x86/insn.h"
#endif

#if defined(__clang__)
#define CAPABILITY(name) __attribute__((capability(name)))
#define ACQUIRE(...)     __attribute__((acquire_capability(__VA_ARGS__)))
#define RELEASE(...)     __attribute__((release_capability(__VA_ARGS__)))
#define REQUIRES(...)    __attribute__((requires_capability(__VA_ARGS__)))
#define EXCLUDES(...)    __attribute__((locks_excluded(__VA_ARGS__)))
#define UNANALYSED       __attribute__((no_thread_safety_analysis))
#else
#define CAPABILITY(name)
#define ACQUIRE(...)
#define RELEASE(...)
#define REQUIRES(...)
#define EXCLUDES(...)
#define UNANALYSED
#endif

struct CAPABILITY("spinlock") spinlock {
	uint32_t held;
	uint32_t flags;                 /* interrupt state of the holder, given back on unlock */
};

#define SPINLOCK_INIT { 0, 0 }

void spin_init(struct spinlock *l);

#ifdef MAGPIE_HOST
void spin_lock(struct spinlock *l) ACQUIRE(*l);
void spin_unlock(struct spinlock *l) RELEASE(*l);
#else

/*
 * Interrupts go off first: a handler that took the same lock after our test would find it held for ever.
 * In line: a call around these few instructions would cost as much again.
 *
 * Sleeps:  never.  Until the unlock, neither may the caller.
 */
static inline void spin_lock(struct spinlock *l) ACQUIRE(*l) UNANALYSED;
static inline void spin_lock(struct spinlock *l)
{
	uint32_t flags = flags_read();

	interrupts_off();
	ASSERT(!l->held);
	l->held = 1;
	l->flags = flags;
	this_cpu()->spins++;
}

/* Locks must be given back inner first, else interrupts would come on under the one still held. */
static inline void spin_unlock(struct spinlock *l) RELEASE(*l) UNANALYSED;
static inline void spin_unlock(struct spinlock *l)
{
	struct cpu *cpu = this_cpu();
	uint32_t flags = l->flags;

	ASSERT(l->held);
	l->held = 0;
	cpu->spins--;
	if (flags & EFLAGS_IF) {
		ASSERT(cpu->spins == 0);
		interrupts_on();
	}
}
#endif

struct waitq {
	struct spinlock lock;
	struct list     waiters;        /* of struct task by link_wait [lock] */
};

#define WAITQ_INIT(name) { SPINLOCK_INIT, LIST_INIT((name).waiters) }

struct task;

struct CAPABILITY("mutex") mutex {
	struct task    *owner;          /* changed by exchange only; NULL = free */
	atomic_t        waiting;        /* tasks that found it taken */
	struct waitq    waitq;
};

#define MUTEX_INIT(name) { NULL, { 0 }, WAITQ_INIT((name).waitq) }

void mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m) ACQUIRE(*m) UNANALYSED;         /* Sleeps.  Not recursive: taking one's own is a bug. */
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m) RELEASE(*m) UNANALYSED;
bool mutex_mine(const struct mutex *m);                 /* held by the running task; for assertions */

#endif
