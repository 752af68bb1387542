/*
 * Processes: birth, programs, death, numbers.
 *
 * Floor 8.  Read next: signal.c
 */
#include "kernel/proc/exec.h"
#include "kernel/sys/syscall.h"
#include "kernel/sys/times.h"
#include "kernel/x86/ucopy.h"

/* ---- birth ---- */

long sys_fork(const struct sysargs *a)
{
	const struct fork_request plain = { .stack = 0 };

	return proc_fork(a->tf, &plain);
}

enum {                                  /* clone(2) [Linux sched.h] */
	CLONE_SIGNAL = 0xFF, CLONE_VM = 0x100, CLONE_VFORK = 0x4000, CLONE_PARENT_SETTID = 0x100000,
	CLONE_CHILD_CLEARTID = 0x200000, CLONE_CHILD_SETTID = 0x1000000,
};

/*
 * clone(2) as libcs use it for fork and posix_spawn; there are no threads.  A child that is to borrow its
 * parent's memory until exec (VM and VFORK together) gets a copy: it cannot tell, the parent can.
 * CHILD_CLEARTID is for whoever waits in memory shared with the child, which nobody does.
 */
long sys_clone(const struct sysargs *a)
{
	uint32_t flags = arg(a, 0);
	const uint32_t borrow = CLONE_VM | CLONE_VFORK;
	const uint32_t known = CLONE_SIGNAL | borrow | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |
	                       CLONE_CHILD_SETTID;
	const struct fork_request how = {
		.stack = arg(a, 1),
		.parent_tid = flags & CLONE_PARENT_SETTID ? arg(a, 2) : 0,
		.child_tid = flags & CLONE_CHILD_SETTID ? arg(a, 4) : 0,
	};

	if ((flags & ~known) || (flags & CLONE_SIGNAL) != SIGCHLD || (flags & borrow) == CLONE_VM) {
		return -EINVAL;
	}
	return proc_fork(a->tf, &how);
}

/* ---- programs ---- */

long sys_execve(const struct sysargs *a)
{
	struct exec_request r = { .argv = arg(a, 1), .envp = arg(a, 2) };
	struct user_path path;
	long error = path_fetch(AT_FDCWD, arg(a, 0), &path);

	if (error < 0) {
		return error;
	}
	r.path = path.text;
	error = proc_exec(&r, a->tf);
	path_drop(&path);
	return error;
}

/* ---- death ---- */

long sys_exit(const struct sysargs *a)
{
	proc_exit(status_exited((int)arg(a, 0)));
}

#define WAIT_OPTIONS ((uint32_t)(WNOHANG | WUNTRACED | WCONTINUED))

static long wait_for(int pid, uva_t status, uint32_t options, uva_t usage)
{
	struct wait_result result;
	struct rusage spent;
	long r;

	if (options & ~WAIT_OPTIONS) {
		return -EINVAL;
	}
	r = pid == INT32_MIN ? -ESRCH : proc_wait(pid, (int)options, &result);
	if (r <= 0) {
		return r;
	}
	spent = rusage_of(result.ticks);
	if ((status && copy_to_user(status, &result.status, sizeof(result.status)) < 0) ||
	    (usage && copy_to_user(usage, &spent, sizeof(spent)) < 0)) {
		return -EFAULT;
	}
	return r;
}

long sys_waitpid(const struct sysargs *a)
{
	return restartable(a, wait_for((int)arg(a, 0), arg(a, 1), arg(a, 2), 0));
}

long sys_wait4(const struct sysargs *a)
{
	return restartable(a, wait_for((int)arg(a, 0), arg(a, 1), arg(a, 2), arg(a, 3)));
}

/* ---- numbers ---- */

long sys_getpid(const struct sysargs *a)
{
	(void)a;
	return proc_current()->pid;
}

long sys_getppid(const struct sysargs *a)
{
	const struct proc *p = proc_current();
	long pid;

	(void)a;
	spin_lock(&proc_family);
	pid = p->parent ? p->parent->pid : 0;
	spin_unlock(&proc_family);
	return pid;
}

long sys_getuid(const struct sysargs *a)
{
	(void)a;
	return (long)proc_current()->uid;
}

long sys_getgid(const struct sysargs *a)
{
	(void)a;
	return (long)proc_current()->gid;
}

/* ---- groups and sessions ---- */

/* Locks: proc_family held.  @pid 0: the caller. */
static struct proc *process(int pid)
{
	return pid == 0 ? proc_current() : proc_find(pid);
}

static bool group_in_session(int pgrp, int sid);

/* Ourselves or a child, into a group of its own or one of our session [POSIX setpgid]. */
static long join_group(struct proc *p, int pgrp)
{
	const struct proc *self = proc_current();

	if (!p || (p != self && p->parent != self)) {
		return -ESRCH;
	}
	pgrp = pgrp ? pgrp : p->pid;
	if (p->sid != self->sid || p->sid == p->pid ||
	    (pgrp != p->pid && !group_in_session(pgrp, self->sid))) {
		return -EPERM;
	}
	p->pgrp = pgrp;
	return 0;
}

struct group_search { int pgrp, sid; bool found; };

static void look_for_group(struct proc *p, void *ctx)
{
	struct group_search *s = ctx;

	s->found = s->found || (p->pgrp == s->pgrp && p->sid == s->sid);
}

/* Locks: proc_family held. */
static bool group_in_session(int pgrp, int sid)
{
	struct group_search s = { .pgrp = pgrp, .sid = sid };

	proc_each(look_for_group, &s);
	return s.found;
}

long sys_setpgid(const struct sysargs *a)
{
	long r;

	if ((int)arg(a, 1) < 0) {
		return -EINVAL;
	}
	spin_lock(&proc_family);
	r = join_group(process((int)arg(a, 0)), (int)arg(a, 1));
	spin_unlock(&proc_family);
	return r;
}

long sys_getpgid(const struct sysargs *a)
{
	const struct proc *p;
	long r;

	spin_lock(&proc_family);
	p = process((int)arg(a, 0));
	r = p ? p->pgrp : -ESRCH;
	spin_unlock(&proc_family);
	return r;
}

long sys_getpgrp(const struct sysargs *a)
{
	(void)a;
	return proc_current()->pgrp;
}

long sys_getsid(const struct sysargs *a)
{
	const struct proc *p;
	long r;

	spin_lock(&proc_family);
	p = process((int)arg(a, 0));
	r = p ? p->sid : -ESRCH;
	spin_unlock(&proc_family);
	return r;
}

long sys_setsid(const struct sysargs *a)
{
	struct proc *p = proc_current();
	long r = -EPERM;

	(void)a;
	spin_lock(&proc_family);
	if (!group_in_session(p->pid, p->sid)) {
		p->sid = p->pgrp = p->pid;
		r = p->pid;
	}
	spin_unlock(&proc_family);
	return r;
}
