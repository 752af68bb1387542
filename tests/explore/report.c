/*
 * What the explorer says: the way into a state that must not be, step by step, and which of the conflicts that the
 * design provides for were met.
 *
 * Read next: main.c
 */
#include "tests/explore/explore.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Pairs that cannot conflict: two readers, and what has no page in common by its nature. */
static const bool no_conflict[KINDS][KINDS] = { [K_READ][K_READ] = true };

/* What serialises each pair: I inode, S space, F frame, M mapping, P page table. */
static const char *const serialised[KINDS][KINDS] = {
	{ "." },
	{ "F", "I" },
	{ ".", "F", "P" },
	{ "M", "FM", "M", "M" },
	{ "M", "I", "M", "M", "I" },
	{ ".", "F", "FP", "F", "M", "F" },
	{ "FM", "I", "FP", "FM", "I", "F", "I" },
	{ "M", "FM", "M", "M", "M", "F", "FM", "M" },
};

/* Function and line of a place in the program; the words are addr2line's. */
static void print_place(const void *where)
{
	char command[128], function[96] = "?", line[256] = "?";
	const char *file;
	FILE *p;

	snprintf(command, sizeof(command), "addr2line -fe /proc/%d/exe %p", getpid(),
	         (const void *)((const char *)where - 1));
	p = popen(command, "r");
	if (p) {
		if (!fgets(function, sizeof(function), p) || !fgets(line, sizeof(line), p)) {
			strcpy(function, "?\n");
		}
		pclose(p);
	}
	function[strcspn(function, "\n")] = line[strcspn(line, "\n ")] = '\0';
	file = strstr(line, "/mm/") ? strstr(line, "/mm/") : strstr(line, "/fs/") ? strstr(line, "/fs/") :
	       strstr(line, "/tests/");
	printf("%s  %s", function, file ? file + 1 : line);
}

static const char *who(const struct casting *c, int choice)
{
	return choice >= ACTORS ? "(disk)" : choice >= 0 ? ops[c->op[choice]].name : "(end)";
}

void report_violation(const struct casting *c, const int *step, const void *const *where, unsigned n)
{
	printf("\nBROKEN: %s\n\n", violation);
	printf("stage %s;", stage_names[c->stage]);
	for (unsigned k = 0; k < c->n; k++) {
		printf(" actor %u: %s;", k, ops[c->op[k]].name);
	}
	printf("\n\n");
	for (unsigned k = 0; k < n; k++) {
		if (k > 0 && step[k] == step[k - 1]) {
			printf("%4u  %-18s", k, "");
		} else {
			printf("%4u  %-18s", k, who(c, step[k]));
		}
		if (step[k] >= ACTORS) {
			printf("transfer %d ends", step[k] - ACTORS);
		} else if (where[k]) {
			print_place(where[k]);
		} else {
			printf("done");
		}
		printf("\n");
	}
	printf("\nBROKEN: %s\n", violation);
	fflush(stdout);
}

/* The table of section "Locking", with how often each conflict was met; false if one never was. */
bool report_conflicts(void)
{
	bool all = true;

	printf("\nsteps taken while another was in the middle of it, on the same page:\n\n%-15s", "");
	for (unsigned k = 0; k < KINDS; k++) {
		printf("%15s", kind_names[k]);
	}
	printf("\n");
	for (unsigned row = 0; row < KINDS; row++) {
		printf("%-15s", kind_names[row]);
		for (unsigned k = 0; k <= row; k++) {
			uint64_t n = totals->cell[row][k];

			printf("%4s %10llu", serialised[row][k], (unsigned long long)n);
			if (n == 0 && !no_conflict[row][k]) {
				all = false;
			}
		}
		printf("\n");
	}
	if (!all) {
		printf("\nBROKEN: a conflict was never met\n");
	}
	return all;
}
