/*
 * Trace: what happened, in what order, and when.  A ring of records for each processor; the newest stay.
 *
 *	trace_emit(EV_STEAL, ...)      in the code: two instructions while the event is off
 *	  trace_record()               claims the next slot and fills it
 *	    /proc/magpie/trace         text, a line for each record            (fs/tracefile.c)
 *	    the log                    the same line at once, with `trace.log` on the command line, or all that are
 *	                               left when the machine ends, with `trace.end`
 *
 * Like counts, events are emitted once per run or request, never per page.
 *
 * Floor 2.  Read next: events.h, trace.c
 */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include "kernel/events.h"
#include "kernel/lib/check.h"
#include "kernel/lib/types.h"
#include "kernel/x86/cpu.h"

struct trace_rec {
	uint64_t tsc;
	uint16_t event, cpu;
	uint32_t pid;                   /* as in struct task: negative for the kernel's own */
	uint32_t a, b, c, d;
};
_Static_assert(sizeof(struct trace_rec) == 32, "two to a cache line");
_Static_assert(NR_EVENTS <= 32, "one bit of trace_on each");

/* Bit e: event e is wanted.  The only thing that is looked at while tracing is off. */
extern uint32_t trace_on;

static inline bool trace_wants(enum event e)
{
	return __builtin_expect((trace_on & 1u << e) != 0, 0);
}

/* Any context. */
void trace_record(enum event e, uint32_t a, uint32_t b, uint32_t c, uint32_t d);

static inline void trace_emit(enum event e, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	if (trace_wants(e)) {
		trace_record(e, a, b, c, d);
	}
}

/* What a record says of an object that has no number. */
static inline uint32_t trace_address(const void *p)
{
	return (uint32_t)(uintptr_t)p;
}

/* Look at the command line: `trace=WORDS`, `trace.log`, `trace.end`, `trace.life=NUMBERS`.  When tasks and the clock are there. */
void trace_init(void);

/* The machine ends: with `trace.end`, the records that there are go to the log, after the number of the first. */
void trace_end(void);

/*
 * Door, filled by boot: @shoot takes a picture of memory for the log when the @number-th record is made, counted from 0
 * since boot, for each number that `trace.life=` lists in ascending order.  Any context; it takes no lock but the log's.
 */
void trace_set_life(void (*shoot)(uint32_t number));

/*
 * Switch on the events that @words choose, and no others: names or beginnings of names, separated by
 * commas or white space; "all", "none".  Without a word nothing is
 * changed, so the end of a line may come by itself.  Returns: 0; -EINVAL, and nothing is changed, when a word is no event's.
 */
must_check int trace_select(const char *words);

/* `name on` or `name off` for each event.  Returns the length, cut to @size. */
size_t trace_print_events(char *to, size_t size);

/* A place in the trace: how far a reader is, and how far he goes before he is told "end". */
struct trace_cursor {
	uint32_t at[NR_CPUS], end[NR_CPUS];     /* numbers of records; they wrap */
	uint32_t lost;                          /* overwritten before they were read, not told yet */
};

/* From the oldest record to the newest one there is now / on to the newest there is now. */
void trace_begin(struct trace_cursor *c);
void trace_go_on(struct trace_cursor *c);

/* The next line of text, with \n, cut to @size: the record next in time, or that some are lost.  Returns its length; 0 at the end. */
size_t trace_next(struct trace_cursor *c, char *to, size_t size);

#endif
