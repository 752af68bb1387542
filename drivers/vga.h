/*
 * The VGA's text screen: a second face of the terminal beside the serial line, and until process 1
 * starts, of the kernel's log.
 *
 * Floor 4.  Read next: vga.c
 */
#ifndef DRIVERS_VGA_H
#define DRIVERS_VGA_H

#include "drivers/tty.h"

/*
 * Find the screen, see that it shows text, clear it; the log, from its first line, goes there too.
 * A machine without a VGA does without, here and below.
 */
void vga_init(void);

/* The screen shows what @t puts out. */
void vga_attach(struct tty *t);

/* The screen is the programs' alone now: the log stays away, unless the kernel panics. */
void vga_end_log(void);

#endif
