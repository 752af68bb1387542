/*
 * The battery clock [MC146818A].  Floor 1.
 */
#ifndef KERNEL_X86_CMOS_H
#define KERNEL_X86_CMOS_H

#include "kernel/lib/types.h"

/* Seconds since 1970-01-01 00:00:00 UTC, taking the clock to run in UTC.  Waits for up to 2 ms. */
uint64_t cmos_seconds(void);

#endif
