/*
 * What each processor has of its own.  There is one processor today; everything that will be per
 * processor already goes through this_cpu(), so that SMP changes this file and not its users.
 *
 * Floor 1.  Owns: GDT, TSS, FPU/SSE enabling.  Read next: cpu.c
 */
#ifndef KERNEL_X86_CPU_H
#define KERNEL_X86_CPU_H

#include "kernel/lib/types.h"

#define NR_CPUS 1u

/* Why a way back to user mode is a longer one: it is another's turn; a signal wants the running task's attention. */
enum { CPU_RESCHED = 1u << 0, CPU_SIGNAL = 1u << 1 };

struct task;

struct cpu {
	uint32_t     id;
	struct task *current;           /* opaque on this floor                                   */
	struct task *fpu_owner;         /* whose registers the FPU holds; NULL = nobody's          */
	uint64_t    *counts;            /* counters of this processor   (kernel/counters.h)        */
	uint64_t    *task_counts;       /* counters of the running task (never NULL)               */
	uint32_t     work;              /* CPU_*: to be done before user mode goes on; atomic      */
	uint32_t     irq_depth;         /* > 0 in an interrupt handler                             */
	uint32_t     spins;             /* spinlocks held here                (kernel/lock.c)      */
};

extern struct cpu cpus[NR_CPUS];

static inline struct cpu *this_cpu(void)
{
	return &cpus[0];
}

/* Segments: flat code and data for both rings, one thread-local segment, TSS, and the double-fault TSS. */
enum {
	SEL_KCODE = 0x08, SEL_KDATA = 0x10, SEL_UCODE = 0x1B, SEL_UDATA = 0x23,
	SEL_TSS = 0x28, SEL_TSS_DF = 0x30, SEL_TLS = 0x3B,
};
#define TLS_ENTRY 7     /* GDT index that set_thread_area reports: SEL_TLS >> 3 */

/* What Magpie needs and this processor lacks, by its name in CPUID, or NULL.  Before cpu_init(). */
const char *cpu_missing(void);

/* GDT, TSS, task register, CR0/CR4 (WP, PSE, PGE, OSFXSR, EM off, TS on).  Interrupts are off. */
void cpu_init(void);

/* Stack top that the processor loads on entry from user mode [SDM 3A 7.2.1]. */
void cpu_set_kernel_stack(uint32_t top);

/* Base of the thread-local segment, for %gs of static libcs; part of a task's context. */
void cpu_set_tls(uint32_t base);

/*
 * The double-fault TSS runs on a stack of its own, so that a kernel stack that ran into its guard page
 * is reported and not a silent triple fault [SDM 3A 6.15, 7.3].  @cr3 must map the kernel.
 */
void cpu_set_double_fault(paddr_t cr3);

/*
 * The double-fault TSS runs @fn with a frame made from what the interrupted task had in its registers.
 * One function, set once by kernel/panic.c; it does not return.
 */
struct trapframe;
void cpu_set_double_fault_fn(void (*fn)(struct trapframe *tf));

/* ---- FPU and SSE state; when it is saved and restored: kernel/fpu.c ---- */

#define FPU_STATE_SIZE 512u             /* FXSAVE area, 16-byte aligned [SDM 1 10.5.1] */

void fpu_trap_next_use(void);           /* sets CR0.TS: the next FPU instruction traps (#NM) */
void fpu_allow(void);                   /* clears it */
void fpu_save_state(uint8_t *area);
void fpu_load_state(const uint8_t *area);
void fpu_fresh_state(void);             /* what a new process finds [SysV i386, SDM 1 8.1.5, 10.2.3] */

#endif
