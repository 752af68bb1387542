/*
 * virtio-blk: the first virtio disk of the machine, as block device "vda".
 *
 * The device itself moves the bytes, to and from the very frames of the page cache: the processor copies
 * nothing, C_RAMDISK_WORDS stays where it is.
 *
 * Floor 4.  [virtio 1.1 §5.2]   Read next: virtio_blk_setup.c
 */
#ifndef DRIVERS_VIRTIO_BLK_H
#define DRIVERS_VIRTIO_BLK_H

/* Look for it and register it.  The log says what was found; blk_find("vda") whether it can be used.  Sleeps. */
void virtio_blk_init(void);

#endif
