/*
 * figures.c: see figures.h.
 *
 * Floor: user space.
 */
#include "figures.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>

#include "counters.h"

static struct counters before, after;
static uint64_t start, stop;

static void line(const char *name, uint64_t value);

/*
 * From here on it counts.  The time stamp is read last: the price of the
 * picture is not part of the copy.
 */
void figures_begin(void)
{
	if (counters_start(&before, COUNTERS_SELF) < 0)
		err(1, "%s", COUNTERS_SELF);
	start = __builtin_ia32_rdtsc();
}

/*
 * Up to here it counted.
 */
void figures_end(void)
{
	stop = __builtin_ia32_rdtsc();
	if (counters_read(&after, COUNTERS_SELF) < 0)
		err(1, "%s", COUNTERS_SELF);
}

/*
 * Print the figures of what lay between, a copy of @bytes bytes.  Loading
 * another address space flushes the TLB too, but it is the scheduler's doing:
 * it has a line apart.
 */
void figures_print(uint64_t bytes)
{
	counters_diff(&after, &before, &after);
	line("bytes", bytes);
	line("pages_moved", counters_get(&after, "frames_moved"));
	line("bytes_copied", counters_get(&after, "bytes_copied"));
	line("page_faults", counters_get(&after, "page_faults"));
	line("page_tables", counters_get(&after, "page_tables"));
	line("tlb_invalidations", counters_get(&after, "tlb_invalidations"));
	line("fallbacks", counters_get(&after, "fallbacks"));
	line("instructions", stop - start);
	line("context_switch_tlb", counters_get(&after, "cr3_switch"));
}

static void line(const char *name, uint64_t value)
{
	printf("%s %" PRIu64 "\n", name, value);
}
