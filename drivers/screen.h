/*
 * A text screen as a terminal: characters and escape sequences in, 80 x 25 coloured cells out.
 *
 *	text --> parser --+--> cells: character and colour, one word each, as the VGA has them
 *	                  +--> cursor
 *
 * Understood is what pagers, editors and `clear` send to a VT100, with the colours of ECMA-48:
 *
 *	BS HT LF VT FF CR               ESC 7  ESC 8  ESC D  ESC E  ESC M  ESC c
 *	ESC [ n A B C D E F G d         cursor: up down right left, lines, to a column, to a row
 *	ESC [ row ; column H f          cursor: to a place, counted from 1
 *	ESC [ n J K X @ P L M           erase display, line, characters; insert, delete
 *	ESC [ ... m                     colours, bold, blinking, reverse
 *	ESC [ top ; bottom r            the lines that scroll
 *	ESC [ s u, ESC [ ? 25 h l       cursor: save, restore, show, hide
 *
 * Everything else is swallowed whole.  Nothing is answered (ESC [ 6 n): the person may sit at the serial
 * line, and two terminals must not answer one question.
 *
 * Pure: no hardware, no locks; drivers/vga.c has both.  Invariants: row < ROWS, column < COLUMNS, and
 * top <= bottom < ROWS, whatever comes.
 *
 * Floor 4.  [VT100] DEC's user guide, chapter 3; [ECMA-48].  Read next: screen.c
 */
#ifndef DRIVERS_SCREEN_H
#define DRIVERS_SCREEN_H

#include "kernel/lib/types.h"

#define SCREEN_ROWS    25u
#define SCREEN_COLUMNS 80u
#define SCREEN_PARAMS  8u               /* of one sequence; further ones are dropped */

struct screen_place { unsigned row, column; };

/* Colours as the VGA numbers them, to be combined with SGR's wishes when a character is drawn. */
struct screen_style {
	uint8_t ink, paper;             /* 0..7; ink 8..15 is bright */
	bool    bold, blink, reverse;
};

enum screen_state {
	SCREEN_TEXT,                    /* characters are shown                              */
	SCREEN_ESCAPE,                  /* after ESC                                         */
	SCREEN_CSI,                     /* after ESC [: parameters, then the letter          */
	SCREEN_CHARSET,                 /* after ESC ( and its like: one more character      */
	SCREEN_STRING,                  /* after ESC ] and its like: up to BEL or ESC \      */
};

struct screen {
	/* Low byte: character in code page 437; high byte: blink, paper, ink. */
	uint16_t            cells[SCREEN_ROWS][SCREEN_COLUMNS];
	uint32_t            dirty;      /* one bit a row: changed since the driver looked    */
	struct screen_place cursor;
	bool                wrap;       /* the last column is filled: the next one goes below */
	bool                hidden;     /* no cursor is to be seen                           */
	struct screen_style style;
	struct screen_place saved;
	struct screen_style saved_style;
	unsigned            top, bottom;        /* the lines that scroll, both included      */

	enum screen_state   state;
	bool                private;    /* ESC [ ? ...                                       */
	unsigned            nparams;
	unsigned            params[SCREEN_PARAMS];      /* 0 where nothing was given         */
};

/* Blank, cursor at the top left, grey on black. */
void screen_reset(struct screen *s);

/* Show @n bytes of text. */
void screen_write(struct screen *s, const char *text, size_t n);

#endif
