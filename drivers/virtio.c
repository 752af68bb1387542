/*
 * virtio over PCI: what is to be done in which order, whichever way the registers are reached.
 *
 * Floor 4.  [virtio 1.1 §3.1]   Read next: virtio_modern.c
 */
#include "drivers/virtio.h"

#include "drivers/virtio_transport.h"

/* Transitional devices have these numbers, modern ones others: only they may be driven as legacy ones. */
enum { TRANSITIONAL_FIRST = 0x1000, TRANSITIONAL_LAST = 0x103F };       /* [virtio 1.1 §4.1.2.1] */

enum { RESET_TRIES = 1000000 };         /* reads of a register: a second or so */

static void add_status(const struct virtio_device *v, uint8_t bits)
{
	v->by->set_status(v, v->by->status(v) | bits);
}

/* It is reset when it says so [virtio 1.1 §4.1.4.3.2]; a device that never does is broken. */
static bool reset(const struct virtio_device *v)
{
	v->by->set_status(v, 0);
	for (unsigned n = 0; n < RESET_TRIES; n++) {
		if (v->by->status(v) == 0) {
			return true;
		}
	}
	return false;
}

/* The modern way if there is one [virtio 1.1 §4.1.4: a driver should prefer it]. */
static int find_registers(struct virtio_device *v)
{
	v->by = &virtio_modern;
	if (virtio_modern.open(v) == 0) {
		return 0;
	}
	v->by = &virtio_legacy;
	if (v->pci.id >= TRANSITIONAL_FIRST && v->pci.id <= TRANSITIONAL_LAST && virtio_legacy.open(v) == 0) {
		return 0;
	}
	v->by = NULL;
	return -ENODEV;
}

/* See virtio.h.  At boot, once for each device. */
int virtio_open(struct virtio_device *v, const struct pci_device *pci)
{
	*v = (struct virtio_device){ .pci = *pci };
	pci_enable(pci);
	if (find_registers(v) < 0 || !reset(v)) {
		return -ENODEV;
	}
	add_status(v, VIRTIO_ACKNOWLEDGE);
	add_status(v, VIRTIO_DRIVER);
	return 0;
}

int virtio_agree(struct virtio_device *v, uint64_t wanted, uint64_t *agreed)
{
	*agreed = v->by->offered(v) & (wanted | VIRTIO_F_VERSION_1);
	return v->by->accept(v, *agreed);
}

int virtio_add_queue(struct virtio_device *v, uint16_t index, struct virtqueue *q)
{
	return v->by->add_queue(v, index, q);
}

void virtio_begin(struct virtio_device *v)
{
	add_status(v, VIRTIO_DRIVER_OK);
}

/* See virtio.h.  Its registers may be what is wrong with it. */
void virtio_give_up(struct virtio_device *v)
{
	if (v->by) {
		add_status(v, VIRTIO_FAILED);
	}
}

/* See virtio.h.  Any context. */
void virtio_notify(const struct virtio_device *v, const struct virtqueue *q, uint16_t index)
{
	v->by->notify(v, q, index);
}

/* See virtio.h.  Any bit: a queue has moved, or the configuration has changed. */
bool virtio_interrupted(struct virtio_device *v)
{
	return v->by->isr(v) != 0;
}

uint32_t virtio_config32(struct virtio_device *v, uint32_t offset)
{
	return v->by->config32(v, offset);
}

static uint64_t read64(struct virtio_device *v, uint32_t offset)
{
	return v->by->config32(v, offset) | (uint64_t)v->by->config32(v, offset + 4) << 32;
}

/* See virtio.h.  Until nothing has changed in between; twice the same, where nobody counts [virtio 1.1 §2.4.4]. */
uint64_t virtio_config64(struct virtio_device *v, uint32_t offset)
{
	uint32_t generation;
	uint64_t value;

	do {
		generation = v->by->generation(v);
		value = read64(v, offset);
	} while (v->by->generation(v) != generation || read64(v, offset) != value);
	return value;
}
