/*
 * The checked door between kernel and user memory.
 *
 * Invariant: no user address reaches the copy instructions before user_range() has accepted it.
 *
 * Floor 1.  Read next: kernel/proc/usertrap.c, which serves the faults
 */
#include "kernel/x86/ucopy.h"
#include "kernel/lib/errno.h"
#include "kernel/x86/ucopy_asm.h"

static void *user_pointer(uva_t va)
{
	return (void *)va;
}

int copy_from_user(void *to, uva_t from, uint32_t n)
{
	if (!user_range(from, n) || ucopy_plain(to, user_pointer(from), n) != 0) {
		return -EFAULT;
	}
	return 0;
}

int copy_to_user(uva_t to, const void *from, uint32_t n)
{
	if (!user_range(to, n) || ucopy_plain(user_pointer(to), from, n) != 0) {
		return -EFAULT;
	}
	return 0;
}

int zero_user(uva_t to, uint32_t n)
{
	if (!user_range(to, n) || uzero_plain(user_pointer(to), 0, n) != 0) {
		return -EFAULT;
	}
	return 0;
}

uint32_t copy_from_user_nofault(void *to, uva_t from, uint32_t n)
{
	return user_range(from, n) ? ucopy_nofault(to, user_pointer(from), n) : n;
}

int string_from_user(char *to, uva_t from, uint32_t size)
{
	uint32_t room = from < USER_TOP ? MIN(size, USER_TOP - from) : 0;
	uint32_t done = room - ustring_plain(to, user_pointer(from), room);

	if (done > 0 && to[done - 1] == '\0') {
		return (int)done - 1;
	}
	return done == size ? -ENAMETOOLONG : -EFAULT;
}

static bool between(uint32_t eip, const char *begin, const char *end)
{
	return eip >= (uint32_t)begin && eip < (uint32_t)end;
}

enum ucopy_site ucopy_site(uint32_t eip)
{
	if (between(eip, ucopy_plain_begin, ucopy_plain_end)) {
		return UCOPY_PLAIN;
	}
	if (between(eip, ucopy_nofault_begin, ucopy_nofault_end)) {
		return UCOPY_NOFAULT;
	}
	return UCOPY_NONE;
}

void ucopy_recover(struct trapframe *tf)
{
	ASSERT(ucopy_site(tf->eip) != UCOPY_NONE);
	tf->eip = (uint32_t)ucopy_recover_at;
}
