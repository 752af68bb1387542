/*
 * The process table: who there is, and whose child.
 *
 * Invariant: a process is on the list of all and on its parent's list of children from proc_create() to
 * proc_free(), and its number belongs to nobody else meanwhile, as process, group or session.
 *
 * Floor 7.  Read next: task.c
 */
#include "kernel/proc/proc.h"
#include "fs/procfs.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"
#include "mm/phys/kmalloc.h"

#define PID_MAX 32767           /* Linux's default: programs print pids in five columns */

struct spinlock proc_family = SPINLOCK_INIT;

static struct list all = LIST_INIT(all);        /* [family] */
static unsigned nprocs;                         /* [family] */
static int last_pid;                            /* [family] */

static void enter_user(void *arg)
{
	/* On our own stack: interrupts push their frames below it while it is loaded. */
	struct trapframe tf = ((struct proc *)arg)->start;

	trap_return(&tf);
}

void proc_init(void)
{
	signal_init();
	usertrap_init();
	procfs_set_ps(proc_print);
	procfs_set_tasks(proc_count);
	proc_add_check(proc_check_spaces);
}

struct proc *proc_find(int pid)
{
	list_for_each(l, &all) {
		struct proc *p = list_entry(l, struct proc, all);

		if (p->pid == pid) {
			return p;
		}
	}
	return NULL;
}

/* The process with the lowest number that is at least @pid, or NULL.  Locks: proc_family held. */
static struct proc *proc_find_from(int pid)
{
	struct proc *best = NULL;

	list_for_each(l, &all) {
		struct proc *p = list_entry(l, struct proc, all);

		if (p->pid >= pid && (!best || p->pid < best->pid)) {
			best = p;
		}
	}
	return best;
}

void proc_each(void (*fn)(struct proc *p, void *ctx), void *ctx)
{
	list_for_each_safe(l, &all) {
		fn(list_entry(l, struct proc, all), ctx);
	}
}

unsigned proc_count(void)
{
	return nprocs;
}

/* A group or session outlives the process that gave it its number. */
static bool pid_in_use(int pid)
{
	list_for_each(l, &all) {
		const struct proc *p = list_entry(l, struct proc, all);

		if (p->pid == pid || p->pgrp == pid || p->sid == pid) {
			return true;
		}
	}
	return false;
}

/* Give @p a number and its place in the family.  Locks: proc_family held. */
static int family_join(struct proc *p, struct proc *parent)
{
	if (nprocs == NR_PROCS) {
		return -EAGAIN;
	}
	do {
		last_pid = last_pid == PID_MAX ? 1 : last_pid + 1;
	} while (pid_in_use(last_pid));
	p->pid = last_pid;
	p->pgrp = parent ? parent->pgrp : p->pid;
	p->sid = parent ? parent->sid : p->pid;
	p->parent = parent;
	if (parent) {
		/* Here and not later: a control-C would find it with other actions than its parent's. */
		p->signals.blocked = parent->signals.blocked;
		memcpy(p->signals.action, parent->signals.action, sizeof(p->signals.action));
		list_push_back(&parent->children, &p->sibling);
	}
	list_push_back(&all, &p->all);
	nprocs++;
	return 0;
}

static void family_leave(struct proc *p)
{
	spin_lock(&proc_family);
	if (list_linked(&p->all)) {
		list_remove(&p->all);
		nprocs--;
	}
	if (list_linked(&p->sibling)) {
		list_remove(&p->sibling);
	}
	spin_unlock(&proc_family);
}

int proc_create(struct proc *parent, struct proc **out)
{
	struct proc *p = kzalloc(sizeof(*p), ALLOC_WAIT);
	int r;

	if (!p) {
		return -ENOMEM;
	}
	list_init(&p->children);
	waitq_init(&p->child_exited);
	p->task = task_create(p->name, enter_user, p);
	if (!p->task) {
		kfree(p);
		return -ENOMEM;
	}
	p->task->proc = p;
	spin_lock(&proc_family);
	r = family_join(p, parent);
	spin_unlock(&proc_family);
	if (r < 0) {
		proc_free(p);
		return r;
	}
	p->task->id = p->pid;
	*out = p;
	return 0;
}

void proc_start(struct proc *p)
{
	sched_add(p->task);
}

void proc_free(struct proc *p)
{
	family_leave(p);
	while (p->state == PROC_ZOMBIE && !sched_gone(p->task)) {
		sched_yield();
	}
	task_destroy(p->task);
	kfree(p);
}

/* ---- for /proc ---- */

/* The space, held, of the first process from number *@pid on; *@pid becomes its number, or -1 after the last. */
static struct space *hold_space_from(int *pid)
{
	struct space *s = NULL;
	const struct proc *p;

	spin_lock(&proc_family);
	p = proc_find_from(*pid);
	if (p && p->task->space) {
		s = p->task->space;
		space_hold(s);
	}
	*pid = p ? p->pid : -1;
	spin_unlock(&proc_family);
	return s;
}

unsigned proc_check_spaces(void (*report)(const char *line))
{
	unsigned bad = 0;

	/* One at a time, by number: looking at a space sleeps, and the list changes meanwhile. */
	for (int pid = 1; pid > 0; pid++) {
		struct space *s = hold_space_from(&pid);

		if (s) {
			bad += space_check(s, report);
			space_put(s);
		}
	}
	return bad;
}

/* Sleeping is the scheduler's word; read without its lock, a stale answer is as good. */
static char state_letter(const struct proc *p)
{
	if (p->state == PROC_ZOMBIE) {
		return 'Z';
	}
	return p->task->state == TASK_SLEEPING ? 'S' : 'R';
}

size_t proc_print(char *to, size_t size)
{
	size_t n = (size_t)fmt_print(to, size, "  PID  PPID  PGRP STATE    TICKS NAME\n");

	spin_lock(&proc_family);
	list_for_each(l, &all) {
		const struct proc *p = list_entry(l, struct proc, all);

		if (n >= size) {
			break;
		}
		n += (size_t)fmt_print(to + n, size - n, "%5d %5d %5d %c     %8llu %s\n", p->pid,
		                       p->parent ? p->parent->pid : 0, p->pgrp, state_letter(p),
		                       (unsigned long long)p->ticks, p->name);
	}
	spin_unlock(&proc_family);
	return MIN(n, size ? size - 1 : 0);
}
