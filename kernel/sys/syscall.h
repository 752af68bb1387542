/*
 * System calls: one thin function each, which fetches arguments, checks them and calls one verb below.
 *
 *	int 0x80    eax = number, ebx ecx edx esi edi ebp = arguments; result in eax     [SysV i386, Linux]
 *
 * A handler returns the result, or -errno.  Whatever number nobody has is ENOSYS, and counted.
 *
 * Floor 8.  Read next: syscalls.tbl, syscall.c, then any of the others
 */
#ifndef KERNEL_SYS_SYSCALL_H
#define KERNEL_SYS_SYSCALL_H

#include "build/gen/syscall_protos.h"
#include "kernel/lib/errno.h"
#include "kernel/proc/proc.h"

/* The registers the caller had; a few calls change where it goes on. */
struct sysargs { struct trapframe *tf; };

struct syscall_entry {
	long      (*handler)(const struct sysargs *a);
	uint8_t     nargs;
	uint8_t     strings;    /* bit k: argument k is the address of a string */
	const char *name;
};

/* The handler of every number that is not in the table. */
long sys_unknown(const struct sysargs *a);

/* Open the door for int 0x80. */
void syscall_init(void);

/* Argument @k, 0..5: a constant, so this is one instruction. */
static inline uint32_t arg(const struct sysargs *a, unsigned k)
{
	const struct trapframe *tf = a->tf;

	return k == 0 ? tf->ebx : k == 1 ? tf->ecx : k == 2 ? tf->edx :
	       k == 3 ? tf->esi : k == 4 ? tf->edi : tf->ebp;
}

/* The 64-bit number that begins with argument @k, low half first. */
static inline loff_t arg_loff(const struct sysargs *a, unsigned k)
{
	return (loff_t)((uint64_t)arg(a, k + 1) << 32 | arg(a, k));
}

/* The open file whose descriptor is argument @k; NULL: EBADF. */
static inline struct file *arg_file(const struct sysargs *a, unsigned k)
{
	return fd_file(&proc_current()->fds, (int)arg(a, k));
}

/* A call that a signal stopped before it did anything may be tried again, by its number, which eax still holds. */
static inline long restartable(const struct sysargs *a, long result)
{
	if (result < 0 && (result == -EINTR || result == -ERESTART)) {
		proc_current()->restart_call = a->tf->eax;
		return -ERESTART;
	}
	return result;
}

/* ---- path.c: paths from user memory ---- */

#define AT_FDCWD (-100)         /* in place of a directory's descriptor: the working directory */

/* A path of the user's, and the directory it starts from.  Nearly every path is short: opening a file must not
 * need a frame when memory is. */
struct user_path {
	char         *text;             /* small[], or a page of its own  */
	struct inode *base;             /* borrowed: the process holds it */
	char          small[128];
};

/* Fetch the path at @at, relative to the directory open as @dirfd.  Sleeps.
 * Returns: 0, then path_drop() it; -EFAULT, -ENAMETOOLONG, -ENOMEM, -EBADF, -ENOTDIR. */
must_check int path_fetch(int dirfd, uva_t at, struct user_path *out);
void path_drop(struct user_path *p);

/* What the path leads to, with a reference.  @flags: AT_SYMLINK_NOFOLLOW or 0.  Returns: 0, or as path_fetch() and namei(). */
enum { AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200, AT_SYMLINK_FOLLOW = 0x400, AT_EMPTY_PATH = 0x1000 };
must_check int path_inode(int dirfd, uva_t at, uint32_t flags, struct inode **out);

#endif
