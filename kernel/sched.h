/*
 * What wait.c needs of the scheduler.  Everybody else uses task.h and wait.h.
 *
 * Going to sleep takes two steps, so that a wake-up between them is not lost: first the task is marked
 * asleep, under the lock of the queue that it joined; then, with no lock held, it leaves the processor.
 * If it was woken in between, it does not leave.
 *
 * Floor 2.  Read next: sched.c
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "kernel/task.h"

/* Mark the running task asleep on @q. */
void sched_mark_asleep(struct waitq *q);

/* The same for a sleep that a signal ends.  Returns: -EINTR, and it is not marked, if one is pending. */
must_check int sched_mark_asleep_killable(struct waitq *q);

/* Leave the processor until woken; returns at once if that has happened. */
void sched_sleep(void);

#endif
