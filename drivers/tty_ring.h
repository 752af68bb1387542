/*
 * The ring of typed bytes, and the way out: what tty.c and tty_input.c share.  Nobody else includes this.
 *
 * The ring is touched under the tty's lock only.  Floor 4.
 */
#ifndef DRIVERS_TTY_RING_H
#define DRIVERS_TTY_RING_H

#include "drivers/tty.h"

#define EOF_MARK 0              /* what end-of-file stores, with its line_end bit set */

static inline void put(const struct tty *t, const char *text, size_t n)
{
	for (unsigned i = 0; i < t->noutputs; i++) {
		t->outputs[i](text, n);
	}
}

static inline bool ends_line(const struct tty *t, uint32_t at)
{
	uint32_t bit = at % TTY_RING;

	return t->line_end[bit / 32] >> bit % 32 & 1;
}

static inline bool is_eof_mark(const struct tty *t, uint32_t at)
{
	return at != t->ready && ends_line(t, at) && t->ring[at % TTY_RING] == EOF_MARK;
}

static inline void mark(struct tty *t, uint32_t at, bool last)
{
	uint32_t bit = at % TTY_RING;

	t->line_end[bit / 32] &= ~(1u << bit % 32);
	t->line_end[bit / 32] |= (uint32_t)last << bit % 32;
}

static inline void store(struct tty *t, uint8_t c, bool last)
{
	t->ring[t->tail % TTY_RING] = c;
	mark(t, t->tail, last);
	t->tail++;
}

#endif
