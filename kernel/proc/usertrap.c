/*
 * Exceptions, and the way back to user mode.
 *
 *	page fault     from user mode      served, or SIGSEGV, SIGBUS; out of memory: SIGKILL
 *	               in a user copy      served, or the copy fails: EFAULT for the caller
 *	               elsewhere           the kernel's bug
 *	other traps    from user mode      a signal
 *	               from the kernel     the kernel's bug
 *
 * On the way back: let others run if it is their turn, then see to signals.
 *
 * Floor 7.  Read next: kernel/sys/syscall.h
 */
#include "drivers/tty.h"
#include "kernel/clock.h"
#include "kernel/cmdline.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "kernel/proc/proc.h"
#include "kernel/trace.h"
#include "kernel/x86/irq.h"
#include "kernel/x86/ucopy.h"

/* Exceptions that a program can cause, and what they are to it [SDM 3A table 6-1, POSIX signal.h]. */
static const uint8_t exception_signal[] = {
	[TRAP_DIVIDE] = SIGFPE, [TRAP_DEBUG] = SIGTRAP, [TRAP_BREAKPOINT] = SIGTRAP,
	[TRAP_OVERFLOW] = SIGSEGV, [TRAP_BOUND] = SIGSEGV, [TRAP_OPCODE] = SIGILL,
	[TRAP_SEGMENT] = SIGSEGV, [TRAP_STACK] = SIGSEGV, [TRAP_PROTECTION] = SIGSEGV,
	[TRAP_FPU] = SIGFPE, [TRAP_ALIGNMENT] = SIGBUS, [TRAP_SIMD] = SIGFPE,
};

/*
 * One line about a process that ends for what it did: in the log, and on the terminal unless that is some
 * program's output, byte for byte (console=raw).
 */
static void report(int sig, const char *detail, uint32_t eip)
{
	const struct proc *p = proc_current();
	char line[128], console[8];
	int n = fmt_print(line, sizeof(line), "%s[%d]: %s%s, eip 0x%08x\n", p->name, p->pid,
	                  signal_name(sig), detail, eip);

	printk("%s", line);
	cmdline_get("console", console, sizeof(console));
	if (strcmp(console, "raw") != 0) {
		tty_write(tty_console(), line, MIN((size_t)n, sizeof(line) - 1));
	}
}

/* ---- page faults ---- */

/* Without memory a process ends; but init is the machine, so it tries until somebody else has ended. */
static bool try_again(void)
{
	const struct proc *p = proc_current();

	if (!p || p->pid != INIT_PID) {
		return false;
	}
	sched_yield();
	return true;
}

static enum fault_result serve(const struct trapframe *tf, uva_t va)
{
	struct space *s = task_current()->space;
	enum fault_result how;

	if (!s || va >= USER_TOP) {
		return FAULT_SEGV;
	}
	do {
		how = fault_handle(s, va, tf->error & PF_WRITE);
	} while (how == FAULT_NOMEM && try_again());
	return how;
}

static void kill_for_fault(const struct trapframe *tf, uva_t va, enum fault_result how)
{
	int sig = how == FAULT_NOMEM ? SIGKILL : how == FAULT_BUS ? SIGBUS : SIGSEGV;
	char detail[64];

	fmt_print(detail, sizeof(detail), "%s at address 0x%08x (%s)",
	          how == FAULT_NOMEM ? ": out of memory" : "", va, tf->error & PF_WRITE ? "write" : "read");
	if (signal_force(sig, (struct siginfo){ .code = sig == SIGBUS ? BUS_ADRERR : FAULT_MAPERR, .value = va })) {
		report(sig, detail, tf->eip);
	}
}

/* A fault that cannot be served. */
static void refuse(struct trapframe *tf, uva_t va, enum fault_result how)
{
	bool user = trap_from_user(tf);

	count_add(C_FAULTS_BAD, 1);
	trace_emit(EV_FAULT_BAD, va, (tf->error & PF_WRITE) != 0, tf->eip, 0);
	if (user || (how == FAULT_NOMEM && proc_current())) {
		kill_for_fault(tf, va, how);
	}
	if (!user) {
		ucopy_recover(tf);
	}
}

/* A fault of the kernel's own: is it one of a copy from or to the user that may have the page brought in? */
static bool copy_may_fault(struct trapframe *tf, uva_t va)
{
	enum ucopy_site site = ucopy_site(tf->eip);

	if (site == UCOPY_NONE || va >= USER_TOP) {
		panic_trap(tf, "page fault in the kernel");
	}
	return site == UCOPY_PLAIN;
}

static void page_fault(struct trapframe *tf)
{
	uva_t va = trap_fault_address();        /* before anything that could fault again */
	enum fault_result how;

	if (!trap_from_user(tf) && !copy_may_fault(tf, va)) {
		ucopy_recover(tf);
		return;
	}
	how = serve(tf, va);
	if (how != FAULT_OK) {
		refuse(tf, va, how);
	}
}

/* ---- the rest ---- */

static void exception(struct trapframe *tf)
{
	int sig = exception_signal[tf->vector];

	if (!trap_from_user(tf)) {
		panic_trap(tf, "exception in the kernel");
	}
	if (signal_force(sig, (struct siginfo){ .code = SI_KERNEL, .value = tf->eip })) {
		report(sig, "", tf->eip);
	}
}

/* Coarse accounting: whom the tick finds in user mode has used it.  Time in the kernel is charged to nobody. */
static void charge_tick(struct proc *p)
{
	static uint64_t charged;        /* the last tick that was: the timer also fires for timeouts */
	uint64_t now = clock_ticks();

	if (now != charged) {
		charged = now;
		p->ticks++;
	}
}

static __attribute__((noinline)) void return_with_work(struct trapframe *tf)
{
	struct cpu *cpu = this_cpu();

	if (tf->vector == TRAP_IRQ0 + IRQ_TIMER) {
		charge_tick(proc_current());
	}
	if (cpu->work & CPU_RESCHED) {
		sched_yield();
	}
	atomic_and(&cpu->work, ~(uint32_t)CPU_SIGNAL);
	if (cpu->current->interrupted) {
		signal_deliver(tf);
	}
}

/*
 * After every trap from user mode, except after a system call that leaves no work.  Whoever asks for a signal to be seen
 * has noted that as work (sched_interrupt), or it was noted when the task's turn came.
 */
static void user_return(struct trapframe *tf)
{
	if (tf->vector == TRAP_IRQ0 + IRQ_TIMER || this_cpu()->work) {
		return_with_work(tf);
	}
}

void usertrap_init(void)
{
	for (unsigned v = 0; v < ARRAY_SIZE(exception_signal); v++) {
		if (exception_signal[v]) {
			trap_set(v, exception);
		}
	}
	trap_set(TRAP_PAGE_FAULT, page_fault);
	trap_set_user_return(user_return);
}
