/*
 * The PCI bus, through configuration mechanism #1: write to one port which word you mean, find it in another.
 *
 *      31 30       24 23     16 15    11 10       8 7        2 1 0
 *     | 1 | reserved |   bus   |  slot  | function |  word    |0 0|       [PCI 3.0 §3.2.2.3.2]
 *
 * The two ports belong together, so a lock does.
 *
 * Floor 4.  Read next: virtio.c
 */
#include "drivers/pci.h"

#include "kernel/lock.h"
#include "kernel/x86/insn.h"
#include "kernel/x86/irq.h"
#include "mm/phys/pagetable.h"

enum { CONFIG_ADDRESS = 0xCF8, CONFIG_DATA = 0xCFC };
#define CONFIG_ENABLE 0x80000000u

enum { SLOTS = 32, FUNCTIONS = 8, BARS = 6 };

enum {                                  /* configuration space [PCI 3.0 §6.1] */
	VENDOR = 0x00, ID = 0x02, COMMAND = 0x04, STATUS = 0x06, HEADER_TYPE = 0x0E, BAR0 = 0x10,
	CAPABILITIES = 0x34, IRQ_LINE = 0x3C, IRQ_PIN = 0x3D,
	CONFIG_SIZE = 256,
};

enum {                                  /* [PCI 3.0 §6.2.2, §6.2.3] */
	COMMAND_PORTS = 1u << 0, COMMAND_MEMORY = 1u << 1, COMMAND_MASTER = 1u << 2, COMMAND_NO_INTX = 1u << 10,
	STATUS_CAPABILITIES = 1u << 4,
	HEADER_MANY_FUNCTIONS = 1u << 7,
};

enum {                                  /* a base address register [PCI 3.0 §6.2.5.1] */
	BAR_IO = 1u << 0, BAR_TYPE = 3u << 1, BAR_64_BITS = 2u << 1, BAR_FLAGS = 0xFu,
	BAR_IO_FLAGS = 3u,
};

#define NOBODY 0xFFFFu                  /* what an empty slot reads as */

static struct spinlock lock = SPINLOCK_INIT;

static void select(const struct pci_device *p, unsigned offset)
{
	out32(CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)p->bus << 16 | (uint32_t)p->slot << 11 |
	                      (uint32_t)p->function << 8 | (offset & ~3u));
}

uint32_t pci_read32(const struct pci_device *p, unsigned offset)
{
	uint32_t value;

	spin_lock(&lock);
	select(p, offset);
	value = in32(CONFIG_DATA);
	spin_unlock(&lock);
	return value;
}

uint16_t pci_read16(const struct pci_device *p, unsigned offset)
{
	return (uint16_t)(pci_read32(p, offset) >> (offset & 2) * 8);
}

uint8_t pci_read8(const struct pci_device *p, unsigned offset)
{
	return (uint8_t)(pci_read32(p, offset) >> (offset & 3) * 8);
}

/* As wide as the register: its neighbour may have bits that are cleared by writing them. */
static void write16(const struct pci_device *p, unsigned offset, uint16_t value)
{
	spin_lock(&lock);
	select(p, offset);
	out16(CONFIG_DATA + (offset & 2), value);
	spin_unlock(&lock);
}

/* To the next place where a device may be: functions above 0 only where function 0 says that there are some. */
static bool next_place(struct pci_device *p)
{
	if (p->function > 0 || (p->vendor != NOBODY && pci_read8(p, HEADER_TYPE) & HEADER_MANY_FUNCTIONS)) {
		p->function = (p->function + 1) % FUNCTIONS;
	}
	if (p->function == 0) {
		p->slot = (p->slot + 1) % SLOTS;
		p->bus = (uint8_t)(p->bus + (p->slot == 0));
	}
	return p->function > 0 || p->slot > 0 || p->bus > 0;
}

/*
 * See pci.h.  Asks every slot of every bus: 8,192 questions, and no bridge has to be understood.
 */
bool pci_next(struct pci_device *p)
{
	bool first = p->vendor == 0;

	while (first || next_place(p)) {
		first = false;
		p->vendor = pci_read16(p, VENDOR);
		p->id = pci_read16(p, ID);
		if (p->vendor != NOBODY && p->vendor != 0) {
			return true;
		}
	}
	return false;
}

/*
 * See pci.h.  The list is the device's word: a circle in it must not hold us, and more capabilities than fit
 * into the space there cannot be.  [PCI 3.0 §6.7]
 */
unsigned pci_capability(const struct pci_device *p, uint8_t id, unsigned nth)
{
	unsigned at = CAPABILITIES;

	if (!(pci_read16(p, STATUS) & STATUS_CAPABILITIES)) {
		return 0;
	}
	at = pci_read8(p, at) & ~3u;
	for (unsigned n = 0; at != 0 && n < CONFIG_SIZE / 4; n++) {
		if (pci_read8(p, at) == id && nth-- == 0) {
			return at;
		}
		at = pci_read8(p, at + 1) & ~3u;
	}
	return 0;
}

void pci_enable(const struct pci_device *p)
{
	unsigned command = pci_read16(p, COMMAND);

	command |= COMMAND_PORTS | COMMAND_MEMORY | COMMAND_MASTER;
	command &= ~(unsigned)COMMAND_NO_INTX;
	write16(p, COMMAND, (uint16_t)command);
}

int pci_irq(const struct pci_device *p)
{
	unsigned line = pci_read8(p, IRQ_LINE);

	return pci_read8(p, IRQ_PIN) != 0 && line < NR_IRQS ? (int)line : -1;
}

uva_t pci_map(const struct pci_device *p, unsigned bar, uint32_t offset, uint32_t size)
{
	uint32_t low, high = 0, at;

	if (bar >= BARS) {
		return 0;
	}
	low = pci_read32(p, BAR0 + bar * 4);
	if (!(low & BAR_IO) && (low & BAR_TYPE) == BAR_64_BITS && bar + 1 < BARS) {
		high = pci_read32(p, BAR0 + (bar + 1) * 4);
	}
	at = low & ~(uint32_t)BAR_FLAGS;
	if (low & BAR_IO || at == 0 || high != 0 || offset > UINT32_MAX - at) {
		return 0;
	}
	return pt_map_device(at + offset, size);
}

uint16_t pci_ports(const struct pci_device *p, unsigned bar)
{
	uint32_t value = bar < BARS ? pci_read32(p, BAR0 + bar * 4) : 0;

	value = value & BAR_IO ? value & ~(uint32_t)BAR_IO_FLAGS : 0;
	return value <= UINT16_MAX ? (uint16_t)value : 0;
}
