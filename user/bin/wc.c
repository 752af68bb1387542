/*
 * wc.c: count lines, words and bytes.
 *
 * Floor: user space.  Read next: user/bin/grep.c.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "files.h"
#include "help.h"

static const char help[] =
	"usage: wc [-lwc] [FILE...]\n"
	"Count lines (-l), words (-w) and bytes (-c) of files or of standard\n"
	"input; without options all three.\n";

struct counts {
	unsigned long long lines, words, bytes;
};

enum { LINES = 1, WORDS = 2, BYTES = 4 };

static unsigned which;
static struct counts total;

static void print(const struct counts *c, const char *name)
{
	const char *gap = "";

	if (which & LINES)
		printf("%llu", c->lines), gap = " ";
	if (which & WORDS)
		printf("%s%llu", gap, c->words), gap = " ";
	if (which & BYTES)
		printf("%s%llu", gap, c->bytes);
	if (strcmp(name, "-") != 0)
		printf(" %s", name);
	putchar('\n');
}

static int count(FILE *f, const char *name)
{
	struct counts c = { 0, 0, 0 };
	int in_word = 0, ch;

	while ((ch = getc(f)) != EOF) {
		int blank = isspace(ch);

		c.bytes++;
		c.lines += ch == '\n';
		c.words += in_word && blank;
		in_word = !blank;
	}
	c.words += in_word;
	total.lines += c.lines;
	total.words += c.words;
	total.bytes += c.bytes;
	print(&c, name);
	return 0;
}

int main(int argc, char **argv)
{
	int failed;

	which = help_options(&argc, &argv, "lwc", help);
	if (!which)
		which = LINES | WORDS | BYTES;
	failed = files_each(argv, count);
	if (argc > 1)
		print(&total, "total");
	return failed;
}
