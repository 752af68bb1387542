/*
 * Signals: the few things that static programs need of them, done right.
 *
 * A signal is a bit in `pending`.  Whoever sets it interrupts the target's killable sleep; the target
 * acts on it itself, on its way back to user mode: ends (default), or enters a handler.  So a process is
 * never ended or changed from outside, and holds no lock when it ends.
 *
 *	signal_send:  pending |= bit, wake       signal_deliver:  pending &= ~bit, end or handler
 *
 * Not queued: a signal that is pending already stays one [POSIX 2.4.1].  There is no job control: the stop
 * signals other than SIGSTOP can be caught, but by default are ignored, and SIGSTOP is refused by kill().
 *
 * Floor 7.  Read next: signal.c, sigaction.c, sigframe.c
 */
#ifndef KERNEL_PROC_SIGNAL_H
#define KERNEL_PROC_SIGNAL_H

#include "kernel/lib/check.h"
#include "kernel/lib/types.h"
#include "kernel/x86/trap.h"

#define NR_SIGNALS 64

enum {                                  /* Linux/i386 */
	SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGILL = 4, SIGTRAP = 5, SIGABRT = 6, SIGBUS = 7, SIGFPE = 8,
	SIGKILL = 9, SIGUSR1 = 10, SIGSEGV = 11, SIGUSR2 = 12, SIGPIPE = 13, SIGALRM = 14, SIGTERM = 15,
	SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19, SIGTSTP = 20, SIGTTIN = 21, SIGTTOU = 22, SIGURG = 23,
	SIGWINCH = 28,
};

enum { SIG_DFL = 0, SIG_IGN = 1 };      /* values of sigaction.handler that are no address */

enum {
	SA_NOCLDSTOP = 1, SA_NOCLDWAIT = 2, SA_SIGINFO = 4, SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000,
	SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000, SA_RESETHAND = (int)0x80000000,
};

enum { SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_SETMASK = 2 };

/* si_code: where a signal came from. */
enum { SI_USER = 0, SI_KERNEL = 0x80, SI_TKILL = -6, FAULT_MAPERR = 1, BUS_ADRERR = 2, CLD_EXITED = 1, CLD_KILLED = 2 };

/*
 * A system call that a signal interrupted before it had done anything returns this.  signal_deliver()
 * makes of it either a new try or EINTR; no program ever sees it.
 */
enum { ERESTART = 512 };

/* As rt_sigaction passes it [Linux/i386]; a set has bit n - 1 for signal n. */
struct sigaction {
	uva_t    handler;
	uint32_t flags;
	uva_t    restorer;              /* where the handler returns to: does sigreturn */
	uint64_t mask;                  /* blocked while the handler runs */
};
_Static_assert(sizeof(struct sigaction) == 20, "rt_sigaction's structure");

struct siginfo {
	int32_t  code;
	uint32_t value;                 /* the number of who sent it, or died; the address of a fault */
	int32_t  status;                /* SIGCHLD: the exit status, or the signal that killed        */
};

struct signals {
	uint64_t         pending, blocked;
	uint64_t         resumed;       /* blocked again after sigsuspend, if `suspended` */
	bool             suspended;
	struct sigaction action[NR_SIGNALS];
	struct siginfo   info[NR_SIGNALS];
};

struct proc;

static inline uint64_t signal_bit(int sig)
{
	return 1ull << (sig - 1);
}

/* Nobody blocks or catches these. */
#define SIGNALS_UNSTOPPABLE (1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1))

/* What the default action ignores: news, and the stop signals, for there is no job control. */
#define SIGNALS_NEWS                                                                             \
	(1ull << (SIGCHLD - 1) | 1ull << (SIGCONT - 1) | 1ull << (SIGURG - 1) | 1ull << (SIGWINCH - 1) | \
	 1ull << (SIGTSTP - 1) | 1ull << (SIGTTIN - 1) | 1ull << (SIGTTOU - 1))

static inline uint64_t signal_deliverable(const struct signals *s)
{
	return s->pending & ~s->blocked;
}

/* Does @action let @sig pass without effect? */
static inline bool signal_ignored(const struct sigaction *action, int sig)
{
	return action->handler == SIG_IGN ||
	       (action->handler == SIG_DFL && (SIGNALS_NEWS & signal_bit(sig)));
}

/* Open the door tty_set_signal(): control-C. */
void signal_init(void);

/* kill(2): @pid > 0 one process, 0 our group, -1 everybody but us and process 1, < -1 group -@pid.  @sig 0 only
 * asks whether there is somebody.  Returns: 0; -EINVAL, -ESRCH. */
int signal_kill(int pid, int sig, int code);

/* Make @sig pending for @p unless it ignores it.  Locks: proc_family held. */
void signal_send(struct proc *p, int sig, struct siginfo info);

/* The running process did something that cannot be continued: @sig is delivered even if blocked or ignored,
 * and then ends it.  Returns: whether it will end, because there is no handler. */
bool signal_force(int sig, struct siginfo info);

/* Act on what is pending for the running process, before it goes on with @tf.  May not return.  Sleeps. */
void signal_deliver(struct trapframe *tf);

/* ---- sigaction.c: the process's own wishes ---- */

/* Look at and change the action of @sig: @new and @old may be NULL.  Returns: 0, -EINVAL. */
must_check int signal_action(int sig, const struct sigaction *new, struct sigaction *old);

/* Look at and change the set of blocked signals: @new and @old may be NULL.  Returns: 0, -EINVAL. */
must_check int signal_block(int how, const uint64_t *new, uint64_t *old);

/* What is pending and blocked, of the running process. */
uint64_t signal_pending(void);

/* pause(2): sleep until a signal has come that is acted on.  Returns -EINTR. */
int signal_pause(void);

/* sigsuspend(2): the same with only @mask blocked.  signal_deliver() gives the old mask back.  Returns -EINTR. */
int signal_suspend(uint64_t mask);

/* exec: handlers do not exist in the new program; what is ignored stays so [POSIX exec]. */
void signal_exec(struct proc *p);

/* The name, "SIGSEGV", or "signal". */
const char *signal_name(int sig);

/* ---- sigframe.c: a handler's frame on the user stack ---- */

/* Make @tf enter @action's handler for @sig, to return to the present state with @mask blocked.
 * Sleeps.  Returns: 0; -EFAULT: the stack cannot be written. */
must_check int sigframe_push(struct trapframe *tf, int sig, const struct sigaction *action,
                             const struct siginfo *info, uint64_t mask);

/* sigreturn(2) and (@with_info) rt_sigreturn(2): back to the state that was interrupted.
 * Sleeps.  Returns: 0, with *@mask to be restored; -EFAULT. */
enum sigframe_kind { SIGFRAME_PLAIN, SIGFRAME_INFO };
must_check int sigframe_pop(struct trapframe *tf, enum sigframe_kind kind, uint64_t *mask);

#endif
