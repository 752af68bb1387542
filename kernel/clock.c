/*
 * Time.
 *
 * Invariants: `pending` is sorted by due time; the interval timer is armed for the nearer of its head and
 * the next tick, or the timer interrupt is about to run.
 *
 * Floor 2.
 */
#include "kernel/clock.h"
#include "kernel/lib/errno.h"
#include "kernel/task.h"
#include "kernel/wait.h"
#include "kernel/x86/cmos.h"
#include "kernel/x86/insn.h"
#include "kernel/x86/irq.h"

#define US_PER_SECOND      1000000u
#define CALIBRATION_CLOCKS 1790u        /* of the PIT: 1.5 ms */
#define PIT_LONGEST        65535u

static struct spinlock lock = SPINLOCK_INIT;
static struct list pending = LIST_INIT(pending);        /* of struct timeout [lock] */
static uint64_t next_tick_us;                           /* [lock] */
static uint64_t ticks;                                  /* [lock] */
static uint64_t tsc_at_boot;
static uint32_t us_per_tsc;     /* microseconds per TSC count, times 2^32: fits for 1 MHz and above */
static uint64_t boot_realtime_us;
static uint32_t seconds;                                /* since 1970 [changed under lock, read without] */
static uint64_t next_second_us;                         /* of clock_us(): when there is one more [lock] */

/* Both clocks at one moment. */
struct reading { uint64_t tsc; uint16_t pit; };

/*
 * The two cannot be read at once, and a virtual processor may be held up in between: of three tries the
 * one that took least time is right.
 */
static struct reading read_both(void)
{
	struct reading best = { 0, 0 };
	uint64_t shortest = UINT64_MAX;

	for (int i = 0; i < 3; i++) {
		uint64_t before = tsc_read();
		uint16_t pit = pit_remaining();
		uint64_t took = tsc_read() - before;

		if (took < shortest) {
			shortest = took;
			best = (struct reading){ before, pit };
		}
	}
	return best;
}

/* How fast does the TSC count?  Measured against as many PIT clocks as really went by. */
static void calibrate(void)
{
	struct reading from, to;
	uint64_t us;                    /* times 2^16 */

	do {
		pit_arm(PIT_LONGEST);
		from = read_both();
		do {
			to = read_both();
		} while (to.pit != 0 && from.pit - to.pit < (int)CALIBRATION_CLOCKS);
	} while (to.pit == 0);          /* held up for 55 ms: once more */

	us = ((uint64_t)(from.pit - to.pit) * US_PER_SECOND << 16) / PIT_HZ;
	us_per_tsc = (uint32_t)((us << 16) / (to.tsc - from.tsc));
	tsc_at_boot = to.tsc;
}

uint64_t clock_us(void)
{
	return clock_tsc_us(tsc_read());
}

uint64_t clock_tsc_us(uint64_t tsc)
{
	uint64_t count = tsc - tsc_at_boot;

	return (count >> 32) * us_per_tsc + ((uint64_t)(uint32_t)count * us_per_tsc >> 32);
}

uint64_t clock_ticks(void)
{
	uint64_t now;

	spin_lock(&lock);
	now = ticks;
	spin_unlock(&lock);
	return now;
}

uint64_t clock_realtime_us(void)
{
	return boot_realtime_us + clock_us();
}

uint32_t clock_seconds(void)
{
	return __atomic_load_n(&seconds, __ATOMIC_RELAXED);
}

static struct timeout *first_timeout(void)
{
	return list_empty(&pending) ? NULL : list_entry(pending.next, struct timeout, link);
}

/* Locks:   the clock's is held. */
static void arm_timer(void)
{
	struct timeout *first = first_timeout();
	uint64_t due = first ? MIN(first->due_us, next_tick_us) : next_tick_us;
	uint64_t now = clock_us();
	uint32_t us = due > now ? (uint32_t)MIN(due - now, (uint64_t)TICK_US) : 0;

	/* One clock more than computed: the interrupt should not come a hair too early. */
	pit_arm((uint16_t)(us * (uint64_t)PIT_HZ / US_PER_SECOND + 1));
}

static void count_seconds(uint64_t now)
{
	for (; next_second_us <= now; next_second_us += US_PER_SECOND) {
		__atomic_store_n(&seconds, seconds + 1, __ATOMIC_RELAXED);
	}
}

/* Ticks that were missed while the machine stood still are made up for. */
static unsigned count_ticks(uint64_t now)
{
	unsigned n = 0;

	for (; next_tick_us <= now; next_tick_us += TICK_US) {
		n++;
	}
	ticks += n;
	return n;
}

/* The functions run without the lock: they may add timeouts, and wake whom they like. */
static void run_timeouts(uint64_t now)
{
	struct timeout *t;

	while ((t = first_timeout()) != NULL && t->due_us <= now) {
		list_remove(&t->link);
		spin_unlock(&lock);
		t->fn(t);
		spin_lock(&lock);
	}
}

static void timer_interrupt(struct trapframe *tf)
{
	uint64_t now;
	unsigned n;

	(void)tf;
	spin_lock(&lock);
	run_timeouts(clock_us());
	now = clock_us();
	n = count_ticks(now);
	count_seconds(now);
	arm_timer();
	spin_unlock(&lock);
	while (n-- > 0) {
		sched_tick();
	}
}

void clock_init(void)
{
	calibrate();
	seconds = (uint32_t)cmos_seconds();
	next_second_us = clock_us() + US_PER_SECOND;
	boot_realtime_us = (uint64_t)seconds * US_PER_SECOND - clock_us();
	irq_set(IRQ_TIMER, timer_interrupt);
	spin_lock(&lock);
	next_tick_us = clock_us() + TICK_US;
	arm_timer();
	spin_unlock(&lock);
}

/* Locks:   takes the clock's.  Owns:    @t is the clock's until it has run or is cancelled. */
void timeout_add(struct timeout *t, uint64_t us)
{
	struct list *before = &pending;

	spin_lock(&lock);
	ASSERT(!list_linked(&t->link));
	t->due_us = clock_us() + us;
	while (before->prev != &pending &&
	       list_entry(before->prev, struct timeout, link)->due_us > t->due_us) {
		before = before->prev;
	}
	list_insert_between(&t->link, before->prev, before);
	if (first_timeout() == t) {
		arm_timer();
	}
	spin_unlock(&lock);
}

bool timeout_cancel(struct timeout *t)
{
	bool queued;

	spin_lock(&lock);
	queued = list_linked(&t->link);
	if (queued) {
		list_remove(&t->link);
	}
	spin_unlock(&lock);
	return queued;
}

struct sleeper {
	struct timeout  timeout;
	struct spinlock lock;
	struct waitq    queue;
	bool            over;           /* [lock] */
};

static void end_sleep(struct timeout *t)
{
	struct sleeper *s = t->ctx;

	spin_lock(&s->lock);
	s->over = true;
	wait_wake(&s->queue);
	spin_unlock(&s->lock);
}

int clock_sleep_us(uint64_t us)
{
	struct sleeper s = { .timeout = { .fn = end_sleep }, .lock = SPINLOCK_INIT };
	int result;

	s.timeout.ctx = &s;
	waitq_init(&s.queue);
	timeout_add(&s.timeout, us);
	spin_lock(&s.lock);
	result = wait_until_killable(&s.queue, &s.lock, s.over);
	spin_unlock(&s.lock);

	/* If its function has begun, it still uses our stack: let it finish. */
	if (result < 0 && !timeout_cancel(&s.timeout)) {
		spin_lock(&s.lock);
		wait_until(&s.queue, &s.lock, s.over);
		spin_unlock(&s.lock);
	}
	return result;
}
