/*
 * What a process wishes about its signals: actions, blocking, waiting for one.
 *
 * Floor 7.  Read next: sigframe.c
 */
#include "kernel/lib/errno.h"
#include "kernel/proc/proc.h"

int signal_action(int sig, const struct sigaction *new, struct sigaction *old)
{
	struct signals *s = &proc_current()->signals;

	if (sig < 1 || sig > NR_SIGNALS || (new && (SIGNALS_UNSTOPPABLE & signal_bit(sig)))) {
		return -EINVAL;
	}
	/* The kernel has no code of its own for a handler to return to. */
	if (new && new->handler > SIG_IGN && !(new->flags & SA_RESTORER)) {
		return -EINVAL;
	}
	spin_lock(&proc_family);
	if (old) {
		*old = s->action[sig - 1];
	}
	if (new) {
		s->action[sig - 1] = *new;
		if (signal_ignored(new, sig)) {
			s->pending &= ~signal_bit(sig);
		}
	}
	spin_unlock(&proc_family);
	return 0;
}

int signal_block(int how, const uint64_t *new, uint64_t *old)
{
	struct proc *p = proc_current();
	struct signals *s = &p->signals;
	int r = 0;

	spin_lock(&proc_family);
	if (old) {
		*old = s->blocked;
	}
	if (new && how == SIG_BLOCK) {
		s->blocked |= *new & ~SIGNALS_UNSTOPPABLE;
	} else if (new && how == SIG_UNBLOCK) {
		s->blocked &= ~*new;
	} else if (new && how == SIG_SETMASK) {
		s->blocked = *new & ~SIGNALS_UNSTOPPABLE;
	} else if (new) {
		r = -EINVAL;
	}
	if (signal_deliverable(s)) {
		sched_interrupt(p->task);
	}
	spin_unlock(&proc_family);
	return r;
}

uint64_t signal_pending(void)
{
	const struct signals *s = &proc_current()->signals;
	uint64_t set;

	spin_lock(&proc_family);
	set = s->pending & s->blocked;
	spin_unlock(&proc_family);
	return set;
}

int signal_pause(void)
{
	struct waitq nobody;
	int r;

	waitq_init(&nobody);
	spin_lock(&proc_family);
	r = wait_until_killable(&nobody, &proc_family, false);
	spin_unlock(&proc_family);
	return r;
}

int signal_suspend(uint64_t mask)
{
	struct signals *s = &proc_current()->signals;

	spin_lock(&proc_family);
	s->resumed = s->blocked;
	s->suspended = true;
	s->blocked = mask & ~SIGNALS_UNSTOPPABLE;
	if (signal_deliverable(s)) {
		sched_interrupt(task_current());
	}
	spin_unlock(&proc_family);
	return signal_pause();
}

void signal_exec(struct proc *p)
{
	spin_lock(&proc_family);
	for (unsigned i = 0; i < NR_SIGNALS; i++) {
		uva_t handler = p->signals.action[i].handler;

		p->signals.action[i] = (struct sigaction){ .handler = handler == SIG_IGN };
	}
	spin_unlock(&proc_family);
}
