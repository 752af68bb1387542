/*
 * counters.h: reading the kernel's counters without disturbing them.
 *
 * Floor: user space.  The kernel gives text, `name value` a line, in
 * /proc/magpie/counters (the machine), /proc/magpie/self (this process) and
 * /proc/magpie/mem (what memory and disk are used for now).
 *
 * Invariant: from the picture of counters_start() to the next one of
 * counters_read() the two cause no page fault of their own, and they allocate
 * nothing.  Pictures of page faults that cause some would be of little use.
 *
 * Read next: kernel/counters.h, the list of names.
 */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <stdint.h>

#define COUNTERS_MACHINE "/proc/magpie/counters"
#define COUNTERS_SELF    "/proc/magpie/self"
#define COUNTERS_MEMORY  "/proc/magpie/mem"

enum {
	COUNTERS_MAX = 96,	/* twice what the kernel has today */
	COUNTERS_NAME = 24,	/* the longest name, with its final zero */
};

struct counters {
	unsigned n;
	struct {
		char name[COUNTERS_NAME];
		uint64_t value;
	} item[COUNTERS_MAX];
};

int counters_start(struct counters *c, const char *path);
int counters_read(struct counters *c, const char *path);
uint64_t counters_get(const struct counters *c, const char *name);
void counters_diff(struct counters *out, const struct counters *before,
		   const struct counters *after);

#endif
