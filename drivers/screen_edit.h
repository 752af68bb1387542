/*
 * What the three files of the screen share: the verbs that change cells, and the parser's parts.  Nobody else includes this.
 *
 * Floor 4.
 */
#ifndef DRIVERS_SCREEN_EDIT_H
#define DRIVERS_SCREEN_EDIT_H

#include "drivers/screen.h"

/* Blank columns [from, to) of @row in the present colours. */
void screen_erase(struct screen *s, unsigned row, unsigned from, unsigned to);

/* Move rows [top, bottom] by @n: up, so that blank ones come in below, or down. */
void screen_scroll_up(struct screen *s, unsigned top, unsigned bottom, unsigned n);
void screen_scroll_down(struct screen *s, unsigned top, unsigned bottom, unsigned n);

/* In the cursor's row, move what is right of the cursor by @n columns. */
void screen_insert(struct screen *s, unsigned n);
void screen_delete(struct screen *s, unsigned n);

/* The cursor, kept within the screen. */
void screen_move_to(struct screen *s, unsigned row, unsigned column);

/* One line on; at the last line that scrolls, everything goes up instead.  And the other way. */
void screen_line_feed(struct screen *s);
void screen_line_back(struct screen *s);

/* ESC 7 and ESC 8: cursor and colours. */
void screen_save(struct screen *s);
void screen_restore(struct screen *s);

/* A sequence ESC [ ... @letter is complete, its parameters are in @s.  screen_csi.c */
void screen_csi(struct screen *s, uint8_t letter);

/* A byte that is part of a sequence, @s->state says of which.  screen_escape.c */
void screen_escape(struct screen *s, uint8_t c);

#endif
