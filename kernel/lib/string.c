/*
 * Memory and strings, by words where it is easy.  memcpy and memset are kernel/x86/string.c.
 *
 * gcc recognises the loops below as "this is memcpy" and would replace them by calls to themselves;
 * NO_PATTERNS tells it not to.
 *
 * Floor 0.
 */
#include "kernel/lib/string.h"

#ifndef MAGPIE_HOST

#if defined(__clang__)
#define NO_PATTERNS __attribute__((no_builtin("memcpy", "memmove", "memset", "strlen")))
#else
#define NO_PATTERNS __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

/* i386 reads and writes words at any address; may_alias since they stand for bytes of any type. */
typedef uint32_t __attribute__((may_alias, aligned(1))) word_t;

NO_PATTERNS void *memmove(void *to, const void *from, size_t n)
{
	char *t = to;
	const char *f = from;

	if (t + n <= f || f + n <= t) {
		memcpy(to, from, n);
	} else if (t <= f) {
		while (n--) {
			*t++ = *f++;
		}
	} else {
		while (n--) {
			t[n] = f[n];
		}
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a;
	const uint8_t *y = b;

	while (n >= sizeof(word_t) && *(const word_t *)x == *(const word_t *)y) {
		n -= sizeof(word_t);
		x += sizeof(word_t);
		y += sizeof(word_t);
	}
	for (; n > 0; n--, x++, y++) {
		if (*x != *y) {
			return *x - *y;
		}
	}
	return 0;
}

NO_PATTERNS size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n]) {
		n++;
	}
	return n;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++) {
		if (*a != *b || !*a) {
			return (uint8_t)*a - (uint8_t)*b;
		}
	}
	return 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++) {
		if (!*s) {
			return NULL;
		}
	}
	return (char *)s;
}

#endif /* MAGPIE_HOST */

size_t str_copy(char *to, const char *from, size_t size)
{
	size_t length = strlen(from);
	size_t n = MIN(length, size - 1);

	memcpy(to, from, n);
	to[n] = '\0';
	return length;
}
