/*
 * Assertions, and the compiler's help.
 *
 * ASSERT and BUG are for the kernel's own mistakes only.  Nothing that a user, a full memory, a full
 * disk, a broken device or a corrupt file system can bring about may reach one.
 *
 * Floor 0; kernel/panic.c (floor 2) defines check_failed(), and so does the host test harness.
 */
#ifndef KERNEL_LIB_CHECK_H
#define KERNEL_LIB_CHECK_H

#include <stddef.h>

/* Door: ends the machine with @file:@line and @what.  Does not return. */
_Noreturn void check_failed(const char *file, int line, const char *what);

#define ASSERT(cond)                                                    \
	do {                                                            \
		if (__builtin_expect(!(cond), 0))                       \
			check_failed(__FILE__, __LINE__, #cond);        \
	} while (0)

#define BUG(what) check_failed(__FILE__, __LINE__, (what))

#define must_check __attribute__((warn_unused_result))

#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))

#endif
