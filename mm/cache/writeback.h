/*
 * Writing dirty pages out: start, wait, throttle, and the background task.
 *
 * A page is cleaned (tag DIRTY to WRITEBACK, mappings write-protected) under its frame lock before its
 * request is submitted, so a write that comes later dirties it again and it is written again.
 *
 * The flusher takes neither inode.lock nor space.lock nor a file system's lock, only tries frame locks,
 * and allocates nothing.
 *
 * Floor 4.
 */
#ifndef MM_CACHE_WRITEBACK_H
#define MM_CACHE_WRITEBACK_H

#include "mm/cache/mapping.h"

/* Start writing the dirty pages among [first, last]; waits for frame locks, not for the device.  Returns pages
 * started.  Pages that failed before (FR_ERROR) are tried again. */
unsigned wb_start(struct mapping *m, pgoff_t first, pgoff_t last);

/* The same for the whole mapping without waiting for any frame, leaving failed pages alone: the flusher's. */
unsigned wb_start_background(struct mapping *m);

/* Sleep until pages of [first, last] that are under writeback now are not.  Each page is waited for once, so
 * writers cannot keep it from ending.  Does not consume the error: see wberr_check(). */
void wb_wait(struct mapping *m, pgoff_t first, pgoff_t last);

/* Wait while too many pages of the machine are dirty, helping to write; called by whoever made pages dirty,
 * without locks but inode.lock. */
void wb_balance(struct mapping *m);

/* The same for who cannot name the mapping, because only a lock that is released by now kept it: the flusher writes. */
void wb_throttle(void);

/* Called under mapping.lock when the mapping gets its first dirty page. */
void wb_mapping_dirtied(struct mapping *m);

/* The mapping is about to go (no dirty pages left): wait until the flusher is out of it, take it off its list. */
void wb_detach(struct mapping *m);

/* Write out everything dirty in the machine and wait: sync(2). */
void wb_sync_all(void);

/* Body of the background task. */
void wb_flusher(void *unused);
/* Ask the flusher to work now; any context. */
void wb_wake(void);

/* Some writes have ended: whoever waits for fewer dirty pages should look.  Any context. */
void wb_progress(void);
/* Sleep until some write that is under way ends; false at once if none is. */
bool wb_wait_progress(void);
/* Let the flusher work and sleep until a few writes have ended.  False if none was under way, which with a disk that
 * answers at once does not say that nothing was written. */
bool wb_wait_clean(void);

/* Pages that are dirty or being written, but for those that the disk refused; and how many may be, before writers
 * wait.  A writer can be a piece of its own work above that: 64 pages of a write, 4 MiB of an mwrite. */
uint32_t wb_unwritten(void);
uint32_t wb_limit(void);

/* Fix the limits from the amount of memory; once, at boot. */
void wb_init(void);

#endif
