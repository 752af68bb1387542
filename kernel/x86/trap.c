/*
 * The interrupt descriptor table and the table of handlers.
 *
 * Invariant: every vector has a handler from trap_init() on; an unexpected one is a bug of the kernel.
 *
 * Floor 1.  Read next: irq.c
 */
#include "kernel/x86/trap.h"
#include "kernel/lib/check.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/insn.h"
#include "kernel/x86/trap_entry.h"

/* Gates [SDM 3A 6.11].  An interrupt gate clears IF on entry, a trap gate leaves it. */
enum { GATE_INTERRUPT = 0x8E, GATE_TRAP = 0x8F, GATE_TASK = 0x85, GATE_USER = 3 << 5 };

static uint64_t idt[NR_TRAPS];

static void unexpected(struct trapframe *tf)
{
	(void)tf;
	BUG("trap that nobody handles");
}

static void nothing_pending(struct trapframe *tf)
{
	(void)tf;
}

trap_fn trap_handlers[NR_TRAPS];
trap_fn trap_user_return = nothing_pending;
const uint32_t *const trap_work = &cpus[0].work;

static uint64_t gate(uint32_t selector, uint32_t offset, uint32_t type)
{
	uint32_t low = selector << 16 | (offset & 0xFFFF);
	uint32_t high = (offset & 0xFFFF0000) | type << 8;

	return (uint64_t)high << 32 | low;
}

static bool is_irq(unsigned vector)
{
	return vector >= TRAP_IRQ0 && vector < TRAP_IRQ0 + 16;
}

void trap_init(void)
{
	struct table_pointer pointer = { sizeof(idt) - 1, (uint32_t)idt };

	for (unsigned v = 0; v < NR_TRAPS; v++) {
		uint32_t type = is_irq(v) || v == TRAP_NMI ? GATE_INTERRUPT : GATE_TRAP;

		/* INT3, INTO and INT 0x80 are a program's to use; any other INT n is a #GP. */
		if (v == TRAP_BREAKPOINT || v == TRAP_OVERFLOW || v == TRAP_SYSCALL) {
			type |= GATE_USER;
		}
		idt[v] = gate(SEL_KCODE, (uint32_t)trap_stubs[v], type);
		trap_handlers[v] = unexpected;
	}
	idt[TRAP_DOUBLE_FAULT] = gate(SEL_TSS_DF, 0, GATE_TASK);
	load_idt(&pointer);
}

void trap_set(unsigned vector, trap_fn fn)
{
	ASSERT(vector < NR_TRAPS && fn != NULL);
	trap_handlers[vector] = fn;
}

void trap_set_user_return(trap_fn fn)
{
	ASSERT(trap_user_return == nothing_pending);
	trap_user_return = fn;
}

uva_t trap_fault_address(void)
{
	return cr2_read();
}
