/*
 * A new program for a process.
 *
 * Two steps: program_load() builds the whole image aside, and may fail at any point without a trace;
 * program_enter() then puts it in the place of the old one, and cannot fail.
 *
 * Floor 7.  Read next: exec.c
 */
#ifndef KERNEL_PROC_EXEC_H
#define KERNEL_PROC_EXEC_H

#include "kernel/proc/proc.h"

/* Where argv and envp come from: the running process's memory, or, for process 1, the kernel. */
struct exec_request {
	const char *path;
	uva_t       argv, envp;         /* addresses of arrays of the running process; 0: empty */
};

struct program {
	struct space *space;            /* one reference */
	struct inode *file;             /* one reference; not to be written while it runs */
	uva_t         entry, sp;
	char          name[PROC_NAME];
};

/* Sleeps.  Returns: 0, *@out holding references for program_enter(); -ENOENT and namei()'s others, -EACCES,
 * -ENOEXEC, -ETXTBSY, -E2BIG, -EFAULT, -EIO, -ENOMEM. */
must_check int program_load(struct inode *cwd, const struct exec_request *r, struct program *out);

/* Make @prog what @p runs: name, file, registers in @tf.  Owns: @prog's references become @p's; its former
 * file is let go.  The space is the caller's to put in place. */
void program_enter(struct proc *p, const struct program *prog, struct trapframe *tf);

/* execve(2).  Sleeps.  Returns: 0 with @tf about to enter the new program, or as program_load(). */
must_check int proc_exec(const struct exec_request *r, struct trapframe *tf);

#endif
