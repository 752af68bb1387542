/*
 * The argument block of exec: strings, collected before anything is destroyed, kept in frames of their
 * own, then laid out on the new program's stack.
 *
 * Floor 7.
 */
#ifndef KERNEL_PROC_ARGS_H
#define KERNEL_PROC_ARGS_H

#include "kernel/proc/elf.h"

#define ARGS_MAX   (128u << 10)         /* strings and pointers, bytes: E2BIG beyond [Linux 2.6.22 and before] */
#define ARGS_PAGES (ARGS_MAX / PAGE_SIZE)

struct args {
	struct frame *page[ARGS_PAGES];
	uint32_t      bytes;            /* of strings, with their terminators; those of argv, of envp, one more */
	uint32_t      argc, envc;
};

static inline void args_init(struct args *a)
{
	*a = (struct args){ .bytes = 0 };
}

/* Free what it holds. */
void args_drop(struct args *a);

/* Append a string of the kernel's.  Returns: 0, -E2BIG, -ENOMEM.  Counting it is the caller's. */
must_check int args_add(struct args *a, const char *text);

/* Append the strings of a NULL-terminated array of the running process from element @skip on; how many.  An array
 * at address 0 is empty.  Sleeps.  Returns: -E2BIG, -EFAULT, -ENOMEM. */
must_check int args_add_array(struct args *a, uva_t array, unsigned skip);

/* Lay the block out at the top of the stack of @s, which is mapped here, as a program of @image finds it.
 * Sleeps.  Returns: 0 and the stack pointer in *@sp; -ENOMEM. */
must_check int args_place(const struct args *a, struct space *s, const struct elf_image *image, uva_t *sp);

#endif
