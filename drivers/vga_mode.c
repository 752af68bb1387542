/*
 * Text mode 3, register by register: 80 x 25 characters of 9 x 16 dots, 16 colours, memory at 0xB8000.
 *
 * Most firmware leaves the chip so, and then nothing here runs; `vga=set` on the command line makes it
 * run all the same.  The font is not touched: it lies in plane 2 of the video memory, where the firmware
 * has put it, and an emulator without firmware draws with a font of its own.
 *
 * Floor 4.  [VGA] 2, "Registers"; the values are those of table "BIOS mode 3".  Read next: keyboard.h
 */
#include "drivers/vga_mode.h"
#include "kernel/x86/insn.h"

enum {
	ATTRIBUTE = 0x3C0,              /* index and data in turn                            */
	MISC = 0x3C2, SEQUENCER = 0x3C4, GRAPHICS = 0x3CE, CRTC = 0x3D4,   /* data: one above */
	DAC_MASK = 0x3C6, DAC_INDEX = 0x3C8, DAC_DATA = 0x3C9,
	STATUS = 0x3DA,                 /* reading it makes ATTRIBUTE expect an index        */
};

enum {
	MISC_MODE3 = 0x67,              /* 28 MHz, ports at 0x3Dx, memory on                 */
	GRAPHICS_MISC = 6, GRAPHICS_MODE = 0x01, MEMORY_MASK = 0x0C, MEMORY_B8000 = 0x0C,
	CRTC_VSYNC_END = 0x11, CRTC_LOCKED = 0x80,      /* registers 0 to 7 cannot be written */
	ATTRIBUTE_SHOW = 0x20,          /* or-ed into the index: give the palette to the screen */
	NR_EGA_COLOURS = 64,
};

static const uint8_t sequencer[] = { 0x03, 0x00, 0x03, 0x00, 0x02 };
static const uint8_t crtc[] = {
	0x5F, 0x4F, 0x50, 0x82, 0x55, 0x81, 0xBF, 0x1F, 0x00, 0x4F, 0x0D, 0x0E, 0x00,
	0x00, 0x00, 0x00, 0x9C, 0x8E, 0x8F, 0x28, 0x1F, 0x96, 0xB9, 0xA3, 0xFF,
};
static const uint8_t graphics[] = { 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0E, 0x0F, 0xFF };
static const uint8_t attribute[] = {
	0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E,
	0x3F, 0x0C, 0x00, 0x0F, 0x08, 0x00,
};

static void write_indexed(uint16_t port, const uint8_t *values, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		out8(port, (uint8_t)i);
		out8(port + 1, values[i]);
	}
}

static void unlock_crtc(void)
{
	out8(CRTC, CRTC_VSYNC_END);
	out8(CRTC + 1, crtc[CRTC_VSYNC_END] & (uint8_t)~CRTC_LOCKED);
}

static void write_attributes(void)
{
	(void)in8(STATUS);
	for (unsigned i = 0; i < sizeof(attribute); i++) {
		out8(ATTRIBUTE, (uint8_t)i);
		out8(ATTRIBUTE, attribute[i]);
	}
	out8(ATTRIBUTE, ATTRIBUTE_SHOW);
}

/* Of the six bits rgbRGB of a colour, a large letter gives two thirds of a light, a small one a third. */
static uint8_t strength(unsigned colour, unsigned bit)
{
	return (uint8_t)(0x2A * (colour >> bit & 1) + 0x15 * (colour >> (bit + 3) & 1));
}

static void write_palette(void)
{
	out8(DAC_MASK, 0xFF);
	out8(DAC_INDEX, 0);
	for (unsigned colour = 0; colour < NR_EGA_COLOURS; colour++) {
		for (unsigned light = 0; light < 3; light++) {
			out8(DAC_DATA, strength(colour, 2 - light));    /* red, green, blue */
		}
	}
}

bool vga_is_text_mode(void)
{
	uint8_t misc;

	out8(GRAPHICS, GRAPHICS_MISC);
	misc = in8(GRAPHICS + 1);
	return !(misc & GRAPHICS_MODE) && (misc & MEMORY_MASK) == MEMORY_B8000;
}

void vga_set_text_mode(void)
{
	out8(MISC, MISC_MODE3);
	write_indexed(SEQUENCER, sequencer, sizeof(sequencer));
	unlock_crtc();
	write_indexed(CRTC, crtc, sizeof(crtc));
	write_indexed(GRAPHICS, graphics, sizeof(graphics));
	write_attributes();
	write_palette();
}
