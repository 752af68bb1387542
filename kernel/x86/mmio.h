/*
 * Registers of devices that lie in memory: one access, of the width that was asked for, in program order.
 *
 * An address is a number here too: only this file makes a pointer of it.  It must be mapped uncached
 * (pt_map_device()), or the processor may answer from its cache what the device should be asked.
 *
 * Floor 1.  [SDM 1 19.1]
 */
#ifndef KERNEL_X86_MMIO_H
#define KERNEL_X86_MMIO_H

#include "kernel/lib/types.h"

static inline uint8_t mmio_read8(uva_t at)
{
	return *(const volatile uint8_t *)(uintptr_t)at;
}

static inline uint16_t mmio_read16(uva_t at)
{
	return *(const volatile uint16_t *)(uintptr_t)at;
}

static inline uint32_t mmio_read32(uva_t at)
{
	return *(const volatile uint32_t *)(uintptr_t)at;
}

static inline void mmio_write8(uva_t at, uint8_t value)
{
	*(volatile uint8_t *)(uintptr_t)at = value;
}

static inline void mmio_write16(uva_t at, uint16_t value)
{
	*(volatile uint16_t *)(uintptr_t)at = value;
}

static inline void mmio_write32(uva_t at, uint32_t value)
{
	*(volatile uint32_t *)(uintptr_t)at = value;
}

#endif
