/*
 * Who meets whom: all pairs of ops and many triples, on all stages.
 *
 *      explore [STATES]                 at least so many distinct states (default 1,000,000); beyond five million
 *                                       triples are interrupted twice, not once
 *      explore STAGE OP [OP [OP]]       one casting, by names, interrupted at any time
 *      explore -l                       the names
 *
 * V=1 in the environment names each casting, and how many states it has.
 *
 * Read next: explore.h
 */
#include "tests/explore/explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASTING_LIMIT = 4000000, QUICK = 5000000 };

static struct snapshot *bare;           /* the kernel has just been started */

/* A casting begins on a stage that is set anew. */
void stage_begin(const struct casting *c)
{
	snapshot_restore(bare);
	stage_set(c->stage);
	for (unsigned k = 0; k < c->n; k++) {
		actors[k].op = &ops[c->op[k]];
		actors[k].value = (uint8_t)(V_ACTOR + k);
	}
	check_state();
	if (violation[0]) {
		printf("BROKEN: before anybody moved: %s\n", violation);
		exit(1);
	}
}

static void start(void)
{
	search_init();
	count_init();
	actors_init();
	stage_init();
	bare = malloc(snapshot_size());
	snapshot_save(bare);
}

static int find_op(const char *name)
{
	for (unsigned k = 0; k < nops; k++) {
		if (strcmp(ops[k].name, name) == 0) {
			return (int)k;
		}
	}
	printf("no such op: %s\n", name);
	exit(2);
}

static bool verbose;

static void say(const struct casting *c, uint64_t states)
{
	printf("%-7s", stage_names[c->stage]);
	for (unsigned k = 0; k < ACTORS; k++) {
		printf(" %-16s", k < c->n ? ops[c->op[k]].name : "");
	}
	printf("%9llu\n", (unsigned long long)states);
}

static void explore(const struct casting *c)
{
	uint64_t before = totals->states;

	if (!search(c, CASTING_LIMIT)) {
		totals->unfinished++;
	}
	if (verbose) {
		say(c, totals->states - before);
	}
}

static void on_all_stages(struct casting c)
{
	for (c.stage = 0; c.stage < STAGES; c.stage++) {
		explore(&c);
	}
}

static bool together(unsigned a, unsigned b)
{
	return a != b || ops[a].role != ONCE;
}

static void pairs(unsigned preempt)
{
	for (unsigned a = 0; a < nops; a++) {
		for (unsigned b = a; b < nops; b++) {
			if (together(a, b)) {
				on_all_stages((struct casting){ .n = 2, .op = { a, b }, .preempt = preempt });
			}
		}
	}
}

static void triples(unsigned preempt)
{
	for (unsigned a = 0; a < nops; a++) {
		for (unsigned b = a; b < nops; b++) {
			for (unsigned c = b; c < nops; c++) {
				if (ops[a].role && ops[b].role && ops[c].role && together(a, b) && together(b, c)) {
					on_all_stages((struct casting){ .n = 3, .op = { a, b, c },
					                                .preempt = preempt });
				}
			}
		}
	}
}

static void report_totals(const char *what)
{
	printf("%-40s %6u castings %10llu states %10llu steps %8llu endings\n", what, totals->castings,
	       (unsigned long long)totals->states, (unsigned long long)totals->steps,
	       (unsigned long long)totals->endings);
	if (totals->unfinished) {
		printf("not explored to the end: %u castings\n", totals->unfinished);
	}
	fflush(stdout);
}

static int one_casting(int argc, char **argv)
{
	struct casting c = { .stage = STAGES, .preempt = ANY_TIME };

	for (unsigned k = 0; k < STAGES; k++) {
		if (strcmp(stage_names[k], argv[0]) == 0) {
			c.stage = k;
		}
	}
	if (c.stage == STAGES || argc > 1 + ACTORS) {
		printf("no such stage: %s\n", argv[0]);
		return 2;
	}
	for (int k = 1; k < argc; k++) {
		c.op[c.n++] = (unsigned)find_op(argv[k]);
	}
	explore(&c);
	report_totals("this one");
	return 0;
}

static int list_names(void)
{
	printf("stages:");
	for (unsigned k = 0; k < STAGES; k++) {
		printf(" %s", stage_names[k]);
	}
	printf("\nops:\n");
	for (unsigned k = 0; k < nops; k++) {
		printf("  %s\n", ops[k].name);
	}
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t wanted = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;

	start();
	verbose = getenv("V") != NULL;
	if (argc > 1 && strcmp(argv[1], "-l") == 0) {
		return list_names();
	}
	if (argc > 2) {
		return one_casting(argc - 1, argv + 1);
	}
	pairs(ANY_TIME);
	report_totals("pairs, interrupted at any time");
	triples(wanted <= QUICK ? 1 : 2);
	report_totals(wanted <= QUICK ? "and triples, one interruption" : "and triples, two interruptions");
	return report_conflicts() && totals->states >= wanted ? 0 : 1;
}
