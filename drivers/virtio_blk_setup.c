/*
 * Finding a virtio disk and asking what it can.
 *
 * What goes wrong here is said in the log and ends nothing: the machine may have another disk.
 *
 * Floor 4.  Read next: virtio_blk.c
 */
#include "drivers/virtio_blk.h"

#include "drivers/virtio_disk.h"
#include "kernel/lib/errno.h"
#include "kernel/printk.h"
#include "kernel/x86/irq.h"
#include "mm/phys/frame.h"

enum { ID_MODERN = 0x1042, ID_TRANSITIONAL = 0x1001 };  /* [virtio 1.1 §4.1.2.1] */

enum { CAPACITY = 0, SIZE_MAX_AT = 8, SEG_MAX_AT = 12 };        /* configuration [virtio 1.1 §5.2.4] */

#define LARGEST (1u << 30)              /* bytes in a descriptor: sums of two of them must not wrap */

struct vblk vblk_disk;

static int set_up(struct vblk *d, const struct pci_device *pci);

/* See virtio_blk.h.  A disk that cannot be driven is named and passed over. */
void virtio_blk_init(void)
{
	struct pci_device pci = { 0 };

	while (pci_next(&pci)) {
		if (pci.vendor != VIRTIO_VENDOR || (pci.id != ID_MODERN && pci.id != ID_TRANSITIONAL)) {
			continue;
		}
		if (set_up(&vblk_disk, &pci) == 0) {
			return;
		}
		virtio_give_up(&vblk_disk.virtio);
		printk("virtio-blk: the disk at %02x:%02x.%u cannot be driven: no registers or queue that suit us, "
		       "no interrupt, or too little memory\n", pci.bus, pci.slot, pci.function);
	}
}

/* What the device bears in one request.  Without SEG_MAX it has promised one segment only. */
static int read_limits(struct vblk *d)
{
	uint32_t segs = d->features & VBLK_F_SEG_MAX ? virtio_config32(&d->virtio, SEG_MAX_AT) : 1;
	uint32_t size = d->features & VBLK_F_SIZE_MAX ? virtio_config32(&d->virtio, SIZE_MAX_AT) : LARGEST;

	if (d->queue.size <= VBLK_ENDS || segs == 0 || size < SECTOR_SIZE) {
		return -ENODEV;
	}
	/* No chain is longer than the queue, wherever it lies [virtio 1.1 §2.6.5.3.1]. */
	d->segs_max = MIN(MIN(segs, (uint32_t)VBLK_SEGS_MAX), d->queue.size - VBLK_ENDS);
	d->size_max = MIN(size, LARGEST) & ~(SECTOR_SIZE - 1);
	d->capacity = virtio_config64(&d->virtio, CAPACITY);
	return 0;
}

static int make_slots(struct vblk *d)
{
	for (unsigned i = 0; i < VBLK_SLOTS; i++) {
		struct frame *f = frame_alloc_zeroed(ALLOC_WAIT | ALLOC_KERNEL);

		if (!f) {
			while (i-- > 0) {
				frame_put(data_frame(d->slot[i].page));
			}
			return -ENOMEM;
		}
		d->slot[i] = (struct vblk_slot){ .page = frame_data(f), .at = frame_paddr(f) };
		vq_table_init(d->slot[i].page->table, VBLK_SEGS_MAX + VBLK_ENDS);
	}
	return 0;
}

static void introduce(const struct vblk *d, int irq)
{
	printk("virtio-blk: vda: %u MiB, irq %d, queue of %u, %u segments a request%s%s%s%s\n",
	       (unsigned)(d->capacity >> (20 - SECTOR_SHIFT)), irq, d->queue.size, d->segs_max,
	       d->features & VIRTIO_F_VERSION_1 ? "" : ", legacy",
	       d->features & VIRTIO_F_INDIRECT_DESC ? ", indirect" : "",
	       d->features & VBLK_F_FLUSH ? ", flush" : "", d->dev.read_only ? ", read-only" : "");
}

/* [virtio 1.1 §3.1.1, §5.2.5]  A disk that is refused keeps its queue's pages: it has been told of them. */
static int set_up(struct vblk *d, const struct pci_device *pci)
{
	int irq = pci_irq(pci), error;

	*d = (struct vblk){ .lock = SPINLOCK_INIT };
	if (irq < 0 || virtio_open(&d->virtio, pci) < 0 ||
	    virtio_agree(&d->virtio, VIRTIO_F_INDIRECT_DESC | VBLK_F_SIZE_MAX | VBLK_F_SEG_MAX | VBLK_F_RO | VBLK_F_FLUSH,
	                 &d->features) < 0) {
		return -ENODEV;
	}
	error = virtio_add_queue(&d->virtio, VBLK_QUEUE, &d->queue);
	error = error ? error : read_limits(d);
	error = error ? error : make_slots(d);
	if (error) {
		return error;
	}
	d->dev = (struct blkdev){
		.name = "vda", .sectors = (sector_t)MIN(d->capacity, (uint64_t)UINT32_MAX),
		.read_only = d->features & VBLK_F_RO, .ops = &vblk_ops, .driver = d, .depth = VBLK_SLOTS,
	};
	irq_set((unsigned)irq, vblk_interrupt);
	virtio_begin(&d->virtio);
	introduce(d, irq);
	return blk_register(&d->dev);
}
