/*
 * Where the linker put the kernel: see linker.ld.  Addresses only; there is nothing to read behind the ends.
 *
 * Floor 3.
 */
#ifndef MM_PHYS_LAYOUT_H
#define MM_PHYS_LAYOUT_H

#include "kernel/lib/types.h"

extern const char __text_start[], __text_end[];
extern const char __rodata_start[], __rodata_end[];
extern const char __kernel_end[];

static inline uva_t symbol_address(const char *symbol)
{
	return (uva_t)(uintptr_t)symbol;
}

#endif
