/*
 * From INT 0x80 to a handler and back.
 *
 * Floor 8.  Read next: syscalls.tbl
 */
#include "kernel/sys/syscall.h"
#include "build/gen/syscall_table.h"
#include "kernel/counters.h"

static long call(struct trapframe *tf)
{
	struct sysargs a = {
		.arg = { tf->ebx, tf->ecx, tf->edx, tf->esi, tf->edi, tf->ebp }, .tf = tf,
	};
	uint32_t number = tf->eax;

	count_add(C_SYSCALLS, 1);
	if (number >= ARRAY_SIZE(syscall_table) || !syscall_table[number].handler) {
		count_add(C_SYSCALLS_UNKNOWN, 1);
		return -ENOSYS;
	}
	return syscall_table[number].handler(&a);
}

static void syscall_trap(struct trapframe *tf)
{
	uint32_t number = tf->eax;
	long result = call(tf);

	if (result == -ERESTART) {
		proc_current()->restart_call = number;
	}
	tf->eax = (uint32_t)result;
}

void syscall_init(void)
{
	trap_set(TRAP_SYSCALL, syscall_trap);
}
