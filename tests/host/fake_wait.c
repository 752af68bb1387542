/*
 * Sleeping and time for host tests.  One task, so a sleep is a loop that runs everything else.
 */
#include "tests/host/fake.h"
#include "kernel/clock.h"
#include "kernel/lib/check.h"
#include "kernel/lib/errno.h"
#include "kernel/wait.h"

unsigned fake_sleeps;

static bool (*world_step)(void *ctx);
static void *world_ctx;
static struct list timeouts = LIST_INIT(timeouts);
static uint64_t now_us;

void fake_set_world(bool (*step)(void *ctx), void *ctx)
{
	world_step = step;
	world_ctx = ctx;
}

/* One step of the world, with the processor in interrupt context. */
bool fake_world_step(void)
{
	bool moved;

	this_cpu()->irq_depth++;
	moved = (world_step && world_step(world_ctx)) || fake_run_timeout();
	this_cpu()->irq_depth--;
	return moved;
}

/* ---- wait.h ---- */

void waitq_init(struct waitq *q)
{
	spin_init(&q->lock);
	list_init(&q->waiters);
}

static int sleep_on(struct waitq *q, struct spinlock *lock, bool killable)
{
	struct task *t = task_current();

	if (this_cpu()->irq_depth > 0) {
		fake_fail("sleep in an interrupt");
	}
	if (!lock->held || this_cpu()->spins != 1) {
		fake_fail("sleep with another spinlock held, or without the condition's");
	}
	if (killable && t->interrupted) {
		return -EINTR;
	}
	fake_sleeps++;
	list_push_back(&q->waiters, &t->link_wait);
	spin_unlock(lock);
	while (list_linked(&t->link_wait) && !(killable && t->interrupted)) {
		if (!fake_world_step()) {
			fake_fail("asleep for ever: nothing is left that could wake it");
		}
	}
	spin_lock(lock);
	if (list_linked(&t->link_wait)) {
		list_remove(&t->link_wait);
		return -EINTR;
	}
	return 0;
}

void wait_sleep(struct waitq *q, struct spinlock *lock)
{
	(void)sleep_on(q, lock, false);
}

int wait_sleep_killable(struct waitq *q, struct spinlock *lock)
{
	return sleep_on(q, lock, true);
}

void wait_wake(struct waitq *q)
{
	while (list_pop_front(&q->waiters)) {
	}
}

void wait_wake_one(struct waitq *q)
{
	(void)list_pop_front(&q->waiters);
}

/* ---- task.h ---- */

void sched_yield(void)
{
	(void)fake_world_step();
}

void sched_interrupt(struct task *t)
{
	t->interrupted = true;
}

/* ---- clock.h ---- */

void fake_reset_clock(void)
{
	while (list_pop_front(&timeouts)) {
	}
	now_us = 0;
}

uint64_t clock_us(void)
{
	return now_us;
}

uint64_t clock_ticks(void)
{
	return now_us / TICK_US;
}

uint64_t clock_realtime_us(void)
{
	return 1767225600ull * 1000000 + now_us;        /* 2026-01-01 */
}

uint32_t clock_seconds(void)
{
	return (uint32_t)(clock_realtime_us() / 1000000);
}

void timeout_add(struct timeout *t, uint64_t us)
{
	struct list *before = &timeouts;

	ASSERT(!list_linked(&t->link));
	t->due_us = now_us + us;
	while (before->prev != &timeouts &&
	       list_entry(before->prev, struct timeout, link)->due_us > t->due_us) {
		before = before->prev;
	}
	list_insert_between(&t->link, before->prev, before);
}

bool timeout_cancel(struct timeout *t)
{
	if (!list_linked(&t->link)) {
		return false;
	}
	list_remove(&t->link);
	return true;
}

bool fake_run_timeout(void)
{
	struct list *l = list_pop_front(&timeouts);
	struct timeout *t;

	if (!l) {
		return false;
	}
	t = list_entry(l, struct timeout, link);
	now_us = MAX(now_us, t->due_us);
	this_cpu()->irq_depth++;
	t->fn(t);
	this_cpu()->irq_depth--;
	return true;
}

void fake_advance(uint64_t us)
{
	uint64_t until = now_us + us;

	while (!list_empty(&timeouts) &&
	       list_entry(timeouts.next, struct timeout, link)->due_us <= until) {
		(void)fake_run_timeout();
	}
	now_us = until;
}

int clock_sleep_us(uint64_t us)
{
	if (task_current()->interrupted) {
		return -EINTR;
	}
	fake_advance(us);
	return 0;
}
