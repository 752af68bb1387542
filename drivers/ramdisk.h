/*
 * A disk in memory: the root image that the boot loader left there.  It plays the DMA engine: its words
 * are moved by `rep movsl` and counted apart (C_RAMDISK_WORDS).
 *
 * Command line:  ramdisk.latency_us=N   completions come N microseconds later, from the timer
 *                ramdisk.seed=N         and, with latency, in an order drawn from N
 *                ramdisk.fail_read=N    the N-th read request fails with -EIO (likewise fail_write)
 * With latency the transfer happens at completion time.
 *
 * Floor 4.
 */
#ifndef DRIVERS_RAMDISK_H
#define DRIVERS_RAMDISK_H

#include "drivers/block.h"

struct ramdisk_options { uint32_t latency_us, seed, fail_read, fail_write; };

/* Register [start, start + size) of physical memory as block device "ram0" and log
 * "ramdisk: phys 0x%08x size %u".  Returns 0 or -errno. */
must_check int ramdisk_init(paddr_t start, uint32_t size, const struct ramdisk_options *options);

/* Fail the @nth request of that kind from now (0 = none): for tests. */
void ramdisk_fail(enum ioreq_op op, uint32_t nth);

#endif
