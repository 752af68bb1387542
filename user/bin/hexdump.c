/*
 * hexdump.c: bytes as numbers and as letters.
 *
 * Floor: user space.
 */
#include <ctype.h>
#include <stdio.h>

#include "files.h"
#include "help.h"

static const char help[] =
	"usage: hexdump [FILE...]\n"
	"Print files, or standard input: offset, 16 bytes in hexadecimal, the\n"
	"same as letters.\n";

enum { ROW = 16 };

static void print_row(unsigned long long at, const unsigned char *row,
		      size_t n)
{
	printf("%08llx ", at);
	for (size_t i = 0; i < ROW; i++) {
		if (i % 8 == 0)
			putchar(' ');
		if (i < n)
			printf("%02x ", row[i]);
		else
			fputs("   ", stdout);
	}
	fputs(" |", stdout);
	for (size_t i = 0; i < n; i++)
		putchar(row[i] < 0x80 && isprint(row[i]) ? row[i] : '.');
	puts("|");
}

static int dump(FILE *f, const char *name)
{
	unsigned long long at = 0;
	unsigned char row[ROW];
	size_t n;

	(void)name;
	while ((n = fread(row, 1, ROW, f)) > 0) {
		print_row(at, row, n);
		at += n;
	}
	printf("%08llx\n", at);
	return 0;
}

int main(int argc, char **argv)
{
	help_options(&argc, &argv, "", help);
	return files_each(argv, dump);
}
