/*
 * Waiting for a condition.
 *
 *	spin_lock(&lock);
 *	wait_until(&queue, &lock, condition);           condition is true here, lock is held
 *	...
 *	spin_unlock(&lock);
 *
 * The condition is evaluated under @lock; whoever makes it true does so under @lock and then calls
 * wait_wake().  The sleeper joins the queue before it lets go of the lock, so no wake-up is lost.
 * After any sleep everything not protected by a reference must be looked at again.
 *
 * Floor 2.
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include "kernel/lock.h"

void waitq_init(struct waitq *q);

/* Join @q, drop @lock, sleep until woken, take @lock again.  Building block of the macros below. */
void wait_sleep(struct waitq *q, struct spinlock *lock);

/* Like wait_sleep, but also wakes when a signal arrives: -EINTR then, at once if one is pending already. */
int  wait_sleep_killable(struct waitq *q, struct spinlock *lock);

/* Wake all sleepers / the one that waited longest.  Any context, interrupts included. */
void wait_wake(struct waitq *q);
void wait_wake_one(struct waitq *q);

/* wait_wake() for a condition that the queue's own lock guards.  Locks: q->lock held. */
void wait_wake_locked(struct waitq *q);

#define wait_until(q, lock, condition)                  \
	do {                                            \
		while (!(condition)) {                  \
			wait_sleep((q), (lock));        \
		}                                       \
	} while (0)

/* The value is 0 with the condition true, or -EINTR; the lock is held either way. */
#define wait_until_killable(q, lock, condition)                         \
	({                                                              \
		int wait_result_ = 0;                                   \
		while (!(condition) && wait_result_ == 0) {             \
			wait_result_ = wait_sleep_killable((q), (lock)); \
		}                                                       \
		wait_result_;                                           \
	})

#endif
