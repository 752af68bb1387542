/*
 * Spinlocks and mutexes.  The order in which they nest: lock.h.
 *
 * With one processor a spinlock is "interrupts off" plus a check that nobody else holds it.  With more,
 * spin_lock() gains a loop and nothing else changes.  A mutex that nobody wants costs one exchange to take
 * and one to give back; its wait queue is for those who find it taken.
 *
 * Floor 2.  Read next: wait.c
 */
#include "kernel/lock.h"
#include "kernel/lib/atomic.h"
#include "kernel/lib/check.h"
#include "kernel/task.h"
#include "kernel/wait.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/insn.h"

/* Locks:   none. */
void spin_init(struct spinlock *l)
{
	*l = (struct spinlock)SPINLOCK_INIT;
}

void mutex_init(struct mutex *m)
{
	m->owner = NULL;
	atomic_set(&m->waiting, 0);
	waitq_init(&m->waitq);
}

/* Make the mutex ours if it is nobody's. */
static inline bool take(struct mutex *m)
{
	struct task *nobody = NULL;

	return __atomic_compare_exchange_n(&m->owner, &nobody, task_current(), false,
	                                   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/*
 * We count as waiting before we look at the owner, and mutex_unlock() looks at the count after it has let
 * go: one of the two sees the other, so nobody sleeps who is not woken.
 */
static __attribute__((noinline)) void lock_slowly(struct mutex *m)
{
	ASSERT(m->owner != task_current());
	atomic_inc(&m->waiting);
	spin_lock(&m->waitq.lock);
	wait_until(&m->waitq, &m->waitq.lock, take(m));
	spin_unlock(&m->waitq.lock);
	atomic_add(&m->waiting, -1);
}

/* Sleeps:  yes, also when there is nobody to wait for today. */
void mutex_lock(struct mutex *m)
{
	ASSERT(this_cpu()->irq_depth == 0);
	if (!take(m)) {
		lock_slowly(m);
	}
}

/* Sleeps:  never. */
bool mutex_trylock(struct mutex *m)
{
	return take(m);
}

void mutex_unlock(struct mutex *m)
{
	ASSERT(m->owner == task_current());
	__atomic_store_n(&m->owner, NULL, __ATOMIC_SEQ_CST);
	if (atomic_read(&m->waiting) > 0) {
		/* Whoever comes first gets it; one that was woken in vain sleeps again. */
		wait_wake_one(&m->waitq);
	}
}

bool mutex_mine(const struct mutex *m)
{
	return m->owner != NULL && m->owner == task_current();
}
