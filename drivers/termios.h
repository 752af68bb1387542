/*
 * Terminal attributes and requests, as the kernel of Linux/i386 numbers them.
 *
 * Floor 4.
 */
#ifndef DRIVERS_TERMIOS_H
#define DRIVERS_TERMIOS_H

#include "kernel/lib/types.h"

#define NR_CC 19

/* libc's own struct is longer and is translated there. */
struct termios {
	uint32_t iflag, oflag, cflag, lflag;
	uint8_t  line;
	uint8_t  cc[NR_CC];
};
_Static_assert(sizeof(struct termios) == 36, "the ABI's size");

struct winsize { uint16_t rows, columns, xpixel, ypixel; };

/* Only what is honoured, and in cflag what describes the line to those who ask. */
enum { ICRNL = 0000400, IUTF8 = 0040000 };                              /* iflag */
enum { OPOST = 0000001, ONLCR = 0000004 };                              /* oflag */
enum { B115200 = 0010002, CS8 = 0000060, CREAD = 0000200, HUPCL = 0002000 };    /* cflag */
enum { ISIG = 0000001, ICANON = 0000002, ECHO = 0000010, NOFLSH = 0000200 };    /* lflag */
enum { VINTR = 0, VQUIT = 1, VERASE = 2, VKILL = 3, VEOF = 4, VTIME = 5, VMIN = 6, VWERASE = 14 };
#define CC_DISABLED 0
#define KEY_DELETE  0x7F            /* what the backspace key of a terminal sends */

enum {
	TCGETS = 0x5401, TCSETS = 0x5402, TCSETSW = 0x5403, TCSETSF = 0x5404,
	TIOCGPGRP = 0x540F, TIOCSPGRP = 0x5410, TIOCGWINSZ = 0x5413, TIOCSWINSZ = 0x5414,
	FIONREAD = 0x541B,
};

#endif
