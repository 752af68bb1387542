/*
 * Spinlocks and mutexes.  The order in which they nest: lock.h.
 *
 * With one processor a spinlock is "interrupts off" plus a check that nobody else holds it.  With more,
 * spin_lock() gains a loop and nothing else changes.
 *
 * Floor 2.  Read next: wait.c
 */
#include "kernel/lock.h"
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
	waitq_init(&m->waitq);
}

/* Sleeps:  yes, also when there is nobody to wait for today. */
void mutex_lock(struct mutex *m)
{
	struct spinlock *lock = &m->waitq.lock;

	spin_lock(lock);
	ASSERT(m->owner != task_current() && this_cpu()->irq_depth == 0);
	wait_until(&m->waitq, lock, m->owner == NULL);
	m->owner = task_current();
	spin_unlock(lock);
}

/* Sleeps:  never. */
bool mutex_trylock(struct mutex *m)
{
	bool taken;

	spin_lock(&m->waitq.lock);
	taken = m->owner == NULL;
	if (taken) {
		m->owner = task_current();
	}
	spin_unlock(&m->waitq.lock);
	return taken;
}

void mutex_unlock(struct mutex *m)
{
	spin_lock(&m->waitq.lock);
	ASSERT(m->owner == task_current());
	m->owner = NULL;
	spin_unlock(&m->waitq.lock);
	/* Whoever comes first gets it; one that was woken in vain sleeps again. */
	wait_wake_one(&m->waitq);
}

bool mutex_mine(const struct mutex *m)
{
	return m->owner != NULL && m->owner == task_current();
}
