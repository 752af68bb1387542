/*
 * What the sequences say that begin with ESC [ and end with a letter.
 *
 * Floor 4.  [VT100], [ECMA-48 §8.3].  Read next: vga.c
 */
#include "drivers/screen.h"
#include "drivers/screen_edit.h"

#define SHOW_CURSOR 25u                 /* DEC private mode */

/* ---- ESC [ ... m ---- */

enum {                                  /* [ECMA-48 §8.3.117 SGR] */
	SGR_RESET = 0, SGR_BOLD = 1, SGR_BLINK = 5, SGR_REVERSE = 7,
	SGR_NOT_BOLD = 22, SGR_NOT_BLINK = 25, SGR_NOT_REVERSE = 27,
	SGR_INK = 30, SGR_INK_DEFAULT = 39, SGR_PAPER = 40, SGR_PAPER_DEFAULT = 49,
	SGR_BRIGHT_INK = 90, NR_COLOURS = 8,
};

#define VGA_BRIGHT 8u
#define GREY       7u

/* ECMA counts red, green, blue from the low bit up; the VGA from the high bit down. */
static const uint8_t vga_colour[NR_COLOURS] = { 0, 4, 2, 6, 1, 5, 3, 7 };

static void set_colour(struct screen_style *style, unsigned sgr)
{
	if (sgr - SGR_INK < NR_COLOURS) {
		style->ink = vga_colour[sgr - SGR_INK];
	} else if (sgr - SGR_PAPER < NR_COLOURS) {
		style->paper = vga_colour[sgr - SGR_PAPER];
	} else if (sgr - SGR_BRIGHT_INK < NR_COLOURS) {
		style->ink = vga_colour[sgr - SGR_BRIGHT_INK] | VGA_BRIGHT;
	} else if (sgr == SGR_INK_DEFAULT) {
		style->ink = GREY;
	} else if (sgr == SGR_PAPER_DEFAULT) {
		style->paper = 0;
	}
}

static void set_style(struct screen_style *style, unsigned sgr)
{
	switch (sgr) {
	case SGR_RESET:
		*style = (struct screen_style){ .ink = GREY };
		break;
	case SGR_BOLD:
	case SGR_NOT_BOLD:
		style->bold = sgr == SGR_BOLD;
		break;
	case SGR_BLINK:
	case SGR_NOT_BLINK:
		style->blink = sgr == SGR_BLINK;
		break;
	case SGR_REVERSE:
	case SGR_NOT_REVERSE:
		style->reverse = sgr == SGR_REVERSE;
		break;
	default:
		set_colour(style, sgr);
		break;
	}
}

/* ---- ESC [ ... with another letter ---- */

/* Parameter @k as a count or a place counted from 1: nothing and 0 both mean 1. */
static unsigned param(const struct screen *s, unsigned k)
{
	return s->params[k] > 0 ? s->params[k] : 1;
}

static void move_by(struct screen *s, int rows, int columns)
{
	int row = (int)s->cursor.row + rows;
	int column = (int)s->cursor.column + columns;

	screen_move_to(s, (unsigned)MAX(row, 0), (unsigned)MAX(column, 0));
}

/* ESC [ J and K: from the cursor to the end, from the begin to the cursor, all. */
enum { ERASE_RIGHT = 0, ERASE_LEFT = 1, ERASE_ALL = 2 };

static void erase_line(struct screen *s, unsigned how)
{
	unsigned from = how == ERASE_RIGHT ? s->cursor.column : 0;
	unsigned to = how == ERASE_LEFT ? s->cursor.column + 1 : SCREEN_COLUMNS;

	if (how <= ERASE_ALL) {
		screen_erase(s, s->cursor.row, from, to);
	}
}

static void erase_display(struct screen *s, unsigned how)
{
	unsigned from = how == ERASE_RIGHT ? s->cursor.row + 1 : 0;
	unsigned to = how == ERASE_LEFT ? s->cursor.row : SCREEN_ROWS;

	for (unsigned row = from; how <= ERASE_ALL && row < to; row++) {
		screen_erase(s, row, 0, SCREEN_COLUMNS);
	}
	erase_line(s, how);
}

static void set_scrolling(struct screen *s)
{
	unsigned top = param(s, 0) - 1;
	unsigned bottom = s->params[1] > 0 ? s->params[1] - 1 : SCREEN_ROWS - 1;

	bottom = MIN(bottom, SCREEN_ROWS - 1);
	if (top < bottom) {
		s->top = top;
		s->bottom = bottom;
		screen_move_to(s, 0, 0);
	}
}

static bool scrolls_here(const struct screen *s)
{
	return s->cursor.row >= s->top && s->cursor.row <= s->bottom;
}

void screen_save(struct screen *s)
{
	s->saved = s->cursor;
	s->saved_style = s->style;
}

void screen_restore(struct screen *s)
{
	screen_move_to(s, s->saved.row, s->saved.column);
	s->style = s->saved_style;
}

static void csi_move(struct screen *s, uint8_t letter)
{
	int n = (int)param(s, 0);

	switch (letter) {
	case 'A':
		move_by(s, -n, 0);
		break;
	case 'B':
		move_by(s, n, 0);
		break;
	case 'C':
		move_by(s, 0, n);
		break;
	case 'D':
		move_by(s, 0, -n);
		break;
	case 'E':
		move_by(s, n, -(int)SCREEN_COLUMNS);
		break;
	case 'F':
		move_by(s, -n, -(int)SCREEN_COLUMNS);
		break;
	case 'G':
		screen_move_to(s, s->cursor.row, param(s, 0) - 1);
		break;
	case 'd':
		screen_move_to(s, param(s, 0) - 1, s->cursor.column);
		break;
	default:                        /* H f */
		screen_move_to(s, param(s, 0) - 1, param(s, 1) - 1);
		break;
	}
}

static void csi_edit(struct screen *s, uint8_t letter)
{
	unsigned column = s->cursor.column;
	unsigned n = param(s, 0);

	switch (letter) {
	case 'J':
		erase_display(s, s->params[0]);
		break;
	case 'K':
		erase_line(s, s->params[0]);
		break;
	case 'X':
		screen_erase(s, s->cursor.row, column, MIN(column + n, SCREEN_COLUMNS));
		break;
	case '@':
		screen_insert(s, n);
		break;
	case 'P':
		screen_delete(s, n);
		break;
	case 'L':
		if (scrolls_here(s)) {
			screen_scroll_down(s, s->cursor.row, s->bottom, n);
		}
		break;
	default:                        /* M */
		if (scrolls_here(s)) {
			screen_scroll_up(s, s->cursor.row, s->bottom, n);
		}
		break;
	}
}

static void csi_mode(struct screen *s, uint8_t letter)
{
	switch (letter) {
	case 'm':
		for (unsigned k = 0; k < MAX(s->nparams, 1u); k++) {
			set_style(&s->style, s->params[k]);
		}
		break;
	case 'r':
		set_scrolling(s);
		break;
	case 's':
		screen_save(s);
		break;
	case 'u':
		screen_restore(s);
		break;
	default:
		break;
	}
}

static bool is_one_of(uint8_t c, const char *letters)
{
	while (*letters && (uint8_t)*letters != c) {
		letters++;
	}
	return *letters != '\0';
}

void screen_csi(struct screen *s, uint8_t letter)
{
	if (s->private) {
		if (is_one_of(letter, "hl") && s->params[0] == SHOW_CURSOR) {
			s->hidden = letter == 'l';
		}
	} else if (is_one_of(letter, "ABCDEFGdHf")) {
		csi_move(s, letter);
	} else if (is_one_of(letter, "JKX@PLM")) {
		csi_edit(s, letter);
	} else {
		csi_mode(s, letter);
	}
}
