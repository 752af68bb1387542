/*
 * input.c: lines, from a file or from a text.
 *
 * Floor: user space.  A file is read byte by byte, so that what follows the
 * line is left for the programs that read the same file.
 *
 * Read next: parse.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

static int text_line(struct input *in, char *line)
{
	size_t n = strcspn(in->text, "\n");
	size_t fits = n < LINE_BYTES - 1 ? n : LINE_BYTES - 1;

	if (!*in->text)
		return 0;
	memcpy(line, in->text, fits);
	line[fits] = '\0';
	in->text += n + (in->text[n] == '\n');
	return 1;
}

/*
 * The next line without its end; @prompt is for the person who types it.
 * Returns: 1; 0 at the end of the input; -1 if control-C came between.
 */
int input_line(struct input *in, char line[LINE_BYTES], const char *prompt)
{
	size_t n = 0;
	char c;

	if (in->text)
		return text_line(in, line);
	if (sh.interactive)
		fputs(prompt, stderr);
	for (;;) {
		ssize_t got = read(in->fd, &c, 1);

		if (got < 0 && errno == EINTR)
			return -1;
		if (got <= 0 && n == 0)
			return 0;
		if (got <= 0 || c == '\n')
			break;
		if (n < LINE_BYTES - 1)
			line[n++] = c;
	}
	line[n] = '\0';
	return 1;
}
