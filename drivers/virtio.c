/*
 * virtio over PCI: the registers, and the order in which they are used.
 *
 * Where the registers lie is told by capabilities in configuration space, one for each group of them:
 *
 *      common   features, status, queues          one byte read takes the interrupt back:  isr
 *      config   the device type's own              one 16-bit write rings for a queue:     notify
 *
 * Floor 4.  [virtio 1.1 §4.1]   Read next: virtio_blk_setup.c
 */
#include "drivers/virtio.h"

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

enum {                                  /* device status [virtio 1.1 §2.1] */
	ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, FAILED = 128,
};

enum { RESET_TRIES = 1000000 };         /* reads of a register: a second or so */

static bool reset(struct virtio_device *v);

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

static void add_status(struct virtio_device *v, uint8_t bits)
{
	uva_t at = v->common + DEVICE_STATUS;

	mmio_write8(at, mmio_read8(at) | bits);
}

/* See virtio.h.  At boot, once for each device: what is mapped stays mapped. */
int virtio_open(struct virtio_device *v, const struct pci_device *pci)
{
	uint32_t size;

	*v = (struct virtio_device){ .pci = *pci };
	pci_enable(pci);
	v->common = map(v, CAP_COMMON, COMMON_SIZE, &size);
	v->notify = map(v, CAP_NOTIFY, sizeof(uint16_t), &v->notify_size);
	v->isr = map(v, CAP_ISR, 1, &size);
	v->config = map(v, CAP_DEVICE, 1, &v->config_size);
	if (!v->common || !v->notify || !v->isr || !v->config) {
		return -ENODEV;
	}
	v->notify_step = pci_read32(pci, find(v, CAP_NOTIFY) + CAP_NOTIFY_STEP);
	if (!reset(v)) {
		return -ENODEV;
	}
	add_status(v, ACKNOWLEDGE);
	add_status(v, DRIVER);
	return 0;
}

/* It is reset when it says so [virtio 1.1 §4.1.4.3.2]; a device that never does is broken. */
static bool reset(struct virtio_device *v)
{
	mmio_write8(v->common + DEVICE_STATUS, 0);
	for (unsigned n = 0; n < RESET_TRIES; n++) {
		if (mmio_read8(v->common + DEVICE_STATUS) == 0) {
			return true;
		}
	}
	return false;
}

/* See virtio.h.  Features come in two windows of 32 bits. */
int virtio_agree(struct virtio_device *v, uint64_t wanted, uint64_t *agreed)
{
	uint64_t offered = 0;

	for (uint32_t half = 0; half < 2; half++) {
		mmio_write32(v->common + DEVICE_FEATURE_SELECT, half);
		offered |= (uint64_t)mmio_read32(v->common + DEVICE_FEATURE) << half * 32;
	}
	*agreed = offered & (wanted | VIRTIO_F_VERSION_1);
	if (!(*agreed & VIRTIO_F_VERSION_1)) {
		return -ENODEV;
	}
	for (uint32_t half = 0; half < 2; half++) {
		mmio_write32(v->common + DRIVER_FEATURE_SELECT, half);
		mmio_write32(v->common + DRIVER_FEATURE, (uint32_t)(*agreed >> half * 32));
	}
	add_status(v, FEATURES_OK);
	return mmio_read8(v->common + DEVICE_STATUS) & FEATURES_OK ? 0 : -ENODEV;
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

/* See virtio.h.  Sleeps.  [virtio 1.1 §4.1.5.1.3] */
int virtio_add_queue(struct virtio_device *v, uint16_t index, struct virtqueue *q)
{
	struct frame *desc, *rings;
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
	vq_init(q, size, frame_data(desc), frame_data(rings));
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

void virtio_begin(struct virtio_device *v)
{
	add_status(v, DRIVER_OK);
}

/* See virtio.h.  Its registers may be what is wrong with it. */
void virtio_give_up(struct virtio_device *v)
{
	if (v->common) {
		add_status(v, FAILED);
	}
}

/* See virtio.h.  Any context.  [virtio 1.1 §4.1.5.2] */
void virtio_notify(const struct virtqueue *q, uint16_t index)
{
	mmio_write16(q->doorbell, index);
}

/* See virtio.h.  Any bit: a queue has moved, or the configuration has changed.  [virtio 1.1 §4.1.4.5] */
bool virtio_interrupted(struct virtio_device *v)
{
	return mmio_read8(v->isr) != 0;
}

uint32_t virtio_config32(struct virtio_device *v, uint32_t offset)
{
	return offset + sizeof(uint32_t) <= v->config_size ? mmio_read32(v->config + offset) : 0;
}

/* See virtio.h.  The generation changes with the configuration [virtio 1.1 §2.4.1]. */
uint64_t virtio_config64(struct virtio_device *v, uint32_t offset)
{
	uint8_t generation;
	uint64_t value;

	do {
		generation = mmio_read8(v->common + CONFIG_GENERATION);
		value = virtio_config32(v, offset) | (uint64_t)virtio_config32(v, offset + 4) << 32;
	} while (mmio_read8(v->common + CONFIG_GENERATION) != generation);
	return value;
}
