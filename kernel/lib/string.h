/*
 * Memory and strings.  The four functions that the compiler may call on its own are here.
 *
 * Floor 0.  On the host the C library's own are used.
 */
#ifndef KERNEL_LIB_STRING_H
#define KERNEL_LIB_STRING_H

#include "kernel/lib/types.h"

void  *memcpy(void *restrict to, const void *restrict from, size_t n);
void  *memmove(void *to, const void *from, size_t n);
void  *memset(void *to, int byte, size_t n);
int    memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int    strcmp(const char *a, const char *b);
int    strncmp(const char *a, const char *b, size_t n);
char  *strchr(const char *s, int c);

/*
 * A few bytes, or a structure, are copied and filled where they are: a call would cost more.  Of a size that it knows
 * the compiler decides; freestanding, it has to be asked to [GCC, Other Builtins].
 */
#if !defined(MAGPIE_HOST) && !defined(memcpy)    /* the test of string.c calls them by other names */
#define memcpy(to, from, n) (__builtin_constant_p(n) ? __builtin_memcpy(to, from, n) : (memcpy)(to, from, n))
#define memset(to, byte, n) (__builtin_constant_p(n) ? __builtin_memset(to, byte, n) : (memset)(to, byte, n))
#endif

/* Copy at most size - 1 characters and always terminate (size > 0).  Returns strlen(from): cut if >= size. */
size_t str_copy(char *to, const char *from, size_t size);

#endif
