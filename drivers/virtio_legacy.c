/*
 * The legacy transport: registers at ports, for devices of before virtio 1.0 and hosts that offer nothing else.
 *
 * The queue's size is the device's choice, and one number tells it all: the page where the queue begins.  So
 * the parts lie in one piece of memory, in this order:
 *
 *      | descriptors ... | available ring |  (to the next page)  | used ring |       [virtio 1.1 §2.6.2]
 *
 * No FEATURES_OK, no features above bit 31, and a configuration without a generation.
 *
 * Floor 4.  [virtio 1.1 §4.1.4.8, §2.6.2]   Read next: virtio_blk_setup.c
 */
#include "drivers/virtio_transport.h"

#include "kernel/x86/insn.h"
#include "mm/phys/frame.h"

enum { REGISTERS = 0 };                 /* the base address register */

enum {                                  /* ports [virtio 1.1 §4.1.4.8] */
	DEVICE_FEATURES = 0, DRIVER_FEATURES = 4, QUEUE_ADDRESS = 8, QUEUE_SIZE = 12, QUEUE_SELECT = 14,
	QUEUE_NOTIFY = 16, DEVICE_STATUS = 18, ISR = 19,
	CONFIG = 20,                    /* without MSI-X, which we do not use */
};

/* Frames that follow each other are not to be had once the machine runs: room for one queue is here. */
static char queue_memory[3 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static bool queue_taken;

static uint16_t port(const struct virtio_device *v, unsigned which)
{
	return (uint16_t)(v->ports + which);
}

static int open(struct virtio_device *v)
{
	v->ports = pci_ports(&v->pci, REGISTERS);
	return v->ports ? 0 : -ENODEV;
}

static uint8_t status(const struct virtio_device *v)
{
	return in8(port(v, DEVICE_STATUS));
}

static void set_status(const struct virtio_device *v, uint8_t bits)
{
	out8(port(v, DEVICE_STATUS), bits);
}

static uint64_t offered(const struct virtio_device *v)
{
	return in32(port(v, DEVICE_FEATURES));
}

/* Nobody is asked whether that will do [virtio 1.1 §3.1.2]. */
static int accept(struct virtio_device *v, uint64_t features)
{
	out32(port(v, DRIVER_FEATURES), (uint32_t)features);
	return 0;
}

/* Where the used ring begins in a queue of @size. */
static uint32_t used_offset(unsigned size)
{
	return page_round_up((uint32_t)(size * sizeof(struct virtq_desc) + offsetof(struct virtq_avail, ring) +
	                                (size + 1) * sizeof(uint16_t)));
}
_Static_assert(VQ_MAX * sizeof(struct virtq_desc) == PAGE_SIZE && sizeof(struct virtq_avail) < PAGE_SIZE &&
               sizeof(struct virtq_used) <= PAGE_SIZE, "three pages are enough");

/* A size that we cannot bear cannot be bargained for. */
static int add_queue(struct virtio_device *v, uint16_t index, struct virtqueue *q)
{
	unsigned size;

	out16(port(v, QUEUE_SELECT), index);
	size = in16(port(v, QUEUE_SIZE));
	if (size == 0 || size > VQ_MAX || (size & (size - 1)) != 0) {
		return -ENODEV;
	}
	if (queue_taken) {
		return -ENOMEM;
	}
	queue_taken = true;
	vq_init(q, size, (void *)queue_memory, (void *)(queue_memory + size * sizeof(struct virtq_desc)),
	        (void *)(queue_memory + used_offset(size)));
	out32(port(v, QUEUE_ADDRESS), frame_pfn(data_frame(queue_memory)));
	return 0;
}

/* Any context. */
static void notify(const struct virtio_device *v, const struct virtqueue *q, uint16_t index)
{
	(void)q;
	out16(port(v, QUEUE_NOTIFY), index);
}

static uint8_t isr(const struct virtio_device *v)
{
	return in8(port(v, ISR));
}

static uint32_t config32(const struct virtio_device *v, uint32_t offset)
{
	return in32(port(v, CONFIG + offset));
}

static uint32_t generation(const struct virtio_device *v)
{
	(void)v;
	return 0;
}

const struct virtio_transport virtio_legacy = {
	.open = open, .status = status, .set_status = set_status, .offered = offered, .accept = accept,
	.add_queue = add_queue, .notify = notify, .isr = isr, .config32 = config32, .generation = generation,
};
