/*
 * 16550 serial ports.  [16550] National Semiconductor's data sheet.
 *
 * Sending waits for room (the FIFO holds 16 bytes); receiving is by interrupt.
 *
 * Floor 4.  Read next: tty.c
 */
#include "drivers/serial.h"
#include "kernel/lock.h"
#include "kernel/printk.h"
#include "kernel/x86/insn.h"
#include "kernel/x86/irq.h"

#define FIFO_SIZE 16u
#define DIVISOR   1u                    /* 115,200 baud / 1 */

enum { COM1 = 0x3F8, COM2 = 0x2F8 };

enum {                                  /* registers, from the port's base */
	DATA = 0, INT_ENABLE = 1, FIFO_CONTROL = 2, LINE_CONTROL = 3, MODEM_CONTROL = 4, LINE_STATUS = 5,
	DIVISOR_LOW = 0, DIVISOR_HIGH = 1,      /* while LINE_DIVISOR is set */
};

enum {
	INT_RECEIVED  = 0x01,
	FIFO_ON_CLEAR = 0x07,           /* enable, clear both; interrupt from the first byte on  */
	LINE_8N1      = 0x03,
	LINE_DIVISOR  = 0x80,
	MODEM_READY   = 0x0B,           /* DTR, RTS, and OUT2, which lets the interrupt through  */
	STATUS_DATA   = 0x01,
	STATUS_EMPTY  = 0x20,           /* transmit FIFO                                         */
	STATUS_ABSENT = 0xFF,           /* what an empty bus reads as                            */
};

/* One port.  The lock keeps a burst of one sender together, so that two cannot overfill the FIFO. */
struct port {
	uint16_t        base;
	struct spinlock lock;
};

static struct port console = { COM1, SPINLOCK_INIT };
static struct tty *console_tty;

static void port_init(uint16_t base)
{
	out8(base + INT_ENABLE, 0);
	out8(base + LINE_CONTROL, LINE_DIVISOR);
	out8(base + DIVISOR_LOW, DIVISOR);
	out8(base + DIVISOR_HIGH, 0);
	out8(base + LINE_CONTROL, LINE_8N1);
	out8(base + FIFO_CONTROL, FIFO_ON_CLEAR);
	out8(base + MODEM_CONTROL, MODEM_READY);
}

/* At most one FIFO full, if it is empty; how many bytes were sent. */
static size_t send_burst(uint16_t base, const char *text, size_t n)
{
	size_t i = 0;

	if (in8(base + LINE_STATUS) & STATUS_EMPTY) {
		for (; i < n && i < FIFO_SIZE; i++) {
			out8(base + DATA, (uint8_t)text[i]);
		}
	}
	return i;
}

static void console_put(const char *text, size_t n)
{
	for (size_t done = 0; done < n;) {
		spin_lock(&console.lock);
		done += send_burst(console.base, text + done, n - done);
		spin_unlock(&console.lock);
	}
}

/* The log's sink.  No lock: printk() has one, and a panic must get through. */
static void log_put(const char *text, size_t n)
{
	if (in8(COM2 + LINE_STATUS) == STATUS_ABSENT) {
		return;
	}
	for (size_t done = 0; done < n;) {
		done += send_burst(COM2, text + done, n - done);
	}
}

static void received(struct trapframe *tf)
{
	(void)tf;
	while (in8(console.base + LINE_STATUS) & STATUS_DATA) {
		tty_input(console_tty, (char)in8(console.base + DATA));
	}
}

void serial_init(void)
{
	port_init(COM1);
	port_init(COM2);
	printk_add_sink(log_put);
}

void serial_attach(struct tty *t)
{
	console_tty = t;
	tty_add_output(t, console_put);
	irq_set(IRQ_COM1, received);
	out8(console.base + INT_ENABLE, INT_RECEIVED);
}
