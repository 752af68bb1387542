/*
 * The terminal: what stands between the devices where a person sits and the programs.
 *
 *	serial line, keyboard -> tty_input -> [ edit line | finished lines ] -> tty_read -> program
 *	                            | echo
 *	serial line, screen <--- outputs <--------------------- tty_write <- program
 *
 * Whatever is attached is one terminal: it shows the same everywhere, and takes input from anywhere.
 *
 * Canonical mode gives out whole lines and lets the user correct them first; without ICANON every byte is
 * given out at once.  ECHO, ISIG, ICRNL, OPOST and ONLCR work as in [POSIX termios].  With `console=raw`
 * on the kernel command line the line starts 8-bit clean: no echo, no translation, no editing.
 *
 * Floor 4.  Read next: tty.c
 */
#ifndef DRIVERS_TTY_H
#define DRIVERS_TTY_H

#include "drivers/termios.h"
#include "kernel/lib/check.h"
#include "kernel/lib/types.h"
#include "kernel/lock.h"

#define TTY_RING    4096u               /* bytes typed and not yet read: Linux's limit too */
#define TTY_OUTPUTS 2u

/* Door: text to a device that shows it.  Any context. */
typedef void (*tty_output)(const char *text, size_t n);

struct tty {
	tty_output      outputs[TTY_OUTPUTS];
	unsigned        noutputs;
	struct spinlock lock;
	struct waitq    readers;
	struct termios  termios;                /* [lock] */
	struct winsize  size;                   /* [lock] */
	int             pgrp;                   /* foreground process group; 0 = none [lock] */

	/* Positions count bytes for ever; head <= ready <= tail.  [ready, tail) is the line being typed. */
	uint32_t        head, ready, tail;      /* [lock] */
	uint8_t         ring[TTY_RING];         /* [lock] */
	uint32_t        line_end[TTY_RING / 32]; /* one bit a byte: a line ends with it [lock] */
};

/* The one terminal there is. */
struct tty *tty_console(void);

/* With nothing attached yet. */
void tty_init(struct tty *t);

/* Is the line for the output of one program, on its way into a file?  `console=raw`; nobody watches then. */
bool tty_is_batch(void);

/*
 * @add gets all output from now on, after those that were added before.  Up to TTY_OUTPUTS; while the
 * machine starts.
 */
void tty_add_output(struct tty *t, tty_output add);

/* Door: @fn sends signal @sig to every process of group @pgrp, from an interrupt. */
void tty_set_signal(void (*fn)(int pgrp, int sig));

/* A byte came in.  Interrupt context. */
void tty_input(struct tty *t, char c);

/*
 * At most @n bytes, and at most one line in canonical mode; 0 at end of file.
 *
 * Sleeps:  until there is something to read.
 * Returns: how many, or -EINTR if a signal came first.
 */
must_check int tty_read(struct tty *t, char *to, size_t n);

/* Returns @n. */
int tty_write(struct tty *t, const char *from, size_t n);

/* TCGETS TCSETS TCSETSW TCSETSF TIOCGWINSZ TIOCSWINSZ TIOCGPGRP TIOCSPGRP FIONREAD; else -ENOTTY. */
must_check int tty_ioctl(struct tty *t, unsigned cmd, uva_t arg);

/* Events as poll(2) has them: TTY_POLLIN if a read would not sleep, TTY_POLLOUT always. */
enum { TTY_POLLIN = 0x1, TTY_POLLOUT = 0x4 };
int tty_poll(struct tty *t);

#endif
