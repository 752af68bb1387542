/*
 * The two serial ports: COM1 is the terminal of the programs, COM2 takes the kernel's log.
 *
 * Both are raw and 8-bit clean: what is written is what comes out.  Line ends are the tty's business.
 *
 * Floor 4.  Read next: serial.c, tty.h
 */
#ifndef DRIVERS_SERIAL_H
#define DRIVERS_SERIAL_H

#include "drivers/tty.h"
#include "kernel/lib/types.h"

/* Both ports: 115,200 baud, 8 bits, no parity, FIFOs on.  From now on the log goes to COM2. */
void serial_init(void);

/* Make COM1 a line of @t: it shows the output, and what comes in is input (by interrupt). */
void serial_attach(struct tty *t);

#endif
