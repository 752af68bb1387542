/*
 * The interrupt controller (two 8259A) and the interval timer (8254).
 *
 * Floor 1.
 */
#ifndef KERNEL_X86_IRQ_H
#define KERNEL_X86_IRQ_H

#include "kernel/x86/trap.h"

enum { IRQ_TIMER = 0, IRQ_KEYBOARD = 1, IRQ_COM2 = 3, IRQ_COM1 = 4, NR_IRQS = 16 };

/* Remap the PICs to vectors 32..47, everything masked. */
void irq_init(void);

/* Handle @irq with @fn (interrupts off, end-of-interrupt done by irq.c) and unmask it. */
void irq_set(unsigned irq, trap_fn fn);

/* One-shot: interrupt after @count input clocks of 1,193,182 Hz, 1..65535 [8254 mode 0]. */
void pit_arm(uint16_t count);
/* Clocks still to go of the last pit_arm(); 0 once expired. */
uint16_t pit_remaining(void);

#define PIT_HZ 1193182u

/* Enable interrupts and halt until one comes, without a window between the two [SDM 2B STI]. */
void irq_wait(void);

#endif
