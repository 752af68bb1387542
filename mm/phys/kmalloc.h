/*
 * Small kernel memory, by size class; one page and above come from frames directly.
 *
 * Floor 3.
 */
#ifndef MM_PHYS_KMALLOC_H
#define MM_PHYS_KMALLOC_H

#include "kernel/lib/types.h"

/*
 * @size bytes (1 .. 4096), aligned to 16; content undefined (kzalloc: zero).  @how as frame_alloc().
 * Returns: NULL when there is no memory.  Sleeps with ALLOC_WAIT only.
 */
void *kmalloc(size_t size, unsigned how);
void *kzalloc(size_t size, unsigned how);
void  kfree(void *p);                   /* NULL is fine.  Any context. */

/* Bytes handed out at present, for /proc and leak tests. */
size_t kmalloc_in_use(void);
/* The frames that this memory is cut of. */
pfn_t  kmalloc_frames(void);

/* Fault injection: the @nth call from now returns NULL (0 = off). */
void   kmalloc_fail_nth(unsigned nth);

#endif
