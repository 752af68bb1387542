/*
 * Lazy switching of FPU and SSE registers.
 *
 * Invariant: the newest copy of a task's registers is in the processor if it is fpu_owner, else in t->fpu
 * if fpu_used, else nowhere: it never used any.
 *
 * Floor 2.
 */
#include "kernel/fpu.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "kernel/x86/trap.h"

static void first_use(struct trapframe *tf)
{
	struct cpu *cpu = this_cpu();
	struct task *t = cpu->current;

	if (!trap_from_user(tf)) {
		panic_trap(tf, "FPU instruction in the kernel");
	}
	fpu_allow();
	if (cpu->fpu_owner == t) {
		return;
	}
	if (cpu->fpu_owner) {
		fpu_save_state(cpu->fpu_owner->fpu);
	}
	if (t->fpu_used) {
		fpu_load_state(t->fpu);
	} else {
		fpu_fresh_state();
		t->fpu_used = true;
	}
	cpu->fpu_owner = t;
}

void fpu_init(void)
{
	trap_set(TRAP_NO_FPU, first_use);
}

/* Locks:   none; the caller is the scheduler, interrupts off. */
void fpu_switched(void)
{
	struct cpu *cpu = this_cpu();

	if (cpu->fpu_owner == cpu->current) {
		fpu_allow();
	} else {
		fpu_trap_next_use();
	}
}

void fpu_sync(struct task *t)
{
	if (this_cpu()->fpu_owner == t) {
		fpu_allow();
		fpu_save_state(t->fpu);
		fpu_switched();
	}
}

void fpu_drop(struct task *t)
{
	struct cpu *cpu = this_cpu();

	t->fpu_used = false;
	if (cpu->fpu_owner == t) {
		cpu->fpu_owner = NULL;
		fpu_switched();
	}
}
