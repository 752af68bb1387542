/*
 * The kernel command line: words separated by spaces, `key=value` or just `key`.
 * A word with a slash and no `=` in front is the kernel's own file name, which some loaders put first.
 *
 * Floor 2.
 */
#ifndef KERNEL_CMDLINE_H
#define KERNEL_CMDLINE_H

#include "kernel/lib/types.h"

void        cmdline_init(const char *text);             /* copied; cut at 1,023 characters */
const char *cmdline_text(void);
/* Copy the value of the last `key=...` to @to; false (and "" in @to) when there is none. */
bool        cmdline_get(const char *key, char *to, size_t size);
/* Decimal or 0x...; @otherwise when absent; a malformed number is reported in the log and ignored. */
uint32_t    cmdline_u32(const char *key, uint32_t otherwise);

#endif
