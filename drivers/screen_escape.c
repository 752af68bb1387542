/*
 * Escape sequences: where one begins and ends, and its parameters.
 *
 *	        ESC            [             a letter
 *	TEXT ---------> ESCAPE -----> CSI ------------> TEXT
 *	                  |  ( # ...     digit ; ?  (stays)
 *	                  +---------> CHARSET --any---> TEXT
 *	                  |  ] P ^ _
 *	                  +---------> STRING --BEL----> TEXT
 *
 * Floor 4.  [VT100], [ECMA-48 §5.4].  Read next: screen_csi.c
 */
#include "drivers/screen.h"
#include "drivers/screen_edit.h"

#define BEL       0x07
#define ESC       0x1B
#define PARAM_MAX 9999u

static void csi_begin(struct screen *s)
{
	s->state = SCREEN_CSI;
	s->private = false;
	s->nparams = 0;
	for (unsigned k = 0; k < SCREEN_PARAMS; k++) {
		s->params[k] = 0;
	}
}

static void csi_digit(struct screen *s, unsigned digit)
{
	if (s->nparams == 0) {
		s->nparams = 1;
	}
	if (s->nparams <= SCREEN_PARAMS) {
		unsigned *value = &s->params[s->nparams - 1];

		*value = MIN(*value * 10 + digit, PARAM_MAX);
	}
}

static void csi(struct screen *s, uint8_t c)
{
	if (c >= '0' && c <= '9') {
		csi_digit(s, c - '0');
	} else if (c == ';') {
		s->nparams = MAX(s->nparams, 1u) + 1;
	} else if (c >= '<' && c <= '?') {
		s->private = true;
	} else if (c >= '@') {
		s->nparams = MIN(s->nparams, SCREEN_PARAMS);
		s->state = SCREEN_TEXT;
		screen_csi(s, c);
	}
}

static void escape(struct screen *s, uint8_t c)
{
	s->state = SCREEN_TEXT;
	switch (c) {
	case '[':
		csi_begin(s);
		break;
	case ']':
	case 'P':
	case '^':
	case '_':
		s->state = SCREEN_STRING;
		break;
	case '7':
		screen_save(s);
		break;
	case '8':
		screen_restore(s);
		break;
	case 'D':
		screen_line_feed(s);
		break;
	case 'E':
		screen_move_to(s, s->cursor.row, 0);
		screen_line_feed(s);
		break;
	case 'M':
		screen_line_back(s);
		break;
	case 'c':
		screen_reset(s);
		break;
	default:
		if (c < '0') {          /* ESC ( B chooses a character set, ESC # 8 a test picture */
			s->state = SCREEN_CHARSET;
		}
		break;
	}
}

void screen_escape(struct screen *s, uint8_t c)
{
	switch (s->state) {
	case SCREEN_ESCAPE:
		escape(s, c);
		break;
	case SCREEN_CSI:
		csi(s, c);
		break;
	case SCREEN_STRING:             /* ESC \ ends it: the backslash is then an unknown sequence */
		if (c == BEL) {
			s->state = SCREEN_TEXT;
		} else if (c == ESC) {
			s->state = SCREEN_ESCAPE;
		}
		break;
	default:
		s->state = SCREEN_TEXT;
		break;
	}
}
