/*
 * What the VGA shows: text or something else.
 *
 * Floor 4.  Read next: vga_mode.c
 */
#ifndef DRIVERS_VGA_MODE_H
#define DRIVERS_VGA_MODE_H

#include "kernel/lib/types.h"

/* Does it show text from 0xB8000?  False too where there is no VGA. */
bool vga_is_text_mode(void);

/* Make it do so, from whatever state it is in, without firmware. */
void vga_set_text_mode(void);

#endif
