/*
 * Processes: identity, family, resources.
 *
 * A process has one task (threads may come).  Its life:
 *
 *	fork --> ALIVE --(exec)--> ALIVE --exit--> ZOMBIE --the parent waits--> gone
 *
 * Orphans are adopted by process 1.  A zombie holds its number, its exit status and its kernel stack,
 * nothing else.
 *
 * Locks: proc_family guards the family tree, all signal state and task.space, for every process at once.  It is
 * outside the wait queues and the run queue and inside everything else; interrupts take it (control-C).
 * What is marked [own] is touched by the process's own task only, or before it first runs.
 *
 * Floor 7.  Read next: proc.c, task.c, fork.c, exec.h, exit.c, signal.h, usertrap.c
 */
#ifndef KERNEL_PROC_PROC_H
#define KERNEL_PROC_PROC_H

#include "fs/file.h"
#include "kernel/proc/signal.h"
#include "kernel/task.h"
#include "kernel/wait.h"
#include "kernel/x86/trap.h"
#include "mm/space/space.h"

#define NR_PROCS  256u          /* EAGAIN beyond */
#define INIT_PID  1             /* the first process; the machine ends with it */
#define PROC_NAME 16u           /* with the terminator, as ps shows it */

enum proc_state { PROC_ALIVE, PROC_ZOMBIE };

struct proc {
	int              pid;
	int              pgrp, sid;             /* process group, session       [family] */
	enum proc_state  state;                 /*                              [family] */
	struct proc     *parent;                /* NULL: process 1              [family] */
	struct list      children, sibling;     /*                              [family] */
	struct list      all;                   /*                              [family] */
	struct waitq     child_exited;          /* parents sleep here                    */
	struct task     *task;
	struct fdtable   fds;                   /*                              [own]    */
	struct inode    *cwd;                   /*                              [own]    */
	struct inode    *exe;                   /* running: not to be written   [own]    */
	uint32_t         umask;                 /*                              [own]    */
	uint32_t         uid, gid;
	struct signals   signals;               /*                              [family] */
	uint32_t         restart_call;          /* number of an interrupted call [own]   */
	int              exit_status;           /* as wait4 reports it          [family] */
	uint64_t         ticks;                 /* found in user mode by that many ticks */
	uint64_t         child_ticks;           /* the same of children waited for [own] */
	struct trapframe start;                 /* registers of the first entry to user mode */
	char             name[PROC_NAME];       /*                              [own]    */
};

extern struct spinlock proc_family;

/* The process that runs; NULL in a kernel task. */
static inline struct proc *proc_current(void)
{
	return task_current()->proc;
}

/* ---- proc.c: the table ---- */

/* Open the doors: signals, exceptions, what /proc wants to know. */
void proc_init(void);

/*
 * A process with a number, a kernel stack and the family ties of a child of @parent (NULL: process 1).
 * It has no files, no memory and does not run: proc_start() or proc_free() comes next.
 * Sleeps.  Returns: 0, -EAGAIN (too many), -ENOMEM.
 */
must_check int proc_create(struct proc *parent, struct proc **out);

/* Let it run: its task enters user mode with the registers of p->start. */
void proc_start(struct proc *p);

/* Undo proc_create, or bury a zombie: out of the tables, stack and descriptor freed.  Sleeps. */
void proc_free(struct proc *p);

/* The living or dead process of that number, or NULL.  Locks: proc_family held. */
struct proc *proc_find(int pid);

/* Call @fn for every process.  Locks: proc_family held. */
void proc_each(void (*fn)(struct proc *p, void *ctx), void *ctx);

unsigned proc_count(void);

/* The table as text for ps: a heading, then a line for each process.  Returns the length, cut to @size. */
size_t proc_print(char *to, size_t size);

/* The invariants of every process's memory, for /proc/magpie/check: violations, each reported as a line.  Sleeps. */
unsigned proc_check_spaces(void (*report)(const char *line));

/* ---- task.c: kernel stacks, and tasks on them ---- */

/* A task that will call @entry(@arg) on a kernel stack of its own; sched_add() starts it.  Sleeps.
 * Returns: NULL when there is no memory or no stack left. */
struct task *task_create(const char *name, void (*entry)(void *arg), void *arg);

/* Free a task that has never run, or that is DEAD and off its stack. */
void task_destroy(struct task *t);

/* A task of the kernel itself, running.  @fn never returns.  NULL: no memory. */
struct task *task_start(const char *name, void (*fn)(void *arg), void *arg);

/* The running task uses @s from now on; NULL: the kernel's own page table.  Takes no reference. */
void task_use_space(struct space *s);

/* ---- fork.c ---- */

/* Options of clone(2) that mean something without threads [Linux clone(2)]. */
struct fork_request {
	uva_t    stack;                 /* the child's stack pointer; 0: the parent's      */
	uva_t    child_tid;             /* write the child's number there in its memory; 0 */
	uva_t    parent_tid;            /* and there in ours; 0: not wanted                */
};

/* A copy of the running process, which returns 0 to user mode.  @tf: our registers.  Sleeps.
 * Returns: the child's number; -EAGAIN, -ENOMEM. */
must_check int proc_fork(const struct trapframe *tf, const struct fork_request *how);

/* ---- exit.c ---- */

/* How a status says what happened [POSIX sys/wait.h; Linux's encoding]. */
static inline int status_exited(int code)
{
	return (code & 0xFF) << 8;
}

static inline int status_killed(int sig)
{
	return sig;
}

/* End the running process with @status; of process 1: the machine, after writing everything out. */
_Noreturn void proc_exit(int status);

/* Switch the machine off: kill everybody, write everything out, the status being 0.  Sleeps until killed.
 * Returns: -ERESTART, when some other signal comes first. */
int proc_power_off(void);

enum { WNOHANG = 1, WUNTRACED = 2, WCONTINUED = 8 };

struct wait_result {
	int      status;
	uint64_t ticks;                 /* used by the child and those it waited for */
};

/*
 * Bury a child that has exited: number @pid; any (-1); of our group (0) or of group -@pid.
 * Sleeps.  Returns: its number; 0 (WNOHANG, none yet); -ECHILD; -ERESTART.
 */
must_check int proc_wait(int pid, int options, struct wait_result *out);

/* ---- start.c ---- */

/* Make process 1 from the program of the command line's `init=`, /bin/init if there is none, with the console
 * as files 0, 1 and 2.  Returns: 0 or what stood in the way; the log says so, too. */
must_check int proc_start_init(void);

/* ---- usertrap.c ---- */

/* Open the doors for exceptions and for the way back to user mode. */
void usertrap_init(void);

#endif
