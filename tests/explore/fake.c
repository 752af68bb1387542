/*
 * Floors 1 and 2 for the explorer: locks and waiting are where actors can be interrupted.
 *
 * No actor is ever interrupted under a spinlock, so none is ever found taken: another processor would spin
 * until it is free, and that order is explored anyway.
 *
 * The processor's TLB is one entry an actor: the translation by which he writes.  tlb_flush() is the message
 * to all processors, and takes effect at once.
 */
#include "tests/explore/explore.h"

#include "drivers/block.h"
#include "kernel/clock.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/fmt.h"
#include "kernel/printk.h"
#include "kernel/trace.h"
#include "kernel/wait.h"
#include "kernel/x86/mmu.h"
#include "kernel/x86/ucopy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLER __builtin_return_address(0)

struct cpu cpus[NR_CPUS];
uint32_t trace_on;

void trace_record(enum event e, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	(void)e, (void)a, (void)b, (void)c, (void)d;
}

/* ---- check.h, panic.c, printk.h ---- */

void check_failed(const char *file, int line, const char *what)
{
	violated("%s:%d: failed: %s", file, line, what);
	fprintf(stderr, "%s\n", violation);
	abort();
}

void panic(const char *format, ...)
{
	check_failed("panic", 0, format);
}

void printk(const char *format, ...)
{
	(void)format;
}

/* ---- lock.h ---- */

void spin_init(struct spinlock *l)
{
	*l = (struct spinlock)SPINLOCK_INIT;
}

void spin_lock(struct spinlock *l)
{
	if (this_cpu()->spins == 0) {
		explore_point(CALLER);
	}
	if (l->held) {
		violated("a spinlock is taken twice");
	}
	l->held = 1;
	this_cpu()->spins++;
}

void spin_unlock(struct spinlock *l)
{
	if (!l->held) {
		violated("a spinlock is given back that was not held");
	}
	l->held = 0;
	this_cpu()->spins--;
}

static void may_sleep(void)
{
	if (this_cpu()->spins > 0 || this_cpu()->irq_depth > 0) {
		violated("sleeps where that is forbidden");
	}
}

static void join(struct waitq *q)
{
	list_push_back(&q->waiters, &task_current()->link_wait);
}

void mutex_init(struct mutex *m)
{
	m->owner = NULL;
	waitq_init(&m->waitq);
}

void mutex_lock(struct mutex *m)
{
	may_sleep();
	if (m->owner == task_current()) {
		violated("a mutex is taken twice");
	}
	explore_point(CALLER);
	while (m->owner) {
		join(&m->waitq);
		explore_sleep(CALLER);
	}
	m->owner = task_current();
}

bool mutex_trylock(struct mutex *m)
{
	explore_point(CALLER);
	if (m->owner) {
		return false;
	}
	m->owner = task_current();
	return true;
}

void mutex_unlock(struct mutex *m)
{
	if (m->owner != task_current()) {
		violated("a mutex is given back by somebody else");
	}
	m->owner = NULL;
	wait_wake_one(&m->waitq);
}

bool mutex_mine(const struct mutex *m)
{
	return m->owner == task_current();
}

/* ---- wait.h, task.h, clock.h ---- */

void waitq_init(struct waitq *q)
{
	spin_init(&q->lock);
	list_init(&q->waiters);
}

void wait_sleep(struct waitq *q, struct spinlock *lock)
{
	if (!lock->held || this_cpu()->spins != 1) {
		violated("sleeps with a spinlock held, or without the condition's");
	}
	join(q);
	spin_unlock(lock);
	explore_sleep(CALLER);
	lock->held = 1;
	this_cpu()->spins++;
}

int wait_sleep_killable(struct waitq *q, struct spinlock *lock)
{
	wait_sleep(q, lock);
	return 0;
}

void wait_wake(struct waitq *q)
{
	while (list_pop_front(&q->waiters)) {
	}
}

void wait_wake_locked(struct waitq *q)
{
	wait_wake(q);
}

void wait_wake_one(struct waitq *q)
{
	(void)list_pop_front(&q->waiters);
}

void sched_yield(void)
{
	explore_point(CALLER);
}

uint64_t clock_us(void)
{
	return 0;
}

void timeout_add(struct timeout *t, uint64_t us)
{
	(void)t, (void)us;
}

bool timeout_cancel(struct timeout *t)
{
	(void)t;
	return false;
}

/* ---- mmu.h, tlb.h ---- */

paddr_t mmu_cr3(void)
{
	return 0;
}

void mmu_load_cr3(paddr_t cr3)
{
	(void)cr3;
}

void page_copy(void *to, const void *from)
{
	explore_point(CALLER);
	memcpy(to, from, CONTENT);
}

void page_zero(void *to)
{
	memset(to, 0, PAGE_SIZE);
}

void tlb_flush(struct tlb_batch *b)
{
	for (unsigned k = 0; k < ACTORS && b->n > 0; k++) {
		struct actor *a = &actors[k];

		if (a->tlb.pt == b->pt && a->tlb.va >= b->lo && a->tlb.va < b->hi) {
			a->tlb.pt = NULL;
			a->tlb.frame = NULL;
		}
	}
	*b = tlb_begin(b->pt);
}

void tlb_flush_page(struct pagetable *pt, uva_t va)
{
	struct tlb_batch b = tlb_begin(pt);

	tlb_add(&b, va);
	tlb_flush(&b);
}

void tlb_flush_kernel(uva_t va, unsigned n)
{
	(void)va, (void)n;
}

/* ---- ucopy.h: a user buffer is what the actor writes, or where he notes what he read ---- */

static bool in_ram(const void *p)
{
	return (const char *)p >= host_ram && (const char *)p < host_ram + RAM_PAGES * PAGE_SIZE;
}

uint32_t copy_from_user_nofault(void *to, uva_t from, uint32_t n)
{
	(void)from;
	if (in_ram(to)) {
		uint32_t off = (uint32_t)((char *)to - host_ram) & PAGE_MASK;

		set_content((char *)to - off, off, n, running ? running->value : V_ZERO);
	}
	return 0;
}

int copy_from_user(void *to, uva_t from, uint32_t n)
{
	may_sleep();
	return copy_from_user_nofault(to, from, n) ? -EFAULT : 0;
}

/* Addresses of buffers are offsets in the file, so a half of a page goes to its place. */
static void look_at(uva_t to, const uint8_t *page, uint32_t n)
{
	for (unsigned half = 0; running && half < 2; half++) {
		uint32_t at = half * HALF, off = to & PAGE_MASK;

		if (at >= off && at < off + n) {
			running->seen[half] = page[at - off];
		}
	}
}

int copy_to_user(uva_t to, const void *from, uint32_t n)
{
	may_sleep();
	explore_point(CALLER);
	look_at(to, from, n);
	return 0;
}

/* Transfers past the cache are not among the actors. */
void blk_submit(struct ioreq *r)
{
	(void)r;
	violated("a transfer past the page cache");
}
