/*
 * From INT 0x80 to a handler and back.
 *
 * Floor 8.  Read next: syscalls.tbl
 */
#include "kernel/sys/syscall.h"
#include "build/gen/syscall_table.h"
#include "kernel/counters.h"
#include "kernel/lib/string.h"
#include "kernel/trace.h"
#include "kernel/x86/ucopy.h"

/* Of all numbers that nobody has. */
long sys_unknown(const struct sysargs *a)
{
	(void)a;
	count_add(C_SYSCALLS_UNKNOWN, 1);
	return -ENOSYS;
}

static long call(const struct sysargs *a, uint32_t number)
{
	return number < ARRAY_SIZE(syscall_table) ? syscall_table[number].handler(a) : sys_unknown(a);
}

enum { TEXT_RECORDS = 4 };      /* of 16 bytes: what is traced of a string */

/* A string argument: records of it up to the one with its end.  What cannot be read is all ones, no text at all. */
static void trace_string(uva_t at)
{
	bool more = true;

	for (unsigned k = 0; k < TEXT_RECORDS && more; k++, at += 16) {
		union { char byte[16]; uint32_t word[4]; } text;

		memset(&text, 0xff, sizeof(text));
		more = copy_from_user_nofault(&text, at, sizeof(text)) == 0;
		for (unsigned i = 0; i < sizeof(text); i++) {
			more = more && text.byte[i] != '\0';
		}
		trace_emit(EV_SYSCALL_TEXT, text.word[0], text.word[1], text.word[2], text.word[3]);
	}
}

/* A call and all its arguments, in as many records as it takes. */
static __attribute__((noinline)) void trace_call(const struct sysargs *a, uint32_t number)
{
	const struct syscall_entry none = { .nargs = 6 };
	const struct syscall_entry *e = number < ARRAY_SIZE(syscall_table) ? &syscall_table[number] : &none;

	trace_emit(EV_SYSCALL_ENTER, number, arg(a, 0), arg(a, 1), arg(a, 2));
	if (e->nargs > 3) {
		trace_emit(EV_SYSCALL_MORE, arg(a, 3), arg(a, 4), arg(a, 5), 0);
	}
	for (unsigned k = 0; k < e->nargs; k++) {
		if (e->strings & 1u << k) {
			trace_string(arg(a, k));
		}
	}
}

/* Some 80 instructions from INT 0x80 to IRET for a call that does nothing: keep it so. */
static void syscall_trap(struct trapframe *tf)
{
	const struct sysargs a = { .tf = tf };
	uint32_t number = tf->eax;

	count_add(C_SYSCALLS, 1);
	if (trace_wants(EV_SYSCALL_ENTER)) {
		trace_call(&a, number);
	}
	tf->eax = (uint32_t)call(&a, number);
	trace_emit(EV_SYSCALL_EXIT, number, tf->eax, 0, 0);
}

void syscall_init(void)
{
	trap_set(TRAP_SYSCALL, syscall_trap);
}
