/*
 * Page transfers: one request for a run of cached pages whose blocks are contiguous on the device.  Joins the
 * cache (floor 4) to the block layer (floor 4), which do not know each other.
 *
 * Requests come from a fixed pool made at start: cleaning pages must not need memory.  Nobody holds an
 * unsubmitted request while it waits for another.
 *
 * Floor 6.
 */
#ifndef FS_PAGEIO_H
#define FS_PAGEIO_H

#include "drivers/block.h"
#include "mm/cache/mapping.h"

/* Make the pool.  0 or -ENOMEM. */
must_check int pageio_init(void);

/*
 * Read or write pages [i, i + n) of @m, frames f[0..n), at @sector of @dev onward, contiguously; split into
 * requests as the pool's segment arrays demand.  Ends in pcache_read_done / pcache_write_done by the request.
 * Sleeps for a free request only.
 */
void pageio_read (struct blkdev *dev, sector_t sector, struct mapping *m, pgoff_t i, struct frame **f, unsigned n);
void pageio_write(struct blkdev *dev, sector_t sector, struct mapping *m, pgoff_t i, struct frame **f, unsigned n);

#endif
