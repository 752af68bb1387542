/*
 * The PCI bus: who is there, where his registers lie, which interrupt he raises.
 *
 * Addresses and interrupt lines are the firmware's choice, made before we started; nothing is assigned here.
 *
 * Floor 4.  [PCI 3.0]   Read next: virtio.h
 */
#ifndef DRIVERS_PCI_H
#define DRIVERS_PCI_H

#include "kernel/lib/types.h"

struct pci_device {
	uint8_t  bus, slot, function;
	uint16_t vendor, id;            /* vendor 0 = none: where pci_next() begins */
};

enum { PCI_CAP_VENDOR = 0x09 };         /* capability whose meaning is the vendor's [PCI 3.0 H] */

/* From @p to the next device, in the order of the bus; a zeroed @p goes to the first.  False at the end. */
bool pci_next(struct pci_device *p);

/* Configuration space: 256 bytes for each device, of which these read little-endian numbers. */
uint8_t  pci_read8(const struct pci_device *p, unsigned offset);
uint16_t pci_read16(const struct pci_device *p, unsigned offset);
uint32_t pci_read32(const struct pci_device *p, unsigned offset);

/* Offset of the @nth (from 0) capability with @id, or 0. */
unsigned pci_capability(const struct pci_device *p, uint8_t id, unsigned nth);

/* Let @p answer at its addresses and ports, read and write memory by itself, and raise its interrupt. */
void pci_enable(const struct pci_device *p);
/* The interrupt line that the firmware wired it to, or -1. */
int pci_irq(const struct pci_device *p);

/*
 * Map @size bytes of registers, @offset into what base address register @bar shows.
 * Returns: where; 0 when that is not memory, has no address below 4 GiB, or does not fit.
 */
uva_t pci_map(const struct pci_device *p, unsigned bar, uint32_t offset, uint32_t size);

/* The first of the ports that base address register @bar shows; 0 when that is not ports. */
uint16_t pci_ports(const struct pci_device *p, unsigned bar);

#endif
