/*
 * What ucopy.c and ucopy.asm share.  Nobody else includes this.
 *
 * Floor 1.
 */
#ifndef KERNEL_X86_UCOPY_ASM_H
#define KERNEL_X86_UCOPY_ASM_H

#include "kernel/lib/types.h"

/* Each returns how many of @n bytes were not done.  Addresses are the caller's to check. */
uint32_t ucopy_plain(void *to, const void *from, uint32_t n);
uint32_t ucopy_nofault(void *to, const void *from, uint32_t n);
uint32_t uzero_plain(void *to, uint32_t zero, uint32_t n);
uint32_t ustring_plain(char *to, const char *from, uint32_t n);         /* ends after a zero byte, too */

/* Places in the code, not data. */
extern const char ucopy_plain_begin[], ucopy_plain_end[];
extern const char ucopy_nofault_begin[], ucopy_nofault_end[];
extern const char ucopy_recover_at[];

#endif
