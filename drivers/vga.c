/*
 * The screen itself: 4,000 bytes at 0xB8000 and a cursor.
 *
 * The picture is made in ordinary memory (screen.c); rows that changed are copied when a piece of text
 * is done.  So the slow video memory is never read, and a hundred lines in one piece scroll for free.
 *
 * Floor 4.  [VGA] IBM VGA/XGA Technical Reference, 2.  Read next: vga_mode.c
 */
#include "drivers/vga.h"
#include "drivers/screen.h"
#include "drivers/vga_mode.h"
#include "kernel/cmdline.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "kernel/x86/insn.h"
#include "mm/phys/frame.h"

#define VGA_TEXT 0xB8000u               /* physical; one word a cell */

enum { CRTC_INDEX = 0x3D4, CRTC_DATA = 0x3D5 };
enum { CURSOR_START = 0x0A, CURSOR_HIGH = 0x0E, CURSOR_LOW = 0x0F };
enum { CURSOR_SHAPE = 0x0D, CURSOR_OFF = 0x20 };        /* from scan line 13 of 16 on; or none */

static struct spinlock lock = SPINLOCK_INIT;
static struct screen screen;            /* [lock] */
static bool present, log_ended;

/* ---- hardware ---- */

static volatile uint16_t *video(void)
{
	return phys_data(VGA_TEXT);
}

/* Is there memory that remembers?  Behind an empty bus nothing does. */
static bool find_memory(void)
{
	volatile uint16_t *cell = video();

	cell[0] = 0x0755;
	cell[1] = 0x07AA;
	return cell[0] == 0x0755 && cell[1] == 0x07AA;
}

static void crtc_write(uint8_t index, uint8_t value)
{
	out8(CRTC_INDEX, index);
	out8(CRTC_DATA, value);
}

static void show_row(unsigned row)
{
	volatile uint16_t *to = video() + row * SCREEN_COLUMNS;

	for (unsigned column = 0; column < SCREEN_COLUMNS; column++) {
		to[column] = screen.cells[row][column];
	}
}

static void show_cursor(void)
{
	unsigned at = screen.cursor.row * SCREEN_COLUMNS + screen.cursor.column;

	crtc_write(CURSOR_START, screen.hidden ? CURSOR_OFF : CURSOR_SHAPE);
	crtc_write(CURSOR_HIGH, (uint8_t)(at >> 8));
	crtc_write(CURSOR_LOW, (uint8_t)at);
}

static void show(void)
{
	for (unsigned row = 0; row < SCREEN_ROWS; row++) {
		if (screen.dirty & 1u << row) {
			show_row(row);
		}
	}
	screen.dirty = 0;
	show_cursor();
}

/* ---- output ---- */

static void put(const char *text, size_t n)
{
	spin_lock(&lock);
	screen_write(&screen, text, n);
	show();
	spin_unlock(&lock);
}

/* The log's lines end with a newline alone. */
static void write_log(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n') {
			screen_write(&screen, "\r", 1);
		}
		screen_write(&screen, text + i, 1);
	}
	show();
}

/* In a panic whoever holds the lock will not give it back. */
static void log_put(const char *text, size_t n)
{
	if (printk_in_panic()) {
		write_log(text, n);
	} else if (!log_ended) {
		spin_lock(&lock);
		write_log(text, n);
		spin_unlock(&lock);
	}
}

void vga_init(void)
{
	char wish[8];

	cmdline_get("vga", wish, sizeof(wish));
	if (strcmp(wish, "set") == 0 || !vga_is_text_mode()) {
		vga_set_text_mode();
	}
	present = find_memory();
	if (present) {
		screen_reset(&screen);
		show();
		printk_add_sink(log_put);
	}
}

void vga_attach(struct tty *t)
{
	if (present) {
		tty_add_output(t, put);
	}
}

void vga_end_log(void)
{
	log_ended = true;
}
