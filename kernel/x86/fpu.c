/*
 * FPU and SSE registers: the instructions.  When to use them is decided in kernel/fpu.c.
 *
 * The kernel itself is compiled without FPU and SSE, so between traps the registers are a process's.
 *
 * Floor 1.
 */
#include "kernel/x86/cpu.h"
#include "kernel/x86/insn.h"

#define MXCSR_DEFAULT 0x1F80u           /* all exceptions masked, round to nearest [SDM 1 10.2.3] */

void fpu_trap_next_use(void)
{
	cr0_write(cr0_read() | CR0_TS);
}

void fpu_allow(void)
{
	clear_ts();
}

void fpu_save_state(uint8_t *area)
{
	fpu_store(area);
}

void fpu_load_state(const uint8_t *area)
{
	fpu_load(area);
}

void fpu_fresh_state(void)
{
	static const uint8_t zeros[FPU_STATE_SIZE] __attribute__((aligned(16)));

	/* An all-zero image empties the SSE registers of whoever used them before. */
	fpu_load(zeros);
	fpu_reset();
	sse_control(MXCSR_DEFAULT);
}
