/*
 * fork: the same process twice.
 *
 * Memory is shared copy-on-write by space_fork(), open files by reference, everything else is copied.
 * The child's registers are the parent's, with 0 in eax: it comes back from the same system call.
 *
 * Floor 7.  Read next: exec.c
 */
#include "kernel/fpu.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/proc/poke.h"
#include "kernel/proc/proc.h"
#include "kernel/x86/ucopy.h"

/* What the processor holds for the task besides the trap frame. */
static void copy_task(struct task *to, struct task *from)
{
	fpu_sync(from);
	to->fpu_used = from->fpu_used;
	memcpy(to->fpu, from->fpu, sizeof(to->fpu));
	to->tls = from->tls;
}

static void copy_resources(struct proc *to, const struct proc *from)
{
	fd_copy(&to->fds, &from->fds);
	to->cwd = from->cwd;
	inode_hold(to->cwd);
	to->exe = from->exe;
	inode_hold(to->exe);
	/* The parent runs the same file, so nobody has it open for writing. */
	if (inode_deny_write(to->exe) < 0) {
		BUG("a running program is open for writing");
	}
	to->umask = from->umask;
	to->uid = from->uid;
	to->gid = from->gid;
	memcpy(to->name, from->name, sizeof(to->name));
}

/* clone(2)'s wishes: where to write the number, which stack to use. */
static int apply_request(struct proc *child, const struct fork_request *how)
{
	int32_t pid = child->pid;
	int r = 0;

	if (how->stack) {
		child->start.esp = how->stack;
	}
	if (how->child_tid) {
		r = poke(child->task->space, how->child_tid, &pid, sizeof(pid));
	}
	if (r == 0 && how->parent_tid) {
		r = copy_to_user(how->parent_tid, &pid, sizeof(pid));
	}
	return r;
}

int proc_fork(const struct trapframe *tf, const struct fork_request *how)
{
	struct proc *parent = proc_current(), *child;
	int r = proc_create(parent, &child);

	if (r < 0) {
		return r;
	}
	child->task->space = space_fork(parent->task->space);
	if (!child->task->space) {
		proc_free(child);
		return -ENOMEM;
	}
	child->task->cr3 = child->task->space->pt.cr3;
	child->start = *tf;
	child->start.eax = 0;
	r = apply_request(child, how);
	if (r < 0) {
		space_put(child->task->space);
		proc_free(child);
		return r;
	}
	copy_task(child->task, parent->task);
	copy_resources(child, parent);
	r = child->pid;         /* once it runs it may be gone before we look */
	proc_start(child);
	return r;
}
