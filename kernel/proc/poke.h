/*
 * Writing into an address space that is not loaded: exec builds the new program's memory while the old
 * one still runs, so that any failure leaves the old one whole.
 *
 * Floor 7.
 */
#ifndef KERNEL_PROC_POKE_H
#define KERNEL_PROC_POKE_H

#include "mm/space/space.h"

/* Put @n bytes at @va of @s, as a write from user mode would; @from NULL: zeros.  Sleeps.
 * Returns: 0; -EFAULT (not writable), -EIO, -ENOMEM, after a prefix. */
must_check int poke(struct space *s, uva_t va, const void *from, uint32_t n);

#endif
