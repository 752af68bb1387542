/*
 * The line discipline: echo, correcting a line before it is finished, keys that send signals.
 *
 * Floor 4.  [POSIX XBD 11.1]   Read next: tty_ioctl.c
 */
#include "drivers/tty_ring.h"
#include "kernel/wait.h"

#define SIGINT  2
#define SIGQUIT 3

static void (*send_signal)(int pgrp, int sig);

/* ---- echo and editing; the tty's lock is held ---- */

static void echo(struct tty *t, const char *text, size_t n)
{
	if (t->termios.lflag & ECHO) {
		put(t, text, n);
	}
}

static bool is_control(uint8_t c)
{
	return c < ' ' || c == KEY_DELETE;
}

/* Control characters show as ^C; a tab as one blank, so that erasing need not know columns. */
static void echo_char(struct tty *t, uint8_t c)
{
	char caret[2] = { '^', (char)(c ^ 0x40) };

	if (c == '\n') {
		echo(t, "\r\n", 2);
	} else if (c == '\t') {
		echo(t, " ", 1);
	} else if (is_control(c)) {
		echo(t, caret, 2);
	} else {
		echo(t, (const char *)&c, 1);
	}
}

static uint8_t last_typed(const struct tty *t)
{
	return t->ring[(t->tail - 1) % TTY_RING];
}

static bool is_utf8_tail(const struct tty *t, uint8_t c)
{
	return (t->termios.iflag & IUTF8) && (c & 0xC0) == 0x80;
}

/* Take back one character of the line being typed. */
static void erase_char(struct tty *t)
{
	uint8_t c;

	if (t->tail == t->ready) {
		return;
	}
	do {
		c = last_typed(t);
		t->tail--;
	} while (is_utf8_tail(t, c) && t->tail != t->ready);
	echo(t, "\b \b", 3);
	if (is_control(c) && c != '\t') {
		echo(t, "\b \b", 3);
	}
}

static void erase_word(struct tty *t)
{
	while (t->tail != t->ready && last_typed(t) == ' ') {
		erase_char(t);
	}
	while (t->tail != t->ready && last_typed(t) != ' ') {
		erase_char(t);
	}
}

static void erase_line(struct tty *t)
{
	while (t->tail != t->ready) {
		erase_char(t);
	}
}

/* ---- input ---- */

void tty_set_signal(void (*fn)(int pgrp, int sig))
{
	send_signal = fn;
}

static bool is_key(const struct tty *t, uint8_t c, unsigned key)
{
	return c != CC_DISABLED && c == t->termios.cc[key];
}

/* One byte in canonical mode.  The last place of the ring is kept for what ends the line. */
static void input_line(struct tty *t, uint8_t c)
{
	uint32_t used = t->tail - t->head;

	if (is_key(t, c, VERASE) || (c == '\b' && t->termios.cc[VERASE] == KEY_DELETE)) {
		erase_char(t);
	} else if (is_key(t, c, VKILL)) {
		erase_line(t);
	} else if (is_key(t, c, VWERASE)) {
		erase_word(t);
	} else if ((is_key(t, c, VEOF) || c == '\n') && used < TTY_RING) {
		if (c == '\n') {
			echo_char(t, c);
		}
		store(t, c == '\n' ? c : EOF_MARK, true);
		t->ready = t->tail;
	} else if (used < TTY_RING - 1) {
		echo_char(t, c);
		store(t, c, false);
	}
}

static void input_raw(struct tty *t, uint8_t c)
{
	if (t->tail - t->head < TTY_RING) {
		echo_char(t, c);
		store(t, c, false);
		t->ready = t->tail;
	}
}

/* The signal that @c stands for, or 0. */
static int signal_key(const struct tty *t, uint8_t c)
{
	if (!(t->termios.lflag & ISIG)) {
		return 0;
	}
	if (is_key(t, c, VINTR)) {
		return SIGINT;
	}
	return is_key(t, c, VQUIT) ? SIGQUIT : 0;
}

static void show_signal(struct tty *t, uint8_t c)
{
	if (!(t->termios.lflag & NOFLSH)) {
		t->head = t->ready = t->tail;
	}
	echo_char(t, c);
	echo(t, "\r\n", 2);
}

void tty_input(struct tty *t, char typed)
{
	uint8_t c = (uint8_t)typed;
	int pgrp, sig;

	spin_lock(&t->lock);
	if (c == '\r' && (t->termios.iflag & ICRNL)) {
		c = '\n';
	}
	sig = signal_key(t, c);
	pgrp = t->pgrp;
	if (sig) {
		show_signal(t, c);
	} else if (t->termios.lflag & ICANON) {
		input_line(t, c);
	} else {
		input_raw(t, c);
	}
	if (t->ready != t->head) {
		wait_wake(&t->readers);
	}
	spin_unlock(&t->lock);

	if (sig && pgrp && send_signal) {
		send_signal(pgrp, sig);
	}
}
