/*
 * Copy between the kernel and user addresses.
 *
 * The copy instructions live in two address ranges that the page-fault handler knows (ucopy_fixup): a
 * fault there that cannot be repaired resumes at the recovery address, and the copy says how far it came.
 * No per-task state is needed.
 *
 *   plain     a fault is served like any user fault: the page is brought in.  May sleep.
 *   nofault   a fault ends the copy at once: for callers that hold a frame lock.  Never sleeps.
 *
 * Addresses are checked against USER_TOP here, once.  Floor 1.
 */
#ifndef KERNEL_X86_UCOPY_H
#define KERNEL_X86_UCOPY_H

#include "kernel/lib/check.h"
#include "kernel/x86/trap.h"

/* 0, or -EFAULT after copying a prefix. */
must_check int copy_from_user(void *to, uva_t from, uint32_t n);
must_check int copy_to_user(uva_t to, const void *from, uint32_t n);
must_check int zero_user(uva_t to, uint32_t n);

/* How many bytes of @n were NOT copied. */
must_check uint32_t copy_from_user_nofault(void *to, uva_t from, uint32_t n);

/* Length without the terminator, -EFAULT, or -ENAMETOOLONG when no terminator is within @size bytes, which are then
 * all filled. */
must_check int string_from_user(char *to, uva_t from, uint32_t size);

/* Is [va, va + n) wholly in user space, without wrapping? */
static inline bool user_range(uva_t va, uint32_t n)
{
	return n <= USER_TOP && va <= USER_TOP - n;
}

/* Where did a fault in kernel mode at @eip happen?  For the page-fault handler. */
enum ucopy_site { UCOPY_NONE, UCOPY_PLAIN, UCOPY_NOFAULT };
enum ucopy_site ucopy_site(uint32_t eip);
/* Resume the interrupted copy at its recovery address.  @tf->eip must be in a copy range. */
void ucopy_recover(struct trapframe *tf);

#endif
