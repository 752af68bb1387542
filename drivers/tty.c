/*
 * The terminal as programs see it.  How what is typed becomes lines: tty_input.c.
 *
 * Invariants: head <= ready <= tail <= head + TTY_RING.  Readers get what is before `ready`; in canonical
 * mode that is whole lines.  A line ends with the byte whose line_end bit is set: a newline, or the mark
 * that end-of-file leaves and no reader sees.
 *
 * Floor 4.  [POSIX XBD 11]   Read next: tty_input.c, tty_ioctl.c
 */
#include "drivers/tty.h"
#include "drivers/tty_ring.h"
#include "kernel/cmdline.h"
#include "kernel/lib/string.h"
#include "kernel/wait.h"

#define CONTROL(c) ((c) & 0x1F)

static struct tty console_tty;

static const struct termios cooked = {
	.iflag = ICRNL | IUTF8, .oflag = OPOST | ONLCR,
	.cflag = B115200 | CS8 | CREAD | HUPCL, .lflag = ISIG | ICANON | ECHO,
	.cc = { [VINTR] = CONTROL('C'), [VQUIT] = CONTROL('\\'), [VERASE] = KEY_DELETE, [VMIN] = 1,
		[VKILL] = CONTROL('U'), [VEOF] = CONTROL('D'), [VWERASE] = CONTROL('W') },
};

/* For the output of one program on its way into a file.  ^D still works: nothing else says end-of-file. */
static const struct termios batch = {
	.iflag = 0, .oflag = 0,
	.cflag = B115200 | CS8 | CREAD | HUPCL, .lflag = ICANON,
	.cc = { [VMIN] = 1, [VEOF] = CONTROL('D') },
};

struct tty *tty_console(void)
{
	return &console_tty;
}

bool tty_is_batch(void)
{
	char mode[8];

	cmdline_get("console", mode, sizeof(mode));
	return strcmp(mode, "raw") == 0;
}

void tty_init(struct tty *t)
{
	*t = (struct tty){ .termios = tty_is_batch() ? batch : cooked };
	t->size = (struct winsize){ .rows = 24, .columns = 80 };
	waitq_init(&t->readers);
}

void tty_add_output(struct tty *t, tty_output add)
{
	ASSERT(t->noutputs < TTY_OUTPUTS);
	t->outputs[t->noutputs++] = add;
}

static bool readable(const struct tty *t, size_t n)
{
	size_t least = MIN((size_t)t->termios.cc[VMIN], n);

	if (t->termios.lflag & ICANON) {
		return t->ready != t->head;
	}
	return t->ready - t->head >= least;
}

/* The lock is held.  A line that just fills @to takes its end-of-file mark along: it is no second end. */
static size_t take_line(struct tty *t, char *to, size_t n)
{
	size_t got = 0;

	while (got < n && t->head != t->ready && !is_eof_mark(t, t->head)) {
		uint32_t at = t->head++;

		to[got++] = (char)t->ring[at % TTY_RING];
		if (ends_line(t, at)) {
			return got;
		}
	}
	if (is_eof_mark(t, t->head)) {
		t->head++;
	}
	return got;
}

static size_t take_bytes(struct tty *t, char *to, size_t n)
{
	size_t got = 0;

	while (got < n && t->head != t->ready) {
		to[got++] = (char)t->ring[t->head++ % TTY_RING];
	}
	return got;
}

int tty_read(struct tty *t, char *to, size_t n)
{
	int result;

	if (n == 0) {
		return 0;
	}
	spin_lock(&t->lock);
	result = wait_until_killable(&t->readers, &t->lock, readable(t, n));
	if (result == 0 && (t->termios.lflag & ICANON)) {
		result = (int)take_line(t, to, n);
	} else if (result == 0) {
		result = (int)take_bytes(t, to, n);
	}
	spin_unlock(&t->lock);
	return result;
}

/* Everything goes out in as few pieces as there are lines to translate. */
int tty_write(struct tty *t, const char *from, size_t n)
{
	uint32_t oflag = t->termios.oflag;
	bool translate = (oflag & OPOST) && (oflag & ONLCR);
	size_t start = 0;

	for (size_t i = 0; translate && i < n; i++) {
		if (from[i] == '\n') {
			put(t, from + start, i - start);
			put(t, "\r\n", 2);
			start = i + 1;
		}
	}
	put(t, from + start, n - start);
	return (int)n;
}

int tty_poll(struct tty *t)
{
	int events = TTY_POLLOUT;

	spin_lock(&t->lock);
	if (t->ready != t->head) {
		events |= TTY_POLLIN;
	}
	spin_unlock(&t->lock);
	return events;
}
