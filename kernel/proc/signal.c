/*
 * Sending signals, and acting on them.
 *
 * Invariant: a task is `interrupted` whenever a signal is pending for it that is not blocked.
 *
 * Floor 7.  Read next: sigaction.c
 */
#include "kernel/proc/signal.h"
#include "drivers/tty.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/proc/proc.h"

#define SYSCALL_BYTES 2         /* INT 0x80 is CD 80 [SDM 2A INT n] */

static const char *const names[] = {
	[SIGHUP] = "SIGHUP", [SIGINT] = "SIGINT", [SIGQUIT] = "SIGQUIT", [SIGILL] = "SIGILL",
	[SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT", [SIGBUS] = "SIGBUS", [SIGFPE] = "SIGFPE",
	[SIGKILL] = "SIGKILL", [SIGSEGV] = "SIGSEGV", [SIGPIPE] = "SIGPIPE", [SIGTERM] = "SIGTERM",
};

const char *signal_name(int sig)
{
	const char *name = sig > 0 && sig < (int)ARRAY_SIZE(names) ? names[sig] : NULL;

	return name ? name : "signal";
}

static int lowest(uint64_t set)
{
	uint32_t low = (uint32_t)set;

	return 1 + (low ? __builtin_ctz(low) : 32 + __builtin_ctz((uint32_t)(set >> 32)));
}

/* ---- sending ---- */

void signal_send(struct proc *p, int sig, struct siginfo info)
{
	struct signals *s = &p->signals;
	const struct sigaction *action = &s->action[sig - 1];

	/* A blocked one waits: what is done about it may change before it is let through. */
	if (p->state != PROC_ALIVE || (signal_ignored(action, sig) && !(s->blocked & signal_bit(sig)))) {
		return;
	}
	/* Process 1 dies of its own faults only: what it does not handle never reaches it. */
	if (p->pid == INIT_PID && action->handler == SIG_DFL) {
		return;
	}
	s->pending |= signal_bit(sig);
	s->info[sig - 1] = info;
	if (signal_deliverable(s)) {
		sched_interrupt(p->task);
	}
}

/* Whom?  The group @pgrp if there is one, else process @pid; -1: everybody but @self and process 1. */
struct kill {
	int            pid, pgrp, sig;
	struct siginfo info;
	struct proc   *self;
	unsigned       found;
};

static void kill_one(struct proc *p, void *ctx)
{
	struct kill *k = ctx;
	bool meant = k->pgrp ? p->pgrp == k->pgrp :
	             k->pid == -1 ? p != k->self && p->pid != INIT_PID : p->pid == k->pid;

	if (meant) {
		k->found++;
		if (k->sig) {
			signal_send(p, k->sig, k->info);
		}
	}
}

int signal_kill(int pid, int sig, int code)
{
	struct proc *self = proc_current();
	struct kill k = {
		.pid = pid, .sig = sig, .info = { .code = code, .value = (uint32_t)self->pid },
		.self = self,
	};

	if (sig < 0 || sig > NR_SIGNALS || sig == SIGSTOP) {
		return -EINVAL;
	}
	if (pid == INT32_MIN) {
		return -ESRCH;
	}
	k.pgrp = pid == 0 ? self->pgrp : pid < -1 ? -pid : 0;
	spin_lock(&proc_family);
	proc_each(kill_one, &k);
	spin_unlock(&proc_family);
	return k.found ? 0 : -ESRCH;
}

/* The door of the terminal.  Interrupt context. */
static void from_terminal(int pgrp, int sig)
{
	struct kill k = { .pgrp = pgrp, .sig = sig, .info = { .code = SI_KERNEL } };

	spin_lock(&proc_family);
	proc_each(kill_one, &k);
	spin_unlock(&proc_family);
}

void signal_init(void)
{
	tty_set_signal(from_terminal);
}

bool signal_force(int sig, struct siginfo info)
{
	struct proc *p = proc_current();
	struct signals *s = &p->signals;
	struct sigaction *action = &s->action[sig - 1];

	spin_lock(&proc_family);
	if (action->handler == SIG_IGN || (s->blocked & signal_bit(sig))) {
		action->handler = SIG_DFL;
	}
	s->blocked &= ~signal_bit(sig);
	s->pending |= signal_bit(sig);
	s->info[sig - 1] = info;
	sched_interrupt(p->task);
	spin_unlock(&proc_family);
	return action->handler == SIG_DFL;
}

/* ---- acting ---- */

/* The next signal to act on, no longer pending, with its action and info; 0: none is left. */
static int next_signal(struct proc *p, struct sigaction *action, struct siginfo *info)
{
	struct signals *s = &p->signals;
	int found = 0;

	spin_lock(&proc_family);
	p->task->interrupted = false;
	while (!found && signal_deliverable(s)) {
		int sig = lowest(signal_deliverable(s));

		s->pending &= ~signal_bit(sig);
		*action = s->action[sig - 1];
		*info = s->info[sig - 1];
		if (!signal_ignored(action, sig)) {
			found = sig;
		}
	}
	if (found && (action->flags & SA_RESETHAND)) {
		s->action[found - 1].handler = SIG_DFL;
	}
	spin_unlock(&proc_family);
	return found;
}

/* An interrupted system call: try it again, or let the program know. */
static void finish_call(struct trapframe *tf, bool again)
{
	if (tf->vector != TRAP_SYSCALL || tf->eax != (uint32_t)-ERESTART) {
		return;
	}
	if (again) {
		tf->eax = proc_current()->restart_call;
		tf->eip -= SYSCALL_BYTES;
	} else {
		tf->eax = (uint32_t)-EINTR;
	}
}

/* sigsuspend is over, and no handler will give the old mask back.  Was it under way? */
static bool end_suspension(struct signals *s)
{
	bool was;

	spin_lock(&proc_family);
	was = s->suspended;
	if (was) {
		s->suspended = false;
		s->blocked = s->resumed;
	}
	spin_unlock(&proc_family);
	return was;
}

/* Enter the handler; while it runs, more is blocked. */
static int enter_handler(struct proc *p, struct trapframe *tf, int sig, const struct sigaction *action,
                         const struct siginfo *info)
{
	struct signals *s = &p->signals;
	uint64_t more = action->mask | (action->flags & SA_NODEFER ? 0 : signal_bit(sig));
	int r = sigframe_push(tf, sig, action, info, s->suspended ? s->resumed : s->blocked);

	if (r == 0) {
		spin_lock(&proc_family);
		s->suspended = false;
		s->blocked |= more & ~SIGNALS_UNSTOPPABLE;
		spin_unlock(&proc_family);
	}
	return r;
}

void signal_deliver(struct trapframe *tf)
{
	struct proc *p = proc_current();
	struct sigaction action;
	struct siginfo info;
	int sig;

	do {
		while ((sig = next_signal(p, &action, &info)) != 0) {
			if (action.handler == SIG_DFL) {
				proc_exit(status_killed(sig));
			}
			finish_call(tf, (action.flags & SA_RESTART) != 0);
			if (enter_handler(p, tf, sig, &action, &info) < 0) {
				proc_exit(status_killed(SIGSEGV));
			}
		}
	} while (end_suspension(&p->signals));
	finish_call(tf, true);
}
