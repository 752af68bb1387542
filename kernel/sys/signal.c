/*
 * Signals.
 *
 * Floor 8.  Read next: time.c
 */
#include "kernel/sys/syscall.h"
#include "kernel/x86/ucopy.h"

long sys_kill(const struct sysargs *a)
{
	return signal_kill((int)arg(a, 0), (int)arg(a, 1), SI_USER);
}

/* A thread is a process here. */
static long kill_thread(int tgid, int tid, int sig)
{
	if (tid <= 0 || tgid != tid) {
		return tid <= 0 || tgid <= 0 ? -EINVAL : -ESRCH;
	}
	return signal_kill(tid, sig, SI_TKILL);
}

long sys_tkill(const struct sysargs *a)
{
	return kill_thread((int)arg(a, 0), (int)arg(a, 0), (int)arg(a, 1));
}

long sys_tgkill(const struct sysargs *a)
{
	return kill_thread((int)arg(a, 0), (int)arg(a, 1), (int)arg(a, 2));
}

long sys_pause(const struct sysargs *a)
{
	(void)a;
	return signal_pause();
}

long sys_rt_sigsuspend(const struct sysargs *a)
{
	uint64_t mask;

	if (arg(a, 1) != sizeof(mask)) {
		return -EINVAL;
	}
	return copy_from_user(&mask, arg(a, 0), sizeof(mask)) < 0 ? -EFAULT : signal_suspend(mask);
}

/* ---- actions and sets; the caller says how long it believes a set to be ---- */

long sys_rt_sigaction(const struct sysargs *a)
{
	struct sigaction new, old;
	long r = 0;

	if (arg(a, 3) != sizeof(uint64_t)) {
		return -EINVAL;
	}
	if (arg(a, 1)) {
		r = copy_from_user(&new, arg(a, 1), sizeof(new));
	}
	if (r == 0) {
		r = signal_action((int)arg(a, 0), arg(a, 1) ? &new : NULL, &old);
	}
	if (r == 0 && arg(a, 2)) {
		r = copy_to_user(arg(a, 2), &old, sizeof(old));
	}
	return r;
}

long sys_rt_sigprocmask(const struct sysargs *a)
{
	uint64_t new, old;
	long r = 0;

	if (arg(a, 3) != sizeof(uint64_t)) {
		return -EINVAL;
	}
	if (arg(a, 1)) {
		r = copy_from_user(&new, arg(a, 1), sizeof(new));
	}
	if (r == 0) {
		r = signal_block((int)arg(a, 0), arg(a, 1) ? &new : NULL, &old);
	}
	if (r == 0 && arg(a, 2)) {
		r = copy_to_user(arg(a, 2), &old, sizeof(old));
	}
	return r;
}

long sys_rt_sigpending(const struct sysargs *a)
{
	uint64_t set = signal_pending();

	return arg(a, 1) == sizeof(set) ? copy_to_user(arg(a, 0), &set, sizeof(set)) : -EINVAL;
}

/* ---- the way back from a handler ---- */

/* The result is the interrupted state's own eax.  A frame that cannot be read leaves nowhere to go back to. */
static long go_back(struct trapframe *tf, enum sigframe_kind kind)
{
	uint64_t mask;

	if (sigframe_pop(tf, kind, &mask) < 0 || signal_block(SIG_SETMASK, &mask, NULL) < 0) {
		proc_exit(status_killed(SIGSEGV));
	}
	return (long)tf->eax;
}

long sys_sigreturn(const struct sysargs *a)
{
	return go_back(a->tf, SIGFRAME_PLAIN);
}

long sys_rt_sigreturn(const struct sysargs *a)
{
	return go_back(a->tf, SIGFRAME_INFO);
}
