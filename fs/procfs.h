/*
 * /proc: what the kernel knows about itself, as text.
 *
 *      /proc/cmdline              the kernel command line
 *      /proc/magpie/counters      counters of the machine           name value
 *      /proc/magpie/self          those of the calling task         name value
 *      /proc/magpie/mem           what memory and disk are used for name value
 *      /proc/magpie/cache         files with pages in memory: inode, pages, dirty ones; the largest first if not all fit
 *      /proc/magpie/frames        a letter for each frame (mm/phys/frame.h)
 *      /proc/magpie/check         "ok", or a line for each invariant that does not hold
 *      /proc/magpie/ps            processes, for people
 *      /proc/magpie/log           the kernel's log
 *      /proc/magpie/trace         what happened, a line for each event (kernel/trace.h)
 *      /proc/magpie/trace_on      write names of events, "all" or "none"; which are on
 *      /proc/magpie/fail          write "alloc N", "read N" or "write N": the N-th from now fails (fs/failfile.h)
 *
 * Floor 6.
 */
#ifndef FS_PROCFS_H
#define FS_PROCFS_H

#include "kernel/lib/check.h"
#include "kernel/lib/types.h"

/* Mount it on /proc.  0 or -errno. */
must_check int procfs_mount(void);

/* Door: @check looks at the invariants of its floor, reports each violation as one line (without
 * \n) and returns how many there were.  Up to 8 of them. */
void proc_add_check(unsigned (*check)(void (*report)(const char *line)));

/* Door, filled by kernel/proc: the table of processes as text, at most @size bytes; how long it is.
 * */
void procfs_set_ps(size_t (*print)(char *to, size_t size));
/* Door, filled by kernel/proc: how many processes there are. */
void procfs_set_tasks(unsigned (*count)(void));

#endif
