/*
 * figures.h: what a copy cost, for `cp -v`, `mcp -v` and `dcp -v`;
 * and the arguments of the last two.
 *
 * Floor: user space.  The programs print the same lines, measured the same
 * way, so that they can be laid side by side.
 *
 * Invariant: nothing is subtracted or estimated.  The figures are the
 * process's own counters over the copy, and the processor's time stamp, which
 * counts instructions when the machine runs with --icount.
 *
 * Read next: user/lib/counters.h.
 */
#ifndef FIGURES_H
#define FIGURES_H

#include <stdint.h>
#include <sys/types.h>

/* Returns: the bytes of the file, or -1 after a message. */
typedef off_t copy_fn(const char *src, const char *dst);

int figures_options(int argc, char ***argv, const char *name, size_t *size,
		    const char *text);
void figures_warm_up(copy_fn *copy, size_t bytes);
void figures_begin(void);
void figures_end(void);
void figures_print(uint64_t bytes);

#endif
