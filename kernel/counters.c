/*
 * Counters: where they live, what they are called, how they are printed.
 *
 * Floor 2.
 */
#include "kernel/counters.h"
#include "kernel/lib/fmt.h"

#define COUNTER_NAME(id, name, text) #name,
const char *const counter_names[NR_COUNTERS] = { COUNTERS(COUNTER_NAME) };
#define COUNTER_TEXT(id, name, text) text,
const char *const counter_texts[NR_COUNTERS] = { COUNTERS(COUNTER_TEXT) };

static uint64_t cpu_counts[NR_CPUS][NR_COUNTERS];
static uint64_t before_first_task[NR_COUNTERS];

/* Sums that the tests and tools ask for by one name. */
static const struct {
	const char  *name;
	unsigned     n;
	enum counter of[6];
} sums[] = {
	{ "page_faults", 5, { C_FAULTS_ANON, C_FAULTS_FILE, C_FAULTS_UNCACHED, C_FAULTS_COW, C_FAULTS_BAD } },
	{ "tlb_invalidations", 2, { C_TLB_INVLPG, C_TLB_CR3 } },
	{ "bytes_copied", 4, { C_BYTES_COPIED_READ, C_BYTES_COPIED_WRITE, C_BYTES_COPIED_COW,
			       C_BYTES_COPIED_FALLBACK } },
	{ "fallbacks", 6, { C_FALLBACK_DIRTY, C_FALLBACK_MAPPED, C_FALLBACK_BUSY, C_FALLBACK_MEMORY,
			    C_FALLBACK_SHARED, C_FALLBACK_TARGET } },
};

void count_init(void)
{
	for (unsigned i = 0; i < NR_CPUS; i++) {
		cpus[i].counts = cpu_counts[i];
		cpus[i].task_counts = before_first_task;
	}
}

uint64_t count_read(enum counter c)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < NR_CPUS; i++) {
		sum += cpu_counts[i][c];
	}
	return sum;
}

static uint64_t value_of(const uint64_t *counts, enum counter c)
{
	return counts ? counts[c] : count_read(c);
}

/* Append `name value`; @at is the length so far, never more than @size. */
static size_t print_line(char *to, size_t size, size_t at, const char *name, uint64_t value)
{
	size_t n = (size_t)fmt_print(to + at, size - at, "%s %llu\n", name, (unsigned long long)value);

	return MIN(at + n, size);
}

size_t count_print(const uint64_t *counts, char *to, size_t size)
{
	size_t at = 0;

	for (enum counter c = 0; c < NR_COUNTERS; c++) {
		at = print_line(to, size, at, counter_names[c], value_of(counts, c));
	}
	for (unsigned i = 0; i < ARRAY_SIZE(sums); i++) {
		uint64_t sum = 0;

		for (unsigned k = 0; k < sums[i].n; k++) {
			sum += value_of(counts, sums[i].of[k]);
		}
		at = print_line(to, size, at, sums[i].name, sum);
	}
	return at;
}
