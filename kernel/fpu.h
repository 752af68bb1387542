/*
 * FPU and SSE registers of tasks, switched lazily: they stay in the processor until another task uses
 * them, which traps (#NM).  Most tasks never do, and cost nothing.
 *
 * cpu.fpu_owner: whose registers the processor holds.  CR0.TS is clear only while that task runs.
 *
 * Floor 2.  [SDM 3A 13.5]   Read next: fpu.c, kernel/x86/fpu.c
 */
#ifndef KERNEL_FPU_H
#define KERNEL_FPU_H

struct task;

void fpu_init(void);

/* The running task changed: its next FPU instruction traps, unless the registers are its own. */
void fpu_switched(void);

/* Bring t->fpu up to date with the registers, so that it can be copied: fork. */
void fpu_sync(struct task *t);

/* @t's registers are of no more use: exec, exit.  It starts afresh should it use them again. */
void fpu_drop(struct task *t);

#endif
