/*
 * Changing kernel stacks, and reading one.
 *
 * A switched-out task is its stack pointer: everything else lies on the stack below it.  A new task gets a
 * stack that looks as if it had been switched out just before calling its first function.
 *
 * Floor 1.  Read next: switch.asm, stack.c
 */
#ifndef KERNEL_X86_SWITCH_H
#define KERNEL_X86_SWITCH_H

#include "kernel/lib/types.h"

/* Save what a C function must preserve, put the stack pointer into *@save, go on where @load was saved. */
void switch_stacks(uint32_t *save, uint32_t load);

/* Where a prepared stack goes first; for stack_prepare() only. */
void switch_first(void);

/*
 * Prepare the empty stack that ends at @top: the first switch calls @begin(@entry, @arg), which must not
 * return.  Returns the stack pointer to load.
 */
typedef void task_entry(void *arg);
uint32_t stack_prepare(uint32_t top, void (*begin)(task_entry *, void *), task_entry *entry, void *arg);

/* One function call on a stack [SysV i386 2.3]. */
struct stack_frame {
	uint32_t ebp;                   /* of the function        */
	uint32_t eip;                   /* where it is executing  */
};

/* The caller of the function that calls this. */
struct stack_frame stack_here(void);

/*
 * Go from a function to its caller.  Reads only within [@lo, @hi) and only upwards, so a broken stack
 * ends the walk and does no harm.  Returns: false at the end.
 */
bool stack_step(struct stack_frame *f, uint32_t lo, uint32_t hi);

#endif
