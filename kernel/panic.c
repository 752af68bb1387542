/*
 * The end, on purpose or not.
 *
 * A panic relies on as little as it can: no locks, no allocation, and of a stack it reads only what lies
 * within the running task's.  A panic within a panic just ends the machine.
 *
 * QEMU's isa-debug-exit device turns a byte v written to its port into the exit status 2v + 1.
 *
 * Floor 2.
 */
#include "kernel/ksyms.h"
#include "kernel/lib/check.h"
#include "kernel/lib/fmt.h"
#include "kernel/printk.h"
#include "kernel/task.h"
#include "kernel/trace.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/insn.h"
#include "kernel/x86/switch.h"
#include "kernel/x86/trap.h"

enum { EXIT_PORT = 0xF4, EXIT_PANIC = 0x21, EXIT_DONE = 0x31 }; /* QEMU ends with 67, 99 */
enum { ACPI_PORT = 0x604, ACPI_SLEEP = 0x2000 };        /* PM1a control of QEMU's PIIX4: power off */

#define MAX_CALLS   32          /* of a backtrace; a run-away recursion has thousands */
#define TEXT_SIZE   160

static bool panicking;

static _Noreturn void stop(void)
{
	for (;;) {
		interrupts_off();
		halt();
	}
}

static void begin_panic(void)
{
	interrupts_off();
	if (panicking) {
		out8(EXIT_PORT, EXIT_PANIC);
		stop();
	}
	panicking = true;
	printk_begin_panic();
}

static _Noreturn void end_panic(void)
{
	out8(EXIT_PORT, EXIT_PANIC);
	printk("halted\n");
	stop();
}

static void print_address(uint32_t eip)
{
	uint32_t offset;
	const char *name = ksym_find(eip, &offset);

	if (eip < USER_TOP) {
		printk("  %08x (user mode)\n", eip);
	} else if (name) {
		printk("  %08x %s+0x%x\n", eip, name, offset);
	} else {
		printk("  %08x\n", eip);
	}
}

/* A call that never returns may be a function's last instruction: then what follows it is another function. */
static void print_return(uint32_t eip)
{
	uint32_t offset;
	const char *name = ksym_find(eip - 1, &offset);

	if (name) {
		printk("  %08x %s+0x%x\n", eip, name, offset + 1);
	} else {
		print_address(eip);
	}
}

static void print_backtrace(struct stack_frame at)
{
	const struct task *t = task_current();

	printk("backtrace of task %s:\n", t ? t->name : "(none)");
	print_address(at.eip);
	if (!t || at.eip < USER_TOP) {
		return;
	}
	for (int calls = 1; stack_step(&at, t->kstack, t->kstack_top); calls++) {
		if (calls == MAX_CALLS) {
			printk("  ...\n");
			return;
		}
		print_return(at.eip);
	}
}

/* From kernel mode the processor pushes neither esp nor ss: the interrupted stack goes on after eflags. */
static uint32_t stack_of(struct trapframe *tf)
{
	if (trap_from_user(tf) || tf->vector == TRAP_DOUBLE_FAULT) {
		return tf->esp;
	}
	return (uint32_t)&tf->esp;
}

static void print_registers(struct trapframe *tf)
{
	printk("  eax %08x  ebx %08x  ecx %08x  edx %08x\n", tf->eax, tf->ebx, tf->ecx, tf->edx);
	printk("  esi %08x  edi %08x  ebp %08x  esp %08x\n", tf->esi, tf->edi, tf->ebp, stack_of(tf));
	printk("  eip %08x  cs %04x  eflags %08x  ds %04x  es %04x  fs %04x  gs %04x\n", tf->eip,
	       tf->cs, tf->eflags, tf->ds, tf->es, tf->fs, tf->gs);
	printk("  cr0 %08x  cr2 %08x  cr3 %08x  cr4 %08x  vector %u  error %x\n", cr0_read(),
	       cr2_read(), cr3_read(), cr4_read(), tf->vector, tf->error);
}

void panic(const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	begin_panic();
	va_start(args, format);
	fmt_vprint(text, sizeof(text), format, args);
	va_end(args);
	printk("panic: %s\n", text);
	print_backtrace(stack_here());
	end_panic();
}

void panic_trap(struct trapframe *tf, const char *why)
{
	begin_panic();
	printk("panic: %s\n", why);
	print_registers(tf);
	print_backtrace((struct stack_frame){ tf->ebp, tf->eip });
	end_panic();
}

/* The door of kernel/lib/check.h. */
void check_failed(const char *file, int line, const char *what)
{
	panic("%s:%d: %s", file, line, what);
}

static const char *const trap_names[] = {
	[TRAP_DIVIDE] = "division error", [TRAP_DEBUG] = "debug trap", [TRAP_NMI] = "NMI",
	[TRAP_BREAKPOINT] = "breakpoint", [TRAP_OVERFLOW] = "overflow", [TRAP_BOUND] = "bound",
	[TRAP_OPCODE] = "invalid opcode", [TRAP_NO_FPU] = "FPU not available",
	[TRAP_TSS] = "invalid TSS", [TRAP_SEGMENT] = "segment not present",
	[TRAP_STACK] = "stack fault", [TRAP_PROTECTION] = "general protection",
	[TRAP_PAGE_FAULT] = "page fault", [TRAP_FPU] = "FPU error",
	[TRAP_ALIGNMENT] = "alignment check", [TRAP_MACHINE] = "machine check",
	[TRAP_SIMD] = "SSE error",
};

static void unhandled(struct trapframe *tf)
{
	const char *name = tf->vector < ARRAY_SIZE(trap_names) ? trap_names[tf->vector] : NULL;
	char text[TEXT_SIZE];

	fmt_print(text, sizeof(text), "%s in %s mode", name ? name : "unexpected trap",
		  trap_from_user(tf) ? "user" : "kernel");
	panic_trap(tf, text);
}

/* A push below the stack faults, and so does pushing that fault's frame: two faults [SDM 3A 6.15]. */
static void double_fault(struct trapframe *tf)
{
	const struct task *t = task_current();
	uint32_t below = t ? t->kstack - cr2_read() : 0;

	if (below > 0 && below <= PAGE_SIZE) {
		panic_trap(tf, "kernel stack overflow");
	}
	panic_trap(tf, "double fault");
}

void panic_init(void)
{
	for (unsigned v = 0; v < NR_TRAPS; v++) {
		trap_set(v, unhandled);
	}
	cpu_set_double_fault_fn(double_fault);
}

void machine_poweroff(int status)
{
	trace_end();
	printk("exit %d\n", status);
	out8(EXIT_PORT, EXIT_DONE);
	out16(ACPI_PORT, ACPI_SLEEP);
	stop();
}
