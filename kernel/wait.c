/*
 * Wait queues.
 *
 * Invariant: a task is on a queue's list only while asleep there, or between being woken by a signal and
 * running again.  Whoever takes it off the list owns the wake-up.
 *
 * Floor 2.  Read next: sched.c
 */
#include "kernel/wait.h"
#include "kernel/counters.h"
#include "kernel/lib/check.h"
#include "kernel/lib/errno.h"
#include "kernel/sched.h"

void waitq_init(struct waitq *q)
{
	spin_init(&q->lock);
	list_init(&q->waiters);
}

/* The queue's own lock may be the condition's: mutexes do that. */
static void lock_queue(struct waitq *q, struct spinlock *lock)
{
	if (lock != &q->lock) {
		spin_lock(&q->lock);
	}
}

static void unlock_queue(struct waitq *q, struct spinlock *lock)
{
	if (lock != &q->lock) {
		spin_unlock(&q->lock);
	}
}

/*
 * Locks:   @lock is held, dropped while asleep, and held again on return; no other spinlock may be held.
 * Sleeps:  until wait_wake().
 */
void wait_sleep(struct waitq *q, struct spinlock *lock)
{
	lock_queue(q, lock);
	list_push_back(&q->waiters, &task_current()->link_wait);
	sched_mark_asleep(q);
	unlock_queue(q, lock);
	spin_unlock(lock);
	count_add(C_WAITS, 1);
	sched_sleep();
	spin_lock(lock);
}

/*
 * Locks:   as wait_sleep().
 * Returns: 0 when woken by wait_wake(), also if a signal came too; else -EINTR.
 */
int wait_sleep_killable(struct waitq *q, struct spinlock *lock)
{
	struct task *t = task_current();
	int result;

	lock_queue(q, lock);
	result = sched_mark_asleep_killable(q);
	if (result == 0) {
		list_push_back(&q->waiters, &t->link_wait);
	}
	unlock_queue(q, lock);
	if (result < 0) {
		return result;
	}
	spin_unlock(lock);
	count_add(C_WAITS, 1);
	sched_sleep();
	spin_lock(lock);

	/* Still on the list: it was a signal. */
	lock_queue(q, lock);
	if (list_linked(&t->link_wait)) {
		list_remove(&t->link_wait);
		result = -EINTR;
	}
	unlock_queue(q, lock);
	return result;
}

/* Wakes the first that is still asleep; one that a signal woke already will not use this wake-up. */
static bool wake_first(struct waitq *q)
{
	struct list *l;

	while ((l = list_pop_front(&q->waiters)) != NULL) {
		if (sched_wake(list_entry(l, struct task, link_wait))) {
			return true;
		}
	}
	return false;
}

void wait_wake_locked(struct waitq *q)
{
	struct list *l;

	while ((l = list_pop_front(&q->waiters)) != NULL) {
		(void)sched_wake(list_entry(l, struct task, link_wait));
	}
}

void wait_wake(struct waitq *q)
{
	spin_lock(&q->lock);
	wait_wake_locked(q);
	spin_unlock(&q->lock);
}

void wait_wake_one(struct waitq *q)
{
	spin_lock(&q->lock);
	(void)wake_first(q);
	spin_unlock(&q->lock);
}
