/*
 * Content before what leads to it.
 *
 * A file that grows gets blocks which hold what their last owner left there.  If the power goes when the disk knows
 * whose they are now, and not what is in them, the file shows somebody else's bytes.  So metadata is written in three
 * steps, and while they last nobody links new blocks:
 *
 *      order_begin                                     order_write
 *      order_new       pages i.. get new blocks         1 the pages that got new blocks
 *        a block number changes in the metadata         2 a barrier: the device's write cache
 *        the pages become dirty                         3 the metadata
 *      order_end
 *
 * The other way round is not covered: a file is cut short, another gets its blocks and writes them, and the power goes
 * before the disk knows that the first has them no more.
 *
 * Floor 4.  Read next: order.c
 */
#ifndef MM_CACHE_ORDER_H
#define MM_CACHE_ORDER_H

#include "mm/cache/mapping.h"

/*
 * Numbers of new blocks may be written into metadata from here on / the pages that have them are dirty, or the numbers
 * are out again.  Not nested.
 * Locks: as the first and last of a lock that many may hold; before the frame lock of a file's page, never with one held.
 * Sleeps, in the first.
 */
void order_begin(void);
void order_end(void);

/* Pages [i, i + n) of @m, or some of them, are about to have new blocks; between the two above.  Any n. */
void order_new(struct mapping *m, pgoff_t i, unsigned n);

/* ORDER_TRY is the flusher's: waits for the device, never for anybody's lock. */
enum order_how { ORDER_WAIT, ORDER_TRY };

/*
 * Write the dirty pages of @m, which are metadata (mapping_ops.barrier), in the order above, and wait for them.
 * The errors of single pages are in the mapping that they belong to.
 * Sleeps.
 * Returns: 0; what the barrier said; -EAGAIN with ORDER_TRY: somebody is linking blocks, or has a page locked.
 */
must_check int order_write(struct mapping *m, enum order_how how);

/* Nothing is due, and the gate is open: by wb_init(), once, at boot. */
void order_init(void);

/* The mapping is about to go: wait until nobody is in it, and forget what was said of it.  Sleeps. */
void order_detach(struct mapping *m);

#endif
