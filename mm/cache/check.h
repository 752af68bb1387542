/*
 * The cache's invariants (frame names, tags, sums), checked by one function.
 *
 * Floor 4.
 */
#ifndef MM_CACHE_CHECK_H
#define MM_CACHE_CHECK_H

/* Look at every named frame; @report gets a line for each violation.  Returns how many. */
unsigned pcache_check(void (*report)(const char *line));

#endif
