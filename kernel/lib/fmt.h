/*
 * One formatter for the log, for /proc and for tests.
 * Understands %d %i %u %x %X %p %c %s %% with -, 0, width, .precision for %s, and l, ll, z.
 *
 * Floor 0.
 */
#ifndef KERNEL_LIB_FMT_H
#define KERNEL_LIB_FMT_H

#include "kernel/lib/types.h"
#include <stdarg.h>

/* Like C99 snprintf: terminates if size > 0, returns the length the whole text has. */
int fmt_print(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int fmt_vprint(char *to, size_t size, const char *format, va_list args);

#endif
