/*
 * Reclaim: a clock hand over the frame array, which drops clean cached pages when memory runs short.
 * Three classes: first-out (came by mwrite from MAP_UNCACHED), used once, used again.
 *
 * Takes clean frames only, tries locks and never waits for one, calls no mapping_ops.
 * Floor 4.
 */
#ifndef MM_CACHE_RECLAIM_H
#define MM_CACHE_RECLAIM_H

/* Free up to @want frames; returns how many.  Sleeps (for writes to complete) when only dirty ones are left. */
unsigned reclaim(unsigned want);

/* Free clean pages of the class that goes first now, without waiting for anything: for readahead, whose wish for memory
 * is only a wish.  Returns how many. */
unsigned reclaim_idle(unsigned want);

/* Open the door frame_set_reclaim(). */
void reclaim_init(void);

#endif
