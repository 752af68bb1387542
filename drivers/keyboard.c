/*
 * The 8042: commands to port 0x64, data through port 0x60, where the keyboard's codes come out too.
 *
 *	keyboard --serial, set 2--> 8042 --translated to set 1--> port 0x60, IRQ 1
 *
 * Whatever is waited for is waited for a while only: the chip may be missing or mad.
 *
 * Floor 4.  [8042] IBM PC/AT Technical Reference, 1-34.  Read next: tty_input.c
 */
#include "drivers/keyboard.h"
#include "drivers/keymap.h"
#include "kernel/printk.h"
#include "kernel/x86/insn.h"
#include "kernel/x86/irq.h"

enum { DATA = 0x60, STATUS = 0x64, COMMAND = 0x64 };

enum {
	STATUS_OUTPUT = 0x01,           /* a byte for us is in DATA                          */
	STATUS_INPUT  = 0x02,           /* the last byte from us is still there              */
	STATUS_MOUSE  = 0x20,           /* the byte for us is the mouse's                    */
	STATUS_ABSENT = 0xFF,           /* what an empty bus reads as                        */
};

enum {
	COMMAND_READ_MODE = 0x20, COMMAND_WRITE_MODE = 0x60,
	COMMAND_MOUSE_OFF = 0xA7, COMMAND_KEYBOARD_OFF = 0xAD, COMMAND_KEYBOARD_ON = 0xAE,
	MODE_IRQ = 0x01, MODE_MOUSE_IRQ = 0x02, MODE_TRANSLATE = 0x40,
};

enum { KEYBOARD_ENABLE = 0xF4, KEYBOARD_ACK = 0xFA };

#define PATIENCE 100000u                /* looks at the status: a tenth of a second on a real bus */
#define BUFFER   32u                    /* more bytes than any controller keeps                   */

static struct keymap keymap;
static struct tty *console_tty;

static bool wait_status(uint8_t bit, uint8_t wanted)
{
	for (unsigned i = 0; i < PATIENCE; i++) {
		if ((in8(STATUS) & bit) == wanted) {
			return true;
		}
	}
	return false;
}

static void send(uint16_t port, uint8_t value)
{
	if (wait_status(STATUS_INPUT, 0)) {
		out8(port, value);
	}
}

/* The next byte for us; 0 if none comes. */
static uint8_t receive(void)
{
	return wait_status(STATUS_OUTPUT, STATUS_OUTPUT) ? in8(DATA) : 0;
}

static void drop_old_input(void)
{
	for (unsigned i = 0; i < BUFFER && (in8(STATUS) & STATUS_OUTPUT); i++) {
		(void)in8(DATA);
	}
}

/* The firmware may have left it in any state.  False: there is no keyboard that answers. */
static bool start(void)
{
	uint8_t mode;

	if (in8(STATUS) == STATUS_ABSENT) {
		return false;
	}
	send(COMMAND, COMMAND_KEYBOARD_OFF);
	send(COMMAND, COMMAND_MOUSE_OFF);
	drop_old_input();
	send(COMMAND, COMMAND_READ_MODE);
	mode = receive();
	send(COMMAND, COMMAND_WRITE_MODE);
	send(DATA, (uint8_t)((mode | MODE_IRQ | MODE_TRANSLATE) & ~MODE_MOUSE_IRQ));
	send(COMMAND, COMMAND_KEYBOARD_ON);
	send(DATA, KEYBOARD_ENABLE);
	return receive() == KEYBOARD_ACK;
}

static void typed(struct trapframe *tf)
{
	char bytes[KEY_BYTES];
	uint8_t status;

	(void)tf;
	while ((status = in8(STATUS)) & STATUS_OUTPUT) {
		uint8_t code = in8(DATA);
		size_t n = status & STATUS_MOUSE ? 0 : keymap_decode(&keymap, code, bytes);

		for (size_t i = 0; i < n; i++) {
			tty_input(console_tty, bytes[i]);
		}
	}
}

void keyboard_attach(struct tty *t)
{
	if (!start()) {
		printk("keyboard: none\n");
		return;
	}
	console_tty = t;
	irq_set(IRQ_KEYBOARD, typed);
}
