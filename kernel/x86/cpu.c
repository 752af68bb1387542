/*
 * The processor's own tables: segments, and the two task-state segments.
 *
 * Segments are flat, so protection is by pages alone; the exception is the thread-local segment, whose
 * base is part of a task's context.  Hardware task switching is used once, for the double fault: only a
 * task gate changes the stack without touching the old one [SDM 3A 7.3].
 *
 * Floor 1.  Read next: trap.asm
 */
#include "kernel/x86/cpu.h"
#include "kernel/lib/check.h"
#include "kernel/x86/insn.h"
#include "kernel/x86/trap.h"

struct cpu cpus[NR_CPUS];

/* Task-state segment [SDM 3A 7.2.1]. */
struct tss {
	uint32_t link;
	uint32_t esp0, ss0, esp1, ss1, esp2, ss2;
	uint32_t cr3, eip, eflags;
	uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
	uint32_t es, cs, ss, ds, fs, gs;
	uint32_t ldt;
	uint16_t trap, io_map;
};
_Static_assert(sizeof(struct tss) == 104, "[SDM 3A figure 7-2]");

/* Access byte and flags of a descriptor [SDM 3A 3.4.5, 7.2.2]. */
enum {
	SEG_CODE    = 0x9A, SEG_DATA = 0x92, SEG_TSS = 0x89,
	SEG_USER    = 3 << 5,           /* DPL 3 */
	SEG_PAGES   = 0x8,              /* limit counts 4 KiB */
	SEG_32BIT   = 0x4,
	SEG_4G      = 0xFFFFF,
};

#define GDT_ENTRIES     8
#define DF_STACK_SIZE   4096u

static uint64_t gdt[GDT_ENTRIES] __attribute__((aligned(8)));
static struct tss tss_main, tss_double_fault;
static uint8_t df_stack[DF_STACK_SIZE] __attribute__((aligned(16)));
static void (*double_fault_fn)(struct trapframe *tf);

static uint64_t descriptor(uint32_t base, uint32_t limit, uint32_t access, uint32_t flags)
{
	uint32_t low = (base & 0xFFFF) << 16 | (limit & 0xFFFF);
	uint32_t high = (base & 0xFF000000) | flags << 20 | (limit & 0xF0000) | access << 8 |
			(base >> 16 & 0xFF);

	return (uint64_t)high << 32 | low;
}

static uint64_t flat(uint32_t access)
{
	return descriptor(0, SEG_4G, access, SEG_PAGES | SEG_32BIT);
}

/* The selector's index is the entry: bits 0..2 are privilege and table [SDM 3A 3.4.2]. */
static void gdt_set(uint32_t selector, uint64_t value)
{
	gdt[selector >> 3] = value;
}

static void gdt_set_tss(uint32_t selector, const struct tss *tss)
{
	gdt_set(selector, descriptor((uint32_t)tss, sizeof(*tss) - 1, SEG_TSS, 0));
}

/*
 * Entered by the task gate.  The processor has put the interrupted registers into tss_main; segments and
 * the page-fault address are as they were.
 */
static _Noreturn void double_fault(void)
{
	const struct tss *t = &tss_main;
	struct trapframe tf = {
		.gs = t->gs, .fs = t->fs, .es = t->es, .ds = t->ds,
		.edi = t->edi, .esi = t->esi, .ebp = t->ebp, .ebx = t->ebx,
		.edx = t->edx, .ecx = t->ecx, .eax = t->eax,
		.vector = TRAP_DOUBLE_FAULT,
		.eip = t->eip, .cs = t->cs, .eflags = t->eflags, .esp = t->esp, .ss = t->ss,
	};

	double_fault_fn(&tf);
	BUG("the double-fault handler returned");
}

static void init_double_fault_tss(void)
{
	tss_double_fault = (struct tss){
		.eip = (uint32_t)double_fault,
		.esp = (uint32_t)df_stack + DF_STACK_SIZE,
		.eflags = 2,                            /* bit 1 is always set */
		.cs = SEL_KCODE, .ss = SEL_KDATA, .ds = SEL_KDATA, .es = SEL_KDATA,
		.io_map = sizeof(struct tss),           /* none: outside the segment */
	};
	cpu_set_double_fault(cr3_read());
}

const char *cpu_missing(void)
{
	static const struct { uint32_t bit; const char *name; } needed[] = {
		{ CPUID_PSE, "PSE" }, { CPUID_TSC, "TSC" }, { CPUID_PGE, "PGE" },
		{ CPUID_FXSR, "FXSR" }, { CPUID_SSE, "SSE" },
	};
	uint32_t features = cpuid_features();

	for (unsigned i = 0; i < ARRAY_SIZE(needed); i++) {
		if (!(features & needed[i].bit)) {
			return needed[i].name;
		}
	}
	return NULL;
}

void cpu_init(void)
{
	struct table_pointer pointer = { sizeof(gdt) - 1, (uint32_t)gdt };

	gdt_set(SEL_KCODE, flat(SEG_CODE));
	gdt_set(SEL_KDATA, flat(SEG_DATA));
	gdt_set(SEL_UCODE, flat(SEG_CODE | SEG_USER));
	gdt_set(SEL_UDATA, flat(SEG_DATA | SEG_USER));
	gdt_set_tss(SEL_TSS, &tss_main);
	gdt_set_tss(SEL_TSS_DF, &tss_double_fault);
	cpu_set_tls(0);
	load_gdt(&pointer);
	load_segments(SEL_KCODE, SEL_KDATA);

	tss_main.ss0 = SEL_KDATA;
	tss_main.io_map = sizeof(struct tss);
	init_double_fault_tss();
	load_task_register(SEL_TSS);

	/* WP: the kernel, too, faults on read-only pages, so that a system call breaks COW [SDM 3A 4.6]. */
	cr0_write((cr0_read() & ~CR0_EM) | CR0_WP | CR0_NE | CR0_MP | CR0_TS);
	cr4_write(cr4_read() | CR4_PSE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT);
}

void cpu_set_kernel_stack(uint32_t top)
{
	tss_main.esp0 = top;
}

/* The processor reads it when %gs is next loaded: on the way back to user mode. */
void cpu_set_tls(uint32_t base)
{
	gdt_set(SEL_TLS, descriptor(base, SEG_4G, SEG_DATA | SEG_USER, SEG_PAGES | SEG_32BIT));
}

void cpu_set_double_fault(paddr_t cr3)
{
	tss_double_fault.cr3 = cr3;
}

void cpu_set_double_fault_fn(void (*fn)(struct trapframe *tf))
{
	double_fault_fn = fn;
}
