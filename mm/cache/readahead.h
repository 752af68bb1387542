/*
 * Readahead: one window per open file (and per file VMA), doubled while the reader is sequential.
 *
 *      |<---------- size ---------->|
 *      start            mark        start + size
 *      +----------------+-----------+------------------------
 *      | being used  -> | async     |  next window: started when the reader reaches the mark
 *
 * ra_decide() is pure arithmetic: tests feed it a reader and look at the plans.
 *
 * Floor 4.
 */
#ifndef MM_CACHE_READAHEAD_H
#define MM_CACHE_READAHEAD_H

#include "mm/cache/mapping.h"

struct readahead {
	pgoff_t  start;         /* current window                                    */
	pgoff_t  prev;          /* last page asked for; ~0 = none yet                */
	uint32_t size;          /* pages of the window; 0 = no window                */
	uint32_t async;         /* the last `async` pages were ahead of need         */
};

#define RA_MIN   4u             /* first window: 16 KiB  */
#define RA_MAX   64u            /* largest: 256 KiB      */

struct ra_plan { pgoff_t start; uint32_t size, mark; };        /* mark: index of the page to mark; size 0 = nothing */

void ra_init(struct readahead *ra);

/* The next window when page @i is wanted (@want pages of it), missing (@marker false) or found marked. */
struct ra_plan ra_decide(struct readahead *ra, pgoff_t i, unsigned want, bool marker);

/* Page @i is not in the cache: start reading it and the window around it.  At least page @i is started, or
 * was by somebody else.  Sleeps for memory.  Returns 0 or -ENOMEM. */
must_check int ra_miss(struct mapping *m, struct readahead *ra, pgoff_t i, unsigned want);

/* A marked page was used: start the next window.  Hint only. */
void ra_mark_hit(struct mapping *m, struct readahead *ra, struct frame *f);

/*
 * Start reading whatever of [i, i + n) is not cached, without waiting for any of it; stops quietly at the end
 * of the file or when memory is nearly used up.  @flags are given to new pages (FR_AHEAD), @how as frame_alloc.
 * Returns: pages started.   [LT 2002-05-11] readahead(2) is this.
 */
unsigned ra_start(struct mapping *m, pgoff_t i, unsigned n, uint32_t flags, unsigned how);

#endif
