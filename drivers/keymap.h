/*
 * From the keys of a PC keyboard to the bytes a terminal would send: scan code set 1, US layout.
 *
 *	scan code  0x1E  A goes down          bytes  "a", or "A" with shift, or ^A with control
 *	           0x9E  A goes up                   (nothing)
 *	           0xE0 0x48  arrow up               ESC [ A
 *
 * Pure: no hardware.  Floor 4.  [8042] IBM PC/AT Technical Reference, keyboard.  Read next: keymap.c
 */
#ifndef DRIVERS_KEYMAP_H
#define DRIVERS_KEYMAP_H

#include "kernel/lib/types.h"

#define KEY_BYTES 5u                    /* the most that one key sends: ESC and ESC [ 5 ~ */

struct keymap {
	uint8_t down;                   /* which of the modifier keys are held: HELD_*       */
	bool    caps;                   /* caps lock is on                                   */
	bool    extended;               /* the last code was 0xE0                            */
	uint8_t skip;                   /* codes still to come of a key that means nothing   */
};

/*
 * The next scan code.  The bytes that it makes go to @out, without a zero at the end: ^@ is a zero.
 * Returns: how many, 0 to KEY_BYTES.
 */
size_t keymap_decode(struct keymap *k, uint8_t code, char out[KEY_BYTES]);

#endif
