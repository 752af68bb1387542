/*
 * From INT 0x80 to a handler and back.
 *
 * Floor 8.  Read next: syscalls.tbl
 */
#include "kernel/sys/syscall.h"
#include "build/gen/syscall_table.h"
#include "kernel/counters.h"

static long call(const struct sysargs *a, uint32_t number)
{
	if (number >= ARRAY_SIZE(syscall_table) || !syscall_table[number].handler) {
		count_add(C_SYSCALLS_UNKNOWN, 1);
		return -ENOSYS;
	}
	return syscall_table[number].handler(a);
}

/* Some 80 instructions from INT 0x80 to IRET for a call that does nothing: keep it so. */
static void syscall_trap(struct trapframe *tf)
{
	const struct sysargs a = { .tf = tf };

	count_add(C_SYSCALLS, 1);
	tf->eax = (uint32_t)call(&a, tf->eax);
}

void syscall_init(void)
{
	trap_set(TRAP_SYSCALL, syscall_trap);
}
