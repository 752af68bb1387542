/*
 * O_DIRECT's own: a batch of pages between a user's memory and the disk.  direct_batch.c moves one, direct.c has the two
 * calls; nobody else includes this.
 *
 * Floor 6.
 */
#ifndef FS_DIRECT_H
#define FS_DIRECT_H

#include "drivers/block.h"
#include "fs/inode.h"

enum {
	BATCH    = PAGE_SIZE / sizeof(struct ioseg),    /* pages: 2 MiB, and their segments fill a frame */
	FEW      = 16,                                  /* pages whose arrays need no frames of their own */
	REQUESTS = 8,                                   /* of a batch: as many as a device takes at once */
};

_Static_assert(BATCH * sizeof(struct frame *) <= PAGE_SIZE, "the pages of a batch fit a frame");

struct batch;

/* Pages of the batch from @at on, under way. */
struct request { struct ioreq r; struct batch *batch; unsigned at; };

struct batch {
	struct inode   *inode;
	enum ioreq_op   op;
	struct frame   *memory[2];      /* hold the two arrays, too much for a stack; NULL: of a FEW  */
	struct frame  **frame;          /* the user's pages, pinned                                   */
	struct ioseg   *seg;            /* those of the run that begins with frame[k]: from seg[k] on */
	pgoff_t         first;          /* frame[0] is page first of the file                         */
	pgoff_t         end;            /* pages that the file has                                    */
	unsigned        n;              /* pages pinned                                               */
	bool            named;          /* some are a file's themselves                               */
	unsigned        nrequests;
	struct request  request[REQUESTS];
	struct spinlock lock;
	struct waitq    wake;
	unsigned        ended;          /* requests that are done                             [lock]  */
	struct frame   *few_frames[FEW];
	struct ioseg    few_segs[FEW];
};

/* Make @b ready to read or write @n pages of @i, in as many moves as it takes.  0 or -ENOMEM; then there is nothing to
 * end. */
must_check int batch_begin(struct batch *b, struct inode *i, enum ioreq_op op, unsigned n);
void batch_end(struct batch *b);

/*
 * Move pages of the file from b->first on, @n at most, to or from @buf, page aligned.
 * Locks:   inode.lock held; takes space.lock.  Sleeps.
 * Returns: how many from the front; fewer with *error, or, with neither, where a write has met a hole of the file.
 */
unsigned batch_move(struct batch *b, uva_t buf, unsigned n, int *error);

/* See to it that no page of [i, i + n) is newer in the cache than on the disk.  0, or why one cannot be written.  Sleeps. */
must_check int direct_write_cached(struct mapping *m, pgoff_t i, unsigned n);

#endif
