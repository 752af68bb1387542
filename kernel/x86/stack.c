/*
 * Kernel stacks as data: laying one out, and walking one back.
 *
 * Floor 1.  Read next: kernel/sched.c, kernel/panic.c
 */
#include "kernel/x86/switch.h"

/* From low to high: what switch_stacks() pops, then a call of the first function with two arguments. */
struct first_frame {
	uint32_t edi, esi, ebx, ebp;
	void   (*begin)(task_entry *entry, void *arg);
	uint32_t    return_to;          /* 0: the end of every backtrace */
	task_entry *entry;
	void       *arg;
};

uint32_t stack_prepare(uint32_t top, void (*begin)(task_entry *, void *), task_entry *entry, void *arg)
{
	struct first_frame *frame = (struct first_frame *)top - 1;

	*frame = (struct first_frame){ .begin = begin, .entry = entry, .arg = arg };
	return (uint32_t)frame;
}

__attribute__((noinline)) struct stack_frame stack_here(void)
{
	const struct stack_frame *mine = __builtin_frame_address(0);

	return *mine;
}

bool stack_step(struct stack_frame *f, uint32_t lo, uint32_t hi)
{
	uint32_t at = f->ebp;

	if (at < lo || at > hi - sizeof(*f) || at % sizeof(uint32_t) != 0) {
		return false;
	}
	*f = *(const struct stack_frame *)at;
	if (f->ebp <= at) {
		f->ebp = 0;             /* callers lie higher: this one is the last */
	}
	return f->eip != 0;
}
