/*
 * The PS/2 keyboard behind the 8042 controller: a second source of input for the terminal.
 *
 * Floor 4.  Read next: keyboard.c
 */
#ifndef DRIVERS_KEYBOARD_H
#define DRIVERS_KEYBOARD_H

#include "drivers/tty.h"

/*
 * What is typed goes to @t from now on, by interrupt.  A machine without such a controller does without.
 */
void keyboard_attach(struct tty *t);

#endif
