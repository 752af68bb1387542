/*
 * drivers/screen*.c: what text and escape sequences make of the cells.
 */
#include "tests/host/host.h"
#include "drivers/screen.h"
#include "kernel/lib/string.h"

static struct screen screen;

static void begin(void)
{
	screen_reset(&screen);
	screen.dirty = 0;
}

static void write(const char *text)
{
	screen_write(&screen, text, strlen(text));
}

static char at(unsigned row, unsigned column)
{
	return (char)(screen.cells[row][column] & 0xFF);
}

/* The row without the blanks at its end. */
static void row_is(unsigned row, const char *want)
{
	char got[SCREEN_COLUMNS + 1];
	size_t n = SCREEN_COLUMNS;

	for (unsigned column = 0; column < SCREEN_COLUMNS; column++) {
		got[column] = at(row, column);
	}
	while (n > 0 && got[n - 1] == ' ') {
		n--;
	}
	got[n] = '\0';
	assert_string_equal(got, want);
}

static void cursor_is(unsigned row, unsigned column)
{
	assert_int_equal(screen.cursor.row, row);
	assert_int_equal(screen.cursor.column, column);
}

static void colour_is(unsigned row, unsigned column, uint8_t attribute)
{
	assert_int_equal(screen.cells[row][column] >> 8, attribute);
}

static void test_text(void **state)
{
	(void)state;
	begin();
	write("one\r\ntwo\tx\ra\bb");
	row_is(0, "one");
	row_is(1, "bwo     x");
	cursor_is(1, 1);
	colour_is(1, 0, 0x07);
	assert_int_equal(screen.dirty, 3);
	write("\a\177\001");                    /* no character */
	row_is(1, "bwo     x");
}

static void test_line_breaks_when_the_next_comes(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < SCREEN_COLUMNS; i++) {
		write("x");
	}
	cursor_is(0, SCREEN_COLUMNS - 1);
	write("\r\ny");
	row_is(1, "y");
	begin();
	for (unsigned i = 0; i < SCREEN_COLUMNS; i++) {
		write("x");
	}
	write("z");
	row_is(1, "z");
	assert_int_equal(at(0, SCREEN_COLUMNS - 1), 'x');
}

static void test_scrolls(void **state)
{
	char line[16];

	(void)state;
	begin();
	for (unsigned i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "line %u\r\n", i);
		write(line);
	}
	row_is(0, "line 76");
	row_is(SCREEN_ROWS - 2, "line 99");
	row_is(SCREEN_ROWS - 1, "");
	cursor_is(SCREEN_ROWS - 1, 0);
	assert_int_equal(screen.dirty, (1u << SCREEN_ROWS) - 1);
}

static void test_cursor(void **state)
{
	(void)state;
	begin();
	write("\033[5;10H");
	cursor_is(4, 9);
	write("\033[2A\033[3C");
	cursor_is(2, 12);
	write("\033[B\033[D");
	cursor_is(3, 11);
	write("\033[99A\033[999D");
	cursor_is(0, 0);
	write("\033[99B\033[999C");
	cursor_is(SCREEN_ROWS - 1, SCREEN_COLUMNS - 1);
	write("\033[7d\033[3G");
	cursor_is(6, 2);
	write("\033[2E");
	cursor_is(8, 0);
	write("\033[;5f\033[F");
	cursor_is(0, 0);
	write("\033[3;4H\0337\033[31m\033[H\0338x");
	cursor_is(2, 4);
	colour_is(2, 3, 0x07);
	write("\033[s\033[H\033[u");
	cursor_is(2, 4);
	write("\033[?25l");
	assert_true(screen.hidden);
	write("\033[?25h");
	assert_false(screen.hidden);
}

static void fill(void)
{
	begin();
	for (unsigned row = 0; row < SCREEN_ROWS; row++) {
		char line[32];

		snprintf(line, sizeof(line), "\033[%u;1H%c23456", row + 1, 'a' + row);
		write(line);
	}
}

static void test_erase(void **state)
{
	(void)state;
	fill();
	write("\033[3;3H\033[K");
	row_is(2, "c2");
	write("\033[4;3H\033[1K");
	row_is(3, "   456");
	write("\033[5;3H\033[2K");
	row_is(4, "");
	write("\033[6;3H\033[2X");
	row_is(5, "f2  56");
	write("\033[8;3H\033[J");
	row_is(6, "g23456");
	row_is(7, "h2");
	row_is(8, "");
	write("\033[2;3H\033[1J");
	row_is(0, "");
	row_is(1, "   456");
	write("\033[H\033[2J");                 /* what `clear` sends */
	for (unsigned row = 0; row < SCREEN_ROWS; row++) {
		row_is(row, "");
	}
	write("\033[44m\033[K");
	colour_is(0, 0, 0x17);                  /* erased places take the paper's colour */
}

static void test_insert_and_delete(void **state)
{
	(void)state;
	fill();
	write("\033[1;3H\033[2@");
	row_is(0, "a2  3456");
	write("\033[3P");
	row_is(0, "a2456");
	write("\033[999@");
	row_is(0, "a2");
	write("\033[2;1H\033[L");
	row_is(1, "");
	row_is(2, "b23456");
	write("\033[2M");
	row_is(1, "c23456");
	row_is(SCREEN_ROWS - 1, "");
	write("\033[999M");
	row_is(1, "");
}

static void test_scrolling_part(void **state)
{
	(void)state;
	fill();
	write("\033[2;4r");
	cursor_is(0, 0);
	write("\033[4;1H\n");
	row_is(0, "a23456");
	row_is(1, "c23456");
	row_is(2, "d23456");
	row_is(3, "");
	row_is(4, "e23456");
	write("\033[2;1H\033M");                /* a pager going back */
	row_is(1, "");
	row_is(2, "c23456");
	row_is(4, "e23456");
	write("\033[1;1H\033[M");               /* not one of the lines that scroll */
	row_is(0, "a23456");
	write("\033[25;1H\n");
	cursor_is(24, 0);
	row_is(0, "a23456");
	write("\033[9;3r\033[4;4r");            /* nonsense changes nothing */
	assert_int_equal(screen.top, 1);
	write("\033[r");
	assert_int_equal(screen.bottom, SCREEN_ROWS - 1);
}

static void test_colours(void **state)
{
	static const struct { const char *sgr; uint8_t attribute; } cases[] = {
		{ "31", 0x04 }, { "1;31", 0x0C }, { "34;43", 0x61 }, { "7", 0x70 }, { "", 0x07 },
		{ "32;7", 0x20 }, { "92", 0x0A }, { "5", 0x87 }, { "31;0", 0x07 }, { "31;39", 0x07 },
		{ "41;49", 0x07 }, { "1;22", 0x07 }, { "7;27", 0x07 }, { "38", 0x07 }, { "4", 0x07 },
		{ "1;1;1;1;1;1;1;1;31", 0x0F }, { "99999999999", 0x07 }, { ";;32", 0x02 },
		{ "91;7", 0x40 },               /* bright as a paper would blink */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[40];

		begin();
		snprintf(text, sizeof(text), "\033[%smx", cases[i].sgr);
		write(text);
		if (screen.cells[0][0] >> 8 != cases[i].attribute) {
			fail_msg("%s gives %02x", cases[i].sgr, screen.cells[0][0] >> 8);
		}
	}
}

static void test_swallowed(void **state)
{
	static const char *const nothing[] = {
		"\033(B", "\033)0", "\033#8", "\033=", "\033>", "\033[?1h", "\033[?7l", "\033[6n",
		"\033[>c", "\033]0;a title\a", "\033]0;another\033\\", "\033Pq#0\033\\", "\033[4h",
		"\033[1;2;3;4;5;6;7;8;9;10;11z", "\033[ q", "\033[!p",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		begin();
		write(nothing[i]);
		write("x");
		row_is(0, "x");
		assert_int_equal(screen.state, SCREEN_TEXT);
	}
	begin();
	write("\033[3\n;4\bHx");                /* control characters work in between */
	assert_int_equal(at(2, 3), 'x');
}

static void test_utf8_keeps_columns(void **state)
{
	(void)state;
	begin();
	write("a\303\244b\342\202\254c");
	row_is(0, "a\376b\376c");
}

static void test_reset(void **state)
{
	(void)state;
	fill();
	write("\033[31m\033[5;9r\033c");
	row_is(0, "");
	cursor_is(0, 0);
	assert_int_equal(screen.bottom, SCREEN_ROWS - 1);
	colour_is(3, 3, 0x07);
}

static void invariants(void)
{
	assert_true(screen.cursor.row < SCREEN_ROWS);
	assert_true(screen.cursor.column < SCREEN_COLUMNS);
	assert_true(screen.top <= screen.bottom && screen.bottom < SCREEN_ROWS);
	assert_true(screen.nparams <= SCREEN_PARAMS || screen.state == SCREEN_CSI);
}

/* Anything at all: the sanitizers watch the array's ends. */
static void test_random(void **state)
{
	static const char likely[] = "\033\033[[[;?0123456789ABCDEFGHJKLMPX@dfhlmrsu78c\n\r\b\tx]\a(";

	(void)state;
	host_seed();
	begin();
	for (unsigned i = 0; i < 300000; i++) {
		char c = (char)host_random(256);

		if (host_random(8) > 0) {
			c = likely[host_random(sizeof(likely) - 1)];
		}
		screen_write(&screen, &c, 1);
		invariants();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_line_breaks_when_the_next_comes),
		cmocka_unit_test(test_scrolls),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_erase),
		cmocka_unit_test(test_insert_and_delete),
		cmocka_unit_test(test_scrolling_part),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_swallowed),
		cmocka_unit_test(test_utf8_keeps_columns),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
