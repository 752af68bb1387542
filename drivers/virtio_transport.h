/*
 * How the registers of a virtio device are reached: there are two ways, and virtio.c takes the one that works.
 *
 *      virtio_modern.c   registers in memory, found by capabilities            virtio 1.0 and later
 *      virtio_legacy.c   registers at ports, in one fixed order                what was there before
 *
 * A transitional device can be driven either way [virtio 1.1 §1.3.1].  Only these three files include this.
 *
 * Floor 4.
 */
#ifndef DRIVERS_VIRTIO_TRANSPORT_H
#define DRIVERS_VIRTIO_TRANSPORT_H

#include "drivers/virtio.h"
#include "kernel/lib/errno.h"

enum {                                  /* device status [virtio 1.1 §2.1] */
	VIRTIO_ACKNOWLEDGE = 1, VIRTIO_DRIVER = 2, VIRTIO_DRIVER_OK = 4, VIRTIO_FEATURES_OK = 8,
	VIRTIO_FAILED = 128,
};

struct virtio_transport {
	/* Find the registers.  0, or -ENODEV: it has none of this kind that we can reach. */
	int (*open)(struct virtio_device *v);

	uint8_t (*status)(const struct virtio_device *v);
	void (*set_status)(const struct virtio_device *v, uint8_t bits);

	/* What the device can; what we choose of it: 0, or -ENODEV when that will not do. */
	uint64_t (*offered)(const struct virtio_device *v);
	int (*accept)(struct virtio_device *v, uint64_t features);

	/* See virtio_add_queue().  Sleeps. */
	int (*add_queue)(struct virtio_device *v, uint16_t index, struct virtqueue *q);
	void (*notify)(const struct virtio_device *v, const struct virtqueue *q, uint16_t index);
	/* Why it interrupted, not 0 if it did; forgotten by being read. */
	uint8_t (*isr)(const struct virtio_device *v);

	uint32_t (*config32)(const struct virtio_device *v, uint32_t offset);
	/* Another number whenever the configuration has changed; 0 where it is not counted. */
	uint32_t (*generation)(const struct virtio_device *v);
};

extern const struct virtio_transport virtio_modern, virtio_legacy;

#endif
