/*
 * Kernel stacks as data: laying one out, and walking one back.
 *
 * Floor 1.  Read next: kernel/sched.c, kernel/panic.c
 */
#include "kernel/x86/switch.h"

/* From low to high: what switch_stacks() pops and returns to, and what begin() would return to. */
struct first_frame {
	void       *edi_arg;            /* switch_first() makes a call of these three */
	task_entry *esi_entry;
	void      (*ebx_begin)(task_entry *entry, void *arg);
	uint32_t    ebp;
	void      (*first)(void);
	uint32_t    return_to;          /* 0: the end of every backtrace */
};

uint32_t stack_prepare(uint32_t top, void (*begin)(task_entry *, void *), task_entry *entry, void *arg)
{
	struct first_frame *frame = (struct first_frame *)top - 1;

	*frame = (struct first_frame){
		.edi_arg = arg, .esi_entry = entry, .ebx_begin = begin, .first = switch_first,
	};
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
