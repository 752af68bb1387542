/*
 * The rings, and records as text.
 *
 * A slot is claimed by one atomic addition, so an interrupt between claiming and filling takes the next
 * one.  Whoever was interrupted goes on before any task of the processor runs: a reader finds every slot
 * of its own processor filled.  (Of another one it may find the last slot half filled: text, not truth,
 * depends on it.)
 *
 * Floor 2.  Read next: fs/tracefile.c
 */
#include "kernel/trace.h"

#include "kernel/clock.h"
#include "kernel/cmdline.h"
#include "kernel/lib/atomic.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "kernel/x86/insn.h"

#define RING_SIZE 4096u         /* records: 128 KiB; a copy of 30 MiB makes about 1,500 */
#define LINE_SIZE 160u

_Static_assert((RING_SIZE & (RING_SIZE - 1)) == 0, "numbers of records wrap at 2^32");

uint32_t trace_on;

static struct ring {
	uint32_t         next;          /* number of the record to come; its slot is next % RING_SIZE */
	struct trace_rec record[RING_SIZE];
} rings[NR_CPUS];

enum { NR_LIVES = 16 };

static bool to_log, log_at_end;

/* When to take pictures of memory: the numbers of records, ascending; life_at[life_next] is to come. */
static uint32_t life_at[NR_LIVES];
static unsigned nr_lives, life_next;
static void (*life_shoot)(uint32_t number);

#define EVENT_NAME(id, name, format) #name,
static const char *const names[NR_EVENTS] = { EVENTS(EVENT_NAME) };
#define EVENT_FORMAT(id, name, format) format,
static const char *const formats[NR_EVENTS] = { EVENTS(EVENT_FORMAT) };

static size_t print(const struct trace_rec *r, char *to, size_t size);

/* See trace.h.  The log's own lock is a leaf, so even this may happen anywhere. */
void trace_record(enum event e, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	const struct cpu *cpu = this_cpu();
	struct ring *ring = &rings[cpu->id];
	uint32_t number = __atomic_fetch_add(&ring->next, 1, __ATOMIC_RELAXED);
	struct trace_rec r = {
		.tsc = tsc_read(), .event = (uint16_t)e, .cpu = (uint16_t)cpu->id,
		.pid = (uint32_t)cpu->current->id, .a = a, .b = b, .c = c, .d = d,
	};

	ring->record[number % RING_SIZE] = r;
	if (to_log) {
		char line[LINE_SIZE];

		print(&r, line, sizeof(line));
		printk("trace: %s", line);
	}
	if (life_next < nr_lives && number == life_at[life_next]) {
		life_next++;
		life_shoot(number);
	}
}

/* ---- choosing ---- */

static bool separates(char c)
{
	return c == ',' || c == ' ' || c == '\n' || c == '\t';
}

/* The events whose names begin with the @n characters at @word; 0: none, which is a mistake. */
static uint32_t events_of(const char *word, size_t n)
{
	uint32_t mask = 0;

	if (n == 3 && strncmp(word, "all", n) == 0) {
		return ~0u;
	}
	for (unsigned e = 0; e < NR_EVENTS; e++) {
		if (strncmp(names[e], word, n) == 0) {
			mask |= 1u << e;
		}
	}
	return mask;
}

static const char *next_word(const char *p, size_t *n)
{
	while (separates(*p)) {
		p++;
	}
	for (*n = 0; p[*n] && !separates(p[*n]); ++*n) {
	}
	return p;
}

/* See trace.h. */
int trace_select(const char *words)
{
	uint32_t mask = 0;
	bool any = false;
	size_t n;

	for (words = next_word(words, &n); n > 0; words = next_word(words + n, &n)) {
		uint32_t chosen = events_of(words, n);

		if (!chosen && strncmp(words, "none", n) != 0) {
			return -EINVAL;
		}
		mask |= chosen;
		any = true;
	}
	if (any) {
		trace_on = mask;
	}
	return 0;
}

/* Numbers with commas between; anything else ends the list. */
static void choose_lives(const char *p)
{
	size_t n;

	for (p = next_word(p, &n); n > 0 && nr_lives < NR_LIVES; p = next_word(p + n, &n)) {
		uint32_t number = 0;

		for (size_t i = 0; i < n; i++) {
			if (p[i] < '0' || p[i] > '9') {
				return;
			}
			number = number * 10 + (uint32_t)(p[i] - '0');
		}
		life_at[nr_lives++] = number;
	}
}

/* See trace.h. */
void trace_set_life(void (*shoot)(uint32_t number))
{
	life_shoot = shoot;
}

/* See trace.h. */
void trace_init(void)
{
	char words[128];

	to_log = cmdline_get("trace.log", words, sizeof(words));
	log_at_end = cmdline_get("trace.end", words, sizeof(words));
	if (life_shoot && cmdline_get("trace.life", words, sizeof(words))) {
		choose_lives(words);
	}
	if (cmdline_get("trace", words, sizeof(words)) && trace_select(words) < 0) {
		printk("command line: trace=%s names no event, ignored\n", words);
	}
}

/* See trace.h. */
size_t trace_print_events(char *to, size_t size)
{
	size_t at = 0;

	for (unsigned e = 0; e < NR_EVENTS; e++) {
		size_t n = (size_t)fmt_print(to + at, size - at, "%s %s\n", names[e],
		                             trace_wants(e) ? "on" : "off");

		at = MIN(at + n, size);
	}
	return at;
}

/* ---- reading ---- */

/* Seconds since boot, processor, task, event, and what its format makes of the rest. */
static size_t print(const struct trace_rec *r, char *to, size_t size)
{
	uint64_t us = clock_tsc_us(r->tsc);
	size_t n = (size_t)fmt_print(to, size, "%u.%06u %u %d %s ", (unsigned)(us / 1000000),
	                             (unsigned)(us % 1000000), r->cpu, (int)r->pid, names[r->event]);

	n += (size_t)fmt_print(to + n, size - n, formats[r->event], r->a, r->b, r->c, r->d);
	n += (size_t)fmt_print(to + n, size - n, "\n");
	return n;
}

/* See trace.h. */
void trace_begin(struct trace_cursor *c)
{
	for (unsigned i = 0; i < NR_CPUS; i++) {
		uint32_t next = rings[i].next;

		c->at[i] = rings[i].record[next % RING_SIZE].tsc ? next - RING_SIZE : 0;
	}
	c->lost = 0;
	trace_go_on(c);
}

/* See trace.h. */
void trace_go_on(struct trace_cursor *c)
{
	for (unsigned i = 0; i < NR_CPUS; i++) {
		c->end[i] = rings[i].next;
	}
}

/* Skip what was overwritten since the cursor was there. */
static void skip_lost(struct trace_cursor *c, unsigned i)
{
	uint32_t behind = rings[i].next - c->at[i];

	if (behind > RING_SIZE) {
		uint32_t skip = MIN(behind - RING_SIZE, c->end[i] - c->at[i]);

		c->at[i] += skip;
		c->lost += skip;
	}
}

/* The processor whose record comes next in time, its record in *@r; NR_CPUS at the end. */
static unsigned earliest(struct trace_cursor *c, struct trace_rec *r)
{
	unsigned best = NR_CPUS;

	for (unsigned i = 0; i < NR_CPUS; i++) {
		const struct trace_rec *mine;

		skip_lost(c, i);
		mine = &rings[i].record[c->at[i] % RING_SIZE];
		if (c->at[i] != c->end[i] && (best == NR_CPUS || mine->tsc < r->tsc)) {
			best = i;
			*r = *mine;
		}
	}
	return best;
}

/* See trace.h. */
size_t trace_next(struct trace_cursor *c, char *to, size_t size)
{
	struct trace_rec r;
	unsigned cpu = earliest(c, &r);
	uint32_t lost = c->lost;

	if (lost) {
		c->lost = 0;
		return (size_t)fmt_print(to, size, "... %u events lost\n", lost);
	}
	if (cpu == NR_CPUS) {
		return 0;
	}
	c->at[cpu]++;
	return print(&r, to, size);
}

/* See trace.h.  Nothing is recorded any more: printing takes as long as it takes. */
void trace_end(void)
{
	struct trace_cursor c;
	char line[LINE_SIZE];

	trace_on = 0;
	if (!log_at_end || to_log) {
		return;
	}
	trace_begin(&c);
	printk("trace: first %u\n", c.at[0]);
	while (trace_next(&c, line, sizeof(line)) > 0) {
		printk("trace: %s", line);
	}
}
