/*
 * The cells: characters, control characters, scrolling.
 *
 * Floor 4.  Read next: screen_escape.c
 */
#include "drivers/screen.h"
#include "drivers/screen_edit.h"
#include "kernel/lib/string.h"

#define ESC      0x1B
#define DELETE   0x7F
#define TAB_STOP 8u
#define UNKNOWN  0xFE                   /* a small square in code page 437 */

enum { GREY = 7, BLACK = 0 };
enum { ATTR_BRIGHT = 0x08, ATTR_BLINK = 0x80 };

static const struct screen_style plain = { .ink = GREY, .paper = BLACK };

void screen_reset(struct screen *s)
{
	*s = (struct screen){ .style = plain, .saved_style = plain, .bottom = SCREEN_ROWS - 1 };
	for (unsigned row = 0; row < SCREEN_ROWS; row++) {
		screen_erase(s, row, 0, SCREEN_COLUMNS);
	}
}

/* ---- cells ---- */

static uint16_t cell(const struct screen_style *style, uint8_t c)
{
	unsigned ink = style->reverse ? style->paper : style->ink;
	unsigned paper = style->reverse ? style->ink & GREY : style->paper;

	if (style->bold) {
		ink |= ATTR_BRIGHT;
	}
	return (uint16_t)((ink | paper << 4 | (style->blink ? ATTR_BLINK : 0)) << 8 | c);
}

static void touch(struct screen *s, unsigned row)
{
	s->dirty |= 1u << row;
}

void screen_erase(struct screen *s, unsigned row, unsigned from, unsigned to)
{
	const struct screen_style blank = { .ink = GREY, .paper = s->style.paper };

	for (unsigned column = from; column < to; column++) {
		s->cells[row][column] = cell(&blank, ' ');
	}
	touch(s, row);
}

static void copy_row(struct screen *s, unsigned to, unsigned from)
{
	memcpy(s->cells[to], s->cells[from], sizeof(s->cells[to]));
	touch(s, to);
}

void screen_scroll_up(struct screen *s, unsigned top, unsigned bottom, unsigned n)
{
	n = MIN(n, bottom - top + 1);
	for (unsigned row = top; row + n <= bottom; row++) {
		copy_row(s, row, row + n);
	}
	for (unsigned row = bottom + 1 - n; row <= bottom; row++) {
		screen_erase(s, row, 0, SCREEN_COLUMNS);
	}
}

void screen_scroll_down(struct screen *s, unsigned top, unsigned bottom, unsigned n)
{
	n = MIN(n, bottom - top + 1);
	for (unsigned row = bottom; row >= top + n; row--) {
		copy_row(s, row, row - n);
	}
	for (unsigned row = top; row < top + n; row++) {
		screen_erase(s, row, 0, SCREEN_COLUMNS);
	}
}

void screen_insert(struct screen *s, unsigned n)
{
	uint16_t *row = s->cells[s->cursor.row];
	unsigned at = s->cursor.column;

	n = MIN(n, SCREEN_COLUMNS - at);
	memmove(row + at + n, row + at, (SCREEN_COLUMNS - at - n) * sizeof(*row));
	screen_erase(s, s->cursor.row, at, at + n);
}

void screen_delete(struct screen *s, unsigned n)
{
	uint16_t *row = s->cells[s->cursor.row];
	unsigned at = s->cursor.column;

	n = MIN(n, SCREEN_COLUMNS - at);
	memmove(row + at, row + at + n, (SCREEN_COLUMNS - at - n) * sizeof(*row));
	screen_erase(s, s->cursor.row, SCREEN_COLUMNS - n, SCREEN_COLUMNS);
}

/* ---- cursor ---- */

void screen_move_to(struct screen *s, unsigned row, unsigned column)
{
	s->cursor.row = MIN(row, SCREEN_ROWS - 1);
	s->cursor.column = MIN(column, SCREEN_COLUMNS - 1);
	s->wrap = false;
}

/* Outside the lines that scroll, the last line of all just stays. */
void screen_line_feed(struct screen *s)
{
	if (s->cursor.row == s->bottom) {
		screen_scroll_up(s, s->top, s->bottom, 1);
	} else {
		screen_move_to(s, s->cursor.row + 1, s->cursor.column);
	}
	s->wrap = false;
}

void screen_line_back(struct screen *s)
{
	if (s->cursor.row == s->top) {
		screen_scroll_down(s, s->top, s->bottom, 1);
	} else if (s->cursor.row > 0) {
		screen_move_to(s, s->cursor.row - 1, s->cursor.column);
	}
	s->wrap = false;
}

/* ---- characters ---- */

/*
 * A character in the last column leaves the cursor on it; the line breaks when the next one comes
 * [VT100 "autowrap"].  So a full line followed by a newline leaves no empty one.
 */
static void show(struct screen *s, uint8_t c)
{
	if (s->wrap) {
		s->cursor.column = 0;
		screen_line_feed(s);
	}
	s->cells[s->cursor.row][s->cursor.column] = cell(&s->style, c);
	touch(s, s->cursor.row);
	if (s->cursor.column == SCREEN_COLUMNS - 1) {
		s->wrap = true;
	} else {
		s->cursor.column++;
	}
}

static void control(struct screen *s, uint8_t c)
{
	unsigned column = s->cursor.column;

	switch (c) {
	case '\b':
		screen_move_to(s, s->cursor.row, column > 0 ? column - 1 : 0);
		break;
	case '\t':
		screen_move_to(s, s->cursor.row, (column / TAB_STOP + 1) * TAB_STOP);
		break;
	case '\n':
	case '\v':
	case '\f':
		screen_line_feed(s);
		break;
	case '\r':
		screen_move_to(s, s->cursor.row, 0);
		break;
	case ESC:
		s->state = SCREEN_ESCAPE;
		break;
	default:
		break;
	}
}

/* The font has no Unicode.  Of a character in UTF-8 the first byte shows, so that columns stay right. */
static void show_text(struct screen *s, uint8_t c)
{
	bool first_of_utf8 = c >= 0xC0;

	if (first_of_utf8) {
		show(s, UNKNOWN);
	} else if (c < DELETE) {
		show(s, c);
	}
}

void screen_write(struct screen *s, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)text[i];

		if (s->state == SCREEN_STRING) {
			screen_escape(s, c);
		} else if (c < ' ') {
			control(s, c);  /* also in the middle of a sequence [VT100] */
		} else if (s->state == SCREEN_TEXT) {
			show_text(s, c);
		} else {
			screen_escape(s, c);
		}
	}
}
