/*
 * A virtio device on the PCI bus: finding its registers, agreeing on features, setting up its queue, ringing.
 *
 *      virtio_open       reset; "I have seen you, I can drive you"     ACKNOWLEDGE, DRIVER
 *      virtio_agree      what both sides can                           FEATURES_OK
 *      virtio_add_queue  where the rings lie
 *      virtio_begin      from here on it works                         DRIVER_OK        [virtio 1.1 §3.1.1]
 *
 * Modern devices; transitional ones by their modern half, or if they have none the old way.  Configuration space is little-endian, as we are.
 *
 * Floor 4.  [virtio 1.1 §4.1]   Read next: virtio.c
 */
#ifndef DRIVERS_VIRTIO_H
#define DRIVERS_VIRTIO_H

#include "drivers/pci.h"
#include "drivers/virtqueue.h"
#include "kernel/lib/check.h"

enum { VIRTIO_VENDOR = 0x1AF4 };        /* [virtio 1.1 §4.1.2] */

/* Features of every device [virtio 1.1 §6]. */
#define VIRTIO_F_INDIRECT_DESC (1ull << 28)
#define VIRTIO_F_VERSION_1     (1ull << 32)

struct virtio_device {
	struct pci_device pci;
	const struct virtio_transport *by;              /* which way its registers are reached */
	uint16_t          ports;                        /* legacy: the first of them           */
	uva_t             common, notify, isr, config;  /* modern: its registers, mapped       */
	uint32_t          notify_size, notify_step;     /* bytes in all; bytes from one queue's to the next's */
	uint32_t          config_size;
};

/* Reset the device at @pci and get ready to agree.  0, or -ENODEV when its registers cannot be reached. */
must_check int virtio_open(struct virtio_device *v, const struct pci_device *pci);

/* Accept those of @wanted that it offers.  0 and them in *@agreed, or -ENODEV. */
must_check int virtio_agree(struct virtio_device *v, uint64_t wanted, uint64_t *agreed);

/* Set up queue @index as @q.  0, -ENODEV or -ENOMEM. */
must_check int virtio_add_queue(struct virtio_device *v, uint16_t index, struct virtqueue *q);

void virtio_begin(struct virtio_device *v);
/* Tell the device that we have given up on it. */
void virtio_give_up(struct virtio_device *v);

/* Tell the device that queue @index has work. */
void virtio_notify(const struct virtio_device *v, const struct virtqueue *q, uint16_t index);
/* Was it this device that interrupted?  Asking takes the interrupt back: ask once. */
bool virtio_interrupted(struct virtio_device *v);

/* The device's own configuration; 0 where it has none.  64 bits in one piece, whatever changes meanwhile. */
uint32_t virtio_config32(struct virtio_device *v, uint32_t offset);
uint64_t virtio_config64(struct virtio_device *v, uint32_t offset);

#endif
