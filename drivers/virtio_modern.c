/*
 * The modern transport: registers in memory.
 *
 * Where they lie is told by capabilities in configuration space, one for each group of them:
 *
 *      common   features, status, queues          one byte read takes the interrupt back:  isr
 *      config   the device type's own              one 16-bit write rings for a queue:     notify
 *
 * Floor 4.  [virtio 1.1 §4.1]   Read next: virtio_legacy.c
 */
#include "drivers/virtio_transport.h"

#include "kernel/lib/errno.h"
#include "kernel/x86/mmio.h"
#include "mm/phys/frame.h"

enum { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_ISR = 3, CAP_DEVICE = 4 };

enum {                                  /* a capability [virtio 1.1 §4.1.4] */
	CAP_TYPE = 3, CAP_BAR = 4, CAP_OFFSET = 8, CAP_LENGTH = 12, CAP_NOTIFY_STEP = 16,
};

enum {                                  /* the common registers [virtio 1.1 §4.1.4.3] */
	DEVICE_FEATURE_SELECT = 0, DEVICE_FEATURE = 4, DRIVER_FEATURE_SELECT = 8, DRIVER_FEATURE = 12,
	DEVICE_STATUS = 20, CONFIG_GENERATION = 21, QUEUE_SELECT = 22, QUEUE_SIZE = 24,
	QUEUE_ENABLE = 28, QUEUE_NOTIFY_OFF = 30, QUEUE_DESC = 32, QUEUE_DRIVER = 40, QUEUE_DEVICE = 48,
	COMMON_SIZE = 56,
};

/* The capability of that type; 0 = none.  The first that we can use is meant [virtio 1.1 §4.1.4.1]. */
static unsigned find(const struct virtio_device *v, uint8_t type)
{
	unsigned at;

	for (unsigned n = 0; (at = pci_capability(&v->pci, PCI_CAP_VENDOR, n)) != 0; n++) {
		if (pci_read8(&v->pci, at + CAP_TYPE) == type) {
			return at;
		}
	}
	return 0;
}

/* Map the registers of that type, of which @least bytes are needed.  How many there are, to *@size. */
static uva_t map(const struct virtio_device *v, uint8_t type, uint32_t least, uint32_t *size)
{
	unsigned at = find(v, type);
	uint32_t length = at ? pci_read32(&v->pci, at + CAP_LENGTH) : 0;

	*size = length;
	if (length < least) {
		return 0;
	}
	return pci_map(&v->pci, pci_read8(&v->pci, at + CAP_BAR),
	               pci_read32(&v->pci, at + CAP_OFFSET), length);
}

/* At boot, once for each device: what is mapped stays mapped. */
static int open(struct virtio_device *v)
{
	uint32_t size;

	v->common = map(v, CAP_COMMON, COMMON_SIZE, &size);
	v->notify = map(v, CAP_NOTIFY, sizeof(uint16_t), &v->notify_size);
	v->isr = map(v, CAP_ISR, 1, &size);
	v->config = map(v, CAP_DEVICE, 1, &v->config_size);
	if (!v->common || !v->notify || !v->isr || !v->config) {
		return -ENODEV;
	}
	v->notify_step = pci_read32(&v->pci, find(v, CAP_NOTIFY) + CAP_NOTIFY_STEP);
	return 0;
}

static uint8_t status(const struct virtio_device *v)
{
	return mmio_read8(v->common + DEVICE_STATUS);
}

static void set_status(const struct virtio_device *v, uint8_t bits)
{
	mmio_write8(v->common + DEVICE_STATUS, bits);
}

/* Features come in two windows of 32 bits. */
static uint64_t offered(const struct virtio_device *v)
{
	uint64_t features = 0;

	for (uint32_t half = 0; half < 2; half++) {
		mmio_write32(v->common + DEVICE_FEATURE_SELECT, half);
		features |= (uint64_t)mmio_read32(v->common + DEVICE_FEATURE) << half * 32;
	}
	return features;
}

/* It may say no to the combination.  [virtio 1.1 §3.1.1] */
static int accept(struct virtio_device *v, uint64_t features)
{
	if (!(features & VIRTIO_F_VERSION_1)) {
		return -ENODEV;
	}
	for (uint32_t half = 0; half < 2; half++) {
		mmio_write32(v->common + DRIVER_FEATURE_SELECT, half);
		mmio_write32(v->common + DRIVER_FEATURE, (uint32_t)(features >> half * 32));
	}
	set_status(v, status(v) | VIRTIO_FEATURES_OK);
	return status(v) & VIRTIO_FEATURES_OK ? 0 : -ENODEV;
}

/* 64-bit registers are written in halves [virtio 1.1 §4.1.3.1]; all our memory lies below 4 GiB. */
static void write_address(uva_t at, paddr_t address)
{
	mmio_write32(at, address);
	mmio_write32(at + 4, 0);
}

/* The largest power of two up to @n and VQ_MAX: a driver may take less than is offered. */
static unsigned queue_size(unsigned n)
{
	unsigned size = VQ_MAX;

	while (size > n) {
		size /= 2;
	}
	return size;
}

/* Sleeps.  [virtio 1.1 §4.1.5.1.3] */
static int add_queue(struct virtio_device *v, uint16_t index, struct virtqueue *q)
{
	struct frame *desc, *rings;
	struct virtq_rings *at;
	unsigned size;
	uint32_t bell;

	mmio_write16(v->common + QUEUE_SELECT, index);
	size = queue_size(mmio_read16(v->common + QUEUE_SIZE));
	bell = mmio_read16(v->common + QUEUE_NOTIFY_OFF);
	if (size == 0 || (uint64_t)bell * v->notify_step + sizeof(uint16_t) > v->notify_size) {
		return -ENODEV;
	}
	desc = frame_alloc_zeroed(ALLOC_WAIT | ALLOC_KERNEL);
	rings = frame_alloc_zeroed(ALLOC_WAIT | ALLOC_KERNEL);
	if (!desc || !rings) {
		frame_put_many((struct frame *[]){ desc, rings }, 2);
		return -ENOMEM;
	}
	at = frame_data(rings);
	vq_init(q, size, frame_data(desc), &at->avail, &at->used);
	q->doorbell = v->notify + bell * v->notify_step;
	mmio_write16(v->common + QUEUE_SIZE, (uint16_t)size);
	write_address(v->common + QUEUE_DESC, frame_paddr(desc));
	write_address(v->common + QUEUE_DRIVER,
	              frame_paddr(rings) + (paddr_t)offsetof(struct virtq_rings, avail));
	write_address(v->common + QUEUE_DEVICE,
	              frame_paddr(rings) + (paddr_t)offsetof(struct virtq_rings, used));
	mmio_write16(v->common + QUEUE_ENABLE, 1);
	return 0;
}

/* Any context.  [virtio 1.1 §4.1.5.2] */
static void notify(const struct virtio_device *v, const struct virtqueue *q, uint16_t index)
{
	(void)v;
	mmio_write16(q->doorbell, index);
}

/* [virtio 1.1 §4.1.4.5] */
static uint8_t isr(const struct virtio_device *v)
{
	return mmio_read8(v->isr);
}

static uint32_t config32(const struct virtio_device *v, uint32_t offset)
{
	return offset + sizeof(uint32_t) <= v->config_size ? mmio_read32(v->config + offset) : 0;
}

/* It changes with the configuration [virtio 1.1 §2.4.1]. */
static uint32_t generation(const struct virtio_device *v)
{
	return mmio_read8(v->common + CONFIG_GENERATION);
}

const struct virtio_transport virtio_modern = {
	.open = open, .status = status, .set_status = set_status, .offered = offered, .accept = accept,
	.add_queue = add_queue, .notify = notify, .isr = isr, .config32 = config32, .generation = generation,
};
