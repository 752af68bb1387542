/*
 * Time: microseconds since boot, timeouts, and the tick that ends time slices.
 *
 * The interval timer runs in one-shot mode, armed for the nearer of the next timeout and the next tick.
 * Between interrupts time is read from the TSC, calibrated once against the timer.
 *
 * Floor 2.
 */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H

#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

#define TICK_US 10000u          /* 100 ticks a second, as the ABI's clock_t has it */

struct timeout {
	struct list link;               /* [clock lock] sorted by due */
	uint64_t    due_us;
	void      (*fn)(struct timeout *);      /* interrupt context: no sleeping; may re-add itself */
	void       *ctx;
};

void     clock_init(void);              /* calibrates the TSC, starts the tick */
uint64_t clock_us(void);                /* monotonic, since boot */
uint64_t clock_tsc_us(uint64_t tsc);    /* the same of a moment that tsc_read() told */
uint64_t clock_ticks(void);
/* Microseconds since 1970: CMOS clock at boot plus clock_us(). */
uint64_t clock_realtime_us(void);
/* Seconds since 1970 as of the last tick, which is good enough for a stamp: no clock is read, nothing divided. */
uint32_t clock_seconds(void);

/* Call t->fn once, @us from now at the earliest.  @t is the caller's until then and must not be queued already. */
void     timeout_add(struct timeout *t, uint64_t us);
/* False if it was not queued (any more): its function ran or is running. */
bool     timeout_cancel(struct timeout *t);

/* Sleep.  -EINTR if a signal came first. */
int      clock_sleep_us(uint64_t us);

#endif
