/*
 * The texts of /proc.  Each writes at most @size bytes, whole lines as far as they fit, and says
 * how many.
 *
 * Floor 6.
 */
#ifndef FS_PROCTEXT_H
#define FS_PROCTEXT_H

#include "kernel/lib/types.h"

size_t proctext_cmdline(char *to, size_t size);
size_t proctext_mounts(char *to, size_t size);
size_t proctext_counters(char *to, size_t size);
size_t proctext_self(char *to, size_t size);
size_t proctext_mem(char *to, size_t size);
size_t proctext_cache(char *to, size_t size);
size_t proctext_check(char *to, size_t size);
size_t proctext_ps(char *to, size_t size);

#endif
