/*
 * Names of the kernel's functions, for backtraces and for the line that reports a bad address.
 *
 * The table is made at build time from the symbol table of a first link (tools/ksyms.py) and is sorted
 * by address.  Addresses are numbers here: nothing is ever called or read through them.
 *
 * Floor 2.  Read next: panic.c
 */
#ifndef KERNEL_KSYMS_H
#define KERNEL_KSYMS_H

#include "kernel/lib/types.h"

struct ksym {
	uint32_t    addr;               /* first byte of the function */
	const char *name;
};

extern const struct ksym ksym_table[];  /* generated: build/ksyms.c */
extern const uint32_t    ksym_count;

const char *ksym_find(uint32_t addr, uint32_t *offset);

#endif
