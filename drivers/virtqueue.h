/*
 * A split virtqueue: three arrays in memory through which a driver hands chains of buffers to a device, and
 * gets them back.  Nothing here knows what device that is, or how it is told that there is work.
 *
 *      descriptors              available ring (driver writes)      used ring (device writes)
 *      | addr len flags next |  | idx | head head head ...  |       | idx | {head, written} ...  |
 *          |            '--> the next buffer of the chain
 *          '--> memory, by physical address
 *
 * A chain is a head and whoever follows it; its owner gets it back as a whole.  Free descriptors are a chain
 * too.  With VIRTIO_F_INDIRECT_DESC a chain may lie in a table of its own, and takes one descriptor here.
 *
 * Invariant: a descriptor is in the free chain, or in exactly one chain whose head has an owner.
 * Locks: none here; the driver's own lock is held around every call.
 *
 * Floor 4.  [virtio 1.1 §2.6]   Read next: virtqueue.c
 */
#ifndef DRIVERS_VIRTQUEUE_H
#define DRIVERS_VIRTQUEUE_H

#include "kernel/lib/types.h"

#define VQ_MAX 256u                     /* descriptors, at most: 256 of them fill a page */

struct virtq_desc {                     /* [virtio 1.1 §2.6.5] */
	uint64_t addr;
	uint32_t len;
	uint16_t flags;                 /* VQ_* */
	uint16_t next;                  /* the one behind it, if VQ_NEXT; meanwhile, the link of the free chain */
};

enum { VQ_NEXT = 1, VQ_WRITE = 2, VQ_INDIRECT = 4 };    /* VQ_WRITE: the device writes it, else it reads */

struct virtq_avail {                    /* [virtio 1.1 §2.6.6] */
	uint16_t flags;
	uint16_t idx;                   /* runs through all 16 bits; modulo the size it is a place in ring[] */
	uint16_t ring[VQ_MAX];
};

struct virtq_used {                     /* [virtio 1.1 §2.6.8] */
	uint16_t flags;                 /* VQ_NO_NOTIFY */
	uint16_t idx;
	struct { uint32_t id, len; } ring[VQ_MAX];
};

enum { VQ_NO_NOTIFY = 1 };

/* Both in one page, behind the descriptors' page.  An old device wants them elsewhere: see virtio_legacy.c. */
struct virtq_rings {
	struct virtq_avail avail;
	struct virtq_used  used __attribute__((aligned(4)));
};

struct virtqueue {
	unsigned            size;       /* descriptors: a power of two, up to VQ_MAX  */
	struct virtq_desc  *desc;
	struct virtq_avail *avail;
	struct virtq_used  *used;
	unsigned            nfree;
	uint16_t            free;       /* first of the free chain                    */
	uint16_t            seen;       /* used.idx up to which chains were reaped    */
	uva_t               doorbell;   /* the transport's: see virtio.c              */
	void               *owner[VQ_MAX];      /* by head; NULL = nobody's           */
};

/* A chain being written.  It is nobody's until vq_submit(). */
struct vq_chain {
	struct virtq_desc *table;
	struct virtq_desc *last;        /* NULL while it is empty */
	uint16_t           first, next;
	unsigned           n;
};

/* An empty queue of @size in zeroed memory. */
void vq_init(struct virtqueue *q, unsigned size, struct virtq_desc *desc, struct virtq_avail *avail,
             struct virtq_used *used);
/* Make a table for indirect chains of @n descriptors: each is followed by the one behind it. */
void vq_table_init(struct virtq_desc *table, unsigned n);

/* Begin a chain in the queue's own descriptors, or in @table. */
struct vq_chain vq_begin(struct virtqueue *q);
struct vq_chain vq_begin_table(struct virtq_desc *table);
/* Append @len bytes at @at; @flags is 0, VQ_WRITE or, for a table of descriptors, VQ_INDIRECT.  The caller knows that
 * there is room: q->nfree, or the table's length. */
void vq_add(struct vq_chain *c, paddr_t at, uint32_t len, uint16_t flags);

/* Hand @c, begun by vq_begin(), to the device; @owner is not NULL. */
void vq_submit(struct virtqueue *q, const struct vq_chain *c, void *owner);
/* Does the device want to hear of what was submitted?  To be asked after vq_submit(). */
bool vq_wants_notice(struct virtqueue *q);
/* The owner of a chain that the device is through with; its descriptors are free again.  NULL: no more. */
void *vq_reap(struct virtqueue *q);

#endif
