/*
 * Two 8259A interrupt controllers, the second hanging on input 2 of the first, and channel 0 of the 8254
 * interval timer.
 *
 * Floor 1.  [8259A], [8254] Intel's data sheets.  Read next: kernel/clock.c
 */
#include "kernel/x86/irq.h"
#include "kernel/lib/check.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/insn.h"

enum {
	PIC1 = 0x20, PIC2 = 0xA0,               /* command port; data port is one above        */
	ICW1_INIT = 0x11,                       /* edge triggered, cascaded, ICW4 follows      */
	ICW4_8086 = 0x01,
	OCW2_EOI = 0x20,                        /* non-specific end of interrupt               */
	OCW3_READ_ISR = 0x0B,
	CASCADE = 2,                            /* where PIC2 hangs on PIC1                    */
};

enum {
	PIT_CHANNEL0 = 0x40, PIT_COMMAND = 0x43,
	PIT_ONE_SHOT = 0x30,                    /* channel 0, low then high byte, mode 0       */
	PIT_READ_BACK = 0xC2,                   /* latch status and count of channel 0         */
	PIT_OUT = 0x80,                         /* status: output pin high = count reached     */
};

static trap_fn handlers[NR_IRQS];
static uint16_t masked = 0xFFFF & ~(1u << CASCADE);

static void write_masks(void)
{
	out8(PIC1 + 1, (uint8_t)masked);
	out8(PIC2 + 1, (uint8_t)(masked >> 8));
}

/*
 * An 8259A whose request vanished before the processor asked reports its input 7; the in-service bit is
 * then clear, and an end-of-interrupt would end somebody else's [8259A "DEFAULT IR7"].
 */
static bool is_spurious(unsigned irq)
{
	uint16_t pic = irq < 8 ? PIC1 : PIC2;

	if ((irq & 7) != 7) {
		return false;
	}
	out8(pic, OCW3_READ_ISR);
	return !(in8(pic) & 0x80);
}

static void end_of_interrupt(unsigned irq)
{
	if (irq >= 8) {
		out8(PIC2, OCW2_EOI);
	}
	out8(PIC1, OCW2_EOI);
}

static void irq_trap(struct trapframe *tf)
{
	unsigned irq = tf->vector - TRAP_IRQ0;
	struct cpu *cpu = this_cpu();

	if (is_spurious(irq)) {
		if (irq >= 8) {
			out8(PIC1, OCW2_EOI);   /* PIC1 did see a request, from PIC2 */
		}
		return;
	}
	/* Before the handler: it runs with interrupts off anyway, and may arm the next one. */
	end_of_interrupt(irq);
	cpu->irq_depth++;
	if (handlers[irq]) {
		handlers[irq](tf);
	}
	cpu->irq_depth--;
}

void irq_init(void)
{
	out8(PIC1, ICW1_INIT);
	out8(PIC2, ICW1_INIT);
	out8(PIC1 + 1, TRAP_IRQ0);
	out8(PIC2 + 1, TRAP_IRQ0 + 8);
	out8(PIC1 + 1, 1u << CASCADE);
	out8(PIC2 + 1, CASCADE);
	out8(PIC1 + 1, ICW4_8086);
	out8(PIC2 + 1, ICW4_8086);
	write_masks();
	for (unsigned irq = 0; irq < NR_IRQS; irq++) {
		trap_set(TRAP_IRQ0 + irq, irq_trap);
	}
}

void irq_set(unsigned irq, trap_fn fn)
{
	ASSERT(irq < NR_IRQS && !handlers[irq]);
	handlers[irq] = fn;
	masked &= (uint16_t)~(1u << irq);
	write_masks();
}

void pit_arm(uint16_t count)
{
	out8(PIT_COMMAND, PIT_ONE_SHOT);
	out8(PIT_CHANNEL0, (uint8_t)count);
	out8(PIT_CHANNEL0, (uint8_t)(count >> 8));
}

uint16_t pit_remaining(void)
{
	uint8_t status, low, high;

	out8(PIT_COMMAND, PIT_READ_BACK);
	status = in8(PIT_CHANNEL0);
	low = in8(PIT_CHANNEL0);
	high = in8(PIT_CHANNEL0);
	/* After the end the counter wraps and counts on; the output pin remembers. */
	return status & PIT_OUT ? 0 : (uint16_t)(high << 8 | low);
}

void irq_wait(void)
{
	interrupts_on_halt();
}
