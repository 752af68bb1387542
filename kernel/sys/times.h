/*
 * Used processor time in the structures of the ABI.
 *
 * Floor 8.
 */
#ifndef KERNEL_SYS_TIMES_H
#define KERNEL_SYS_TIMES_H

#include "kernel/lib/types.h"

struct timeval { int32_t sec, usec; };

struct rusage {                         /* [Linux resource.h]; what is not counted is 0 */
	struct timeval user, system;
	int32_t        rest[14];
};
_Static_assert(sizeof(struct rusage) == 72, "the ABI's size");

struct rusage rusage_of(uint64_t ticks);

#endif
