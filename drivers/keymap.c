/*
 * Scan codes.
 *
 * The keypad always gives digits: there is no lamp to tell what NumLock would be at.
 *
 * Floor 4.  [8042]   Read next: keyboard.c
 */
#include "drivers/keymap.h"
#include "kernel/lib/string.h"

enum {
	CODE_UP = 0x80,                 /* or-ed in: the key was released                    */
	CODE_EXTENDED = 0xE0,           /* the next code is of a key that the PC/XT had not  */
	CODE_PAUSE = 0xE1,              /* two codes follow, up and down                     */
	CODE_CONTROL = 0x1D, CODE_LEFT_SHIFT = 0x2A, CODE_RIGHT_SHIFT = 0x36, CODE_ALT = 0x38,
	CODE_CAPS_LOCK = 0x3A,
	CODE_KEYPAD_ENTER = 0x1C, CODE_KEYPAD_SLASH = 0x35,     /* extended */
};

enum {
	HELD_LEFT_SHIFT = 1u << 0, HELD_RIGHT_SHIFT = 1u << 1, HELD_SHIFT = 3u,
	HELD_LEFT_CONTROL = 1u << 2, HELD_RIGHT_CONTROL = 1u << 3, HELD_CONTROL = 3u << 2,
	HELD_LEFT_ALT = 1u << 4, HELD_RIGHT_ALT = 1u << 5, HELD_ALT = 3u << 4,
};

#define ESC      0x1B
#define NR_KEYS  0x54                   /* main block and keypad */

/* Index: the code of the key going down; a zero byte: no character. */
static const char bare[NR_KEYS + 1] =
	"\0\0331234567890-=\177"                /* 00..0E: Esc, digits, backspace            */
	"\tqwertyuiop[]\r\0"                    /* 0F..1D: Tab ... Enter, control            */
	"asdfghjkl;'`\0"                        /* 1E..2A: ... left shift                    */
	"\\zxcvbnm,./\0*\0 "                    /* 2B..39: ... right shift, keypad *, alt    */
	"\0\0\0\0\0\0\0\0\0\0\0\0\0"            /* 3A..46: caps lock, F1 to F10, num, scroll */
	"789-456+1230.";                        /* 47..53: keypad                            */

static const char shifted[NR_KEYS + 1] =
	"\0\033!@#$%^&*()_+\177"
	"\tQWERTYUIOP{}\r\0"
	"ASDFGHJKL:\"~\0"
	"|ZXCVBNM<>?\0*\0 "
	"\0\0\0\0\0\0\0\0\0\0\0\0\0"
	"789-456+1230.";

/* Extended keys, as xterm and the console of Linux send them. */
static const struct { uint8_t code; char text[4]; } extended[] = {
	{ 0x48, "[A" }, { 0x50, "[B" }, { 0x4D, "[C" }, { 0x4B, "[D" },         /* arrows           */
	{ 0x47, "[H" }, { 0x4F, "[F" }, { 0x49, "[5~" }, { 0x51, "[6~" },       /* home end page up */
	{ 0x52, "[2~" }, { 0x53, "[3~" },                                       /* insert delete    */
};

static unsigned held_key(const struct keymap *k, uint8_t key)
{
	switch (key) {
	case CODE_LEFT_SHIFT:
		return k->extended ? 0 : HELD_LEFT_SHIFT;       /* else: a shift nobody pressed */
	case CODE_RIGHT_SHIFT:
		return k->extended ? 0 : HELD_RIGHT_SHIFT;
	case CODE_CONTROL:
		return k->extended ? HELD_RIGHT_CONTROL : HELD_LEFT_CONTROL;
	case CODE_ALT:
		return k->extended ? HELD_RIGHT_ALT : HELD_LEFT_ALT;
	default:
		return 0;
	}
}

static bool is_small(char c)
{
	return c >= 'a' && c <= 'z';
}

/* With control, the columns @A..Z[\]^_ of ASCII become 0..31, small letters too. */
static char with_control(char c)
{
	if (c == ' ' || c == '2') {
		return '\0';
	}
	return is_small(c) || (c >= '@' && c <= '_') ? (char)(c & 0x1F) : c;
}

static size_t plain_key(const struct keymap *k, uint8_t key, char *out)
{
	bool shift = k->down & HELD_SHIFT;
	size_t n = 0;
	char c;

	if (key >= NR_KEYS || bare[key] == '\0') {
		return 0;
	}
	if (k->caps && is_small(bare[key])) {
		shift = !shift;
	}
	c = shift ? shifted[key] : bare[key];
	if (k->down & HELD_CONTROL) {
		c = with_control(c);
	}
	if (k->down & HELD_ALT) {
		out[n++] = ESC;
	}
	out[n++] = c;
	return n;
}

static size_t extended_key(uint8_t key, char *out)
{
	if (key == CODE_KEYPAD_ENTER || key == CODE_KEYPAD_SLASH) {
		out[0] = bare[key];
		return 1;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(extended); i++) {
		if (extended[i].code == key) {
			size_t n = strlen(extended[i].text);

			out[0] = ESC;
			memcpy(out + 1, extended[i].text, n);
			return n + 1;
		}
	}
	return 0;
}

static size_t pressed(struct keymap *k, uint8_t key, char *out)
{
	unsigned held = held_key(k, key);

	k->down |= (uint8_t)held;
	if (held) {
		return 0;
	}
	if (k->extended) {
		return extended_key(key, out);
	}
	if (key == CODE_CAPS_LOCK) {
		k->caps = !k->caps;
		return 0;
	}
	return plain_key(k, key, out);
}

size_t keymap_decode(struct keymap *k, uint8_t code, char out[KEY_BYTES])
{
	size_t n = 0;

	if (k->skip > 0) {
		k->skip--;
		return 0;
	}
	if (code == CODE_PAUSE) {
		k->skip = 2;
		return 0;
	}
	if (code == CODE_EXTENDED) {
		k->extended = true;
		return 0;
	}
	if (code & CODE_UP) {
		k->down &= (uint8_t)~held_key(k, code & ~CODE_UP);
	} else {
		n = pressed(k, code, out);
	}
	k->extended = false;
	return n;
}
