/*
 * A virtio disk, for the two files that drive it: virtio_blk_setup.c finds it and asks what it can,
 * virtio_blk.c sends it requests.
 *
 * Floor 4.  [virtio 1.1 §5.2]
 */
#ifndef DRIVERS_VIRTIO_DISK_H
#define DRIVERS_VIRTIO_DISK_H

#include "drivers/block.h"
#include "drivers/virtio.h"
#include "kernel/x86/trap.h"

enum {
	VBLK_SLOTS    = 16,     /* as many transfers as there are in fs/pageio.c                  */
	VBLK_SEGS_MAX = 128,    /* a batch of the page cache; a table of them is half of a page   */
	VBLK_ENDS     = 2,      /* descriptors besides the data: header and status                */
	VBLK_QUEUE    = 0,      /* the only one that we use [virtio 1.1 §5.2.2]                   */
};

#define VBLK_F_SIZE_MAX (1ull << 1)     /* [virtio 1.1 §5.2.3] */
#define VBLK_F_SEG_MAX  (1ull << 2)
#define VBLK_F_RO       (1ull << 5)
#define VBLK_F_FLUSH    (1ull << 9)

struct vblk_header { uint32_t type, reserved; uint64_t sector; };       /* [virtio 1.1 §5.2.6] */

struct vblk_page {                      /* what the device sees of a slot */
	struct virtq_desc  table[VBLK_SEGS_MAX + VBLK_ENDS];
	struct vblk_header header;
	uint8_t            status;
};
_Static_assert(sizeof(struct vblk_page) <= PAGE_SIZE, "one page a slot");

struct vblk_slot {                      /* a request under way */
	struct ioreq     *r;            /* [lock] NULL = free                                  */
	struct vblk_page *page;
	paddr_t           at;           /* of the page                                         */
	unsigned          seg;          /* [lock] what of the request was not sent yet: from   */
	uint32_t          offset;       /*        byte @offset of segment @seg,                */
	sector_t          sector;       /*        which belongs at this sector                 */
	bool              doomed;       /* [lock] to fail: see blkdev_ops.fail                 */
};

struct vblk {
	struct blkdev        dev;
	struct virtio_device virtio;
	struct virtqueue     queue;             /* [lock] */
	struct spinlock      lock;
	struct vblk_slot     slot[VBLK_SLOTS];
	uint64_t             features;          /* agreed                               */
	uint64_t             capacity;          /* sectors, as the device says          */
	unsigned             segs_max;          /* data descriptors in one chain        */
	uint32_t             size_max;          /* bytes in one of them, whole sectors  */
	uint32_t             fail[IO_FLUSH];    /* [lock] by operation: counts down     */
};

extern struct vblk vblk_disk;           /* "vda" */
extern const struct blkdev_ops vblk_ops;

/* The disk's interrupt handler. */
void vblk_interrupt(struct trapframe *tf);

#endif
