/*
 * The end of a process, and who hears of it.
 *
 *	exit: give back files, memory    wait: the parent takes number, status,
 *	      children to process 1            stack and descriptor
 *	      ZOMBIE, tell the parent
 *
 * A parent that ignores SIGCHLD does not want to wait [POSIX exit]: its children go to process 1, too.
 *
 * Floor 7.  Read next: signal.c
 */
#include "kernel/lib/errno.h"
#include "kernel/printk.h"
#include "kernel/proc/proc.h"

static bool power_off;                  /* [family] somebody wants process 1 to end */

/*
 * Until nobody is left.  Whoever loses his parent becomes our child; a child that was just being born when
 * its parent was killed is found in the next round.
 */
static void end_everybody(void)
{
	struct wait_result r;

	do {
		(void)signal_kill(-1, SIGKILL, SI_KERNEL);
	} while (proc_wait(-1, 0, &r) > 0);
}

/* From here on no signal gets in the way of process 1. */
static void block_signals(struct proc *p)
{
	spin_lock(&proc_family);
	p->signals.blocked = UINT64_MAX;
	p->task->interrupted = false;
	spin_unlock(&proc_family);
}

/* Process 1 is the machine: its end is the end. */
static _Noreturn void end_machine(int status)
{
	int sig = status & 0x7F;

	block_signals(proc_current());
	end_everybody();
	(void)fs_unmount_all();
	machine_poweroff(power_off ? 0 : sig ? 128 + sig : status >> 8 & 0xFF);
}

/*
 * The machine is switched off the way it ends by itself, so that nobody has a file open when the disk is
 * said to be in order: process 1 is killed, which no signal could do, and takes everybody along, us too.
 */
int proc_power_off(void)
{
	static struct waitq never = WAITQ_INIT(never);
	struct proc *init;

	if (proc_current()->pid == INIT_PID) {
		proc_exit(0);
	}
	spin_lock(&proc_family);
	if (!power_off) {               /* once: by now it may be waiting for us */
		init = proc_find(INIT_PID);
		init->signals.pending |= signal_bit(SIGKILL);
		sched_interrupt(init->task);
	}
	power_off = true;
	while (wait_sleep_killable(&never, &proc_family) == 0) {
	}
	spin_unlock(&proc_family);
	return -ERESTART;
}

static void release_resources(struct proc *p)
{
	struct space *s = p->task->space;

	fd_close_all(&p->fds);
	inode_put(p->cwd);
	task_use_space(NULL);
	space_put(s);
	/* After the memory: what is mapped is the file's text. */
	inode_allow_write(p->exe);
	inode_put(p->exe);
}

/* Locks: proc_family held. */
static void tell_parent(struct proc *p)
{
	int sig = p->exit_status & 0x7F;
	const struct siginfo news = {
		.code = sig ? CLD_KILLED : CLD_EXITED, .value = (uint32_t)p->pid,
		.status = sig ? sig : p->exit_status >> 8,
	};

	signal_send(p->parent, SIGCHLD, news);
	wait_wake(&p->parent->child_exited);
}

/* Locks: proc_family held. */
static void adopt(struct proc *child, struct proc *parent)
{
	list_remove(&child->sibling);
	list_push_back(&parent->children, &child->sibling);
	child->parent = parent;
	if (child->state == PROC_ZOMBIE) {
		tell_parent(child);
	}
}

/* Locks: proc_family held. */
static bool wants_no_zombies(const struct proc *parent)
{
	const struct sigaction *action = &parent->signals.action[SIGCHLD - 1];

	return action->handler == SIG_IGN || (action->flags & SA_NOCLDWAIT);
}

static void become_zombie(struct proc *p, int status)
{
	struct proc *init, *parent;

	spin_lock(&proc_family);
	init = proc_find(INIT_PID);
	parent = p->parent;
	list_for_each_safe(l, &p->children) {
		adopt(list_entry(l, struct proc, sibling), init);
	}
	p->state = PROC_ZOMBIE;
	p->exit_status = status;
	if (parent != init && wants_no_zombies(parent)) {
		adopt(p, init);
		wait_wake(&parent->child_exited);       /* it may have waited for the last one */
	} else {
		tell_parent(p);
	}
	spin_unlock(&proc_family);
}

void proc_exit(int status)
{
	struct proc *p = proc_current();

	if (p->pid == INIT_PID) {
		end_machine(status);
	}
	release_resources(p);
	become_zombie(p, status);
	sched_exit();
}

/* ---- wait ---- */

static bool wanted(const struct proc *child, int pid)
{
	return pid > 0 ? child->pid == pid :
	       pid == -1 ? true :
	       child->pgrp == (pid == 0 ? child->parent->pgrp : -pid);
}

/*
 * A child of @p that @pid means, one that has exited if possible.  Locks: proc_family held.
 */
static struct proc *find_child(struct proc *p, int pid)
{
	struct proc *alive = NULL;

	list_for_each(l, &p->children) {
		struct proc *child = list_entry(l, struct proc, sibling);

		if (!wanted(child, pid)) {
			continue;
		}
		if (child->state == PROC_ZOMBIE) {
			return child;
		}
		alive = child;
	}
	return alive;
}

static bool still_alive(const struct proc *child)
{
	return child && child->state == PROC_ALIVE;
}

/* Take what the parent wants to know, and bury the child.  Only we may: it is ours, and has no other thread. */
static int bury(struct proc *p, struct proc *child, struct wait_result *out)
{
	int pid = child->pid;

	*out = (struct wait_result){
		.status = child->exit_status, .ticks = child->ticks + child->child_ticks,
	};
	p->child_ticks += out->ticks;
	proc_free(child);
	return pid;
}

int proc_wait(int pid, int options, struct wait_result *out)
{
	struct proc *p = proc_current(), *child;
	int r = 0;

	spin_lock(&proc_family);
	child = find_child(p, pid);
	if (!(options & WNOHANG)) {
		r = wait_until_killable(&p->child_exited, &proc_family,
		                        !still_alive(child = find_child(p, pid)));
	}
	spin_unlock(&proc_family);
	if (r < 0) {
		return -ERESTART;
	}
	if (!child) {
		return -ECHILD;
	}
	return still_alive(child) ? 0 : bury(p, child, out);
}
