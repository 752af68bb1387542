/*
 * Exceptions, interrupts and system calls: one frame layout, one table of handlers, the door
 * trap_set() through which every floor above is entered.
 *
 * Floor 1.  Read next: trap.asm
 */
#ifndef KERNEL_X86_TRAP_H
#define KERNEL_X86_TRAP_H

#include "kernel/lib/types.h"

/* As pushed by the entry stubs and the processor, lowest address first [SDM 3A 6.12.1]. */
struct trapframe {
	uint32_t gs, fs, es, ds;
	uint32_t edi, esi, ebp, esp_unused, ebx, edx, ecx, eax;         /* pusha                       */
	uint32_t vector, error;
	uint32_t eip, cs, eflags;
	uint32_t esp, ss;                                               /* only when from user mode    */
};

enum {
	TRAP_DIVIDE = 0, TRAP_DEBUG = 1, TRAP_NMI = 2, TRAP_BREAKPOINT = 3, TRAP_OVERFLOW = 4,
	TRAP_BOUND = 5, TRAP_OPCODE = 6, TRAP_NO_FPU = 7, TRAP_DOUBLE_FAULT = 8, TRAP_TSS = 10,
	TRAP_SEGMENT = 11, TRAP_STACK = 12, TRAP_PROTECTION = 13, TRAP_PAGE_FAULT = 14,
	TRAP_FPU = 16, TRAP_ALIGNMENT = 17, TRAP_MACHINE = 18, TRAP_SIMD = 19,
	TRAP_IRQ0 = 32,                 /* 32..47: the two PICs                                      */
	TRAP_SYSCALL = 0x80,
	NR_TRAPS = 256,
};

/* Page-fault error code [SDM 3A 4.7]. */
enum { PF_PRESENT = 1u << 0, PF_WRITE = 1u << 1, PF_USER = 1u << 2, PF_RESERVED = 1u << 3 };

typedef void (*trap_fn)(struct trapframe *tf);

static inline bool trap_from_user(const struct trapframe *tf)
{
	return (tf->cs & 3u) == 3u;
}

/* Load the IDT; every vector panics until somebody sets it. */
void trap_init(void);

/* Door: @fn handles @vector.  IRQ vectors run with interrupts off, exceptions and int 0x80 with them as they were. */
void trap_set(unsigned vector, trap_fn fn);

/*
 * Door: called with interrupts on, on the way back to user mode, after every trap from there, except after a system
 * call that leaves no work (struct cpu): rescheduling, signals.  One function, set once by kernel/proc.
 */
void trap_set_user_return(trap_fn fn);

/* CR2: the address of the last page fault.  Read it before anything that may fault again. */
uva_t trap_fault_address(void);

/* Load @tf and go to user mode; used for the first entry of a process.  Does not return. */
_Noreturn void trap_return(struct trapframe *tf);

#endif
