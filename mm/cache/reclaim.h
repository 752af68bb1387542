/*
 * Reclaim: a clock hand over the frame array, which drops clean cached pages when memory runs short.
 * Three classes: first-out (came by mwrite from MAP_UNCACHED), used once, used again.  While first-out pages are
 * dirty or being written, whoever needs memory waits for them: what was used once stays.
 *
 * Takes clean frames only, tries locks and never waits for one, calls no mapping_ops.
 * Floor 4.
 */
#ifndef MM_CACHE_RECLAIM_H
#define MM_CACHE_RECLAIM_H

#include "kernel/lib/types.h"

/* Free up to @want frames; returns how many.  Sleeps (for writes to complete) when only dirty ones are left. */
unsigned reclaim(unsigned want);

/* Free clean first-out pages or, if there are none and the wish is worth that, pages @used_once; without waiting for
 * anything: for readahead, whose wish for memory is only a wish.  Returns how many. */
unsigned reclaim_idle(unsigned want, bool used_once);

/* Pages that passed through a program (first-out) may fill memory up to the limit for dirty pages, whatever is free:
 * drop what is over it and clean.  For whoever has just moved some.  Waits for nothing. */
void reclaim_surplus(void);

/* Open the door frame_set_reclaim(). */
void reclaim_init(void);

#endif
