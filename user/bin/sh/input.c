/*
 * input.c: lines, from a file or from a text.
 *
 * Floor: user space.  A file is read byte by byte, so that what follows the
 * line is left for the programs that read the same file.
 *
 * Read next: parse.c.
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

static sigjmp_buf give_up;
static volatile sig_atomic_t reading;

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

static int file_line(struct input *in, char *line)
{
	size_t n = 0;
	char c;

	for (;;) {
		ssize_t got = read(in->fd, &c, 1);

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

/*
 * Control-C, in the handler.  A flag would not do: it could be set after we
 * looked at it, and before we sleep in read(2).
 */
void input_interrupt(void)
{
	if (reading)
		siglongjmp(give_up, 1);
}

/* With a person who may change his mind. */
static int typed_line(struct input *in, char *line, const char *prompt)
{
	int got = -1;

	if (sigsetjmp(give_up, 1) == 0) {
		reading = 1;
		fputs(prompt, stderr);
		got = file_line(in, line);
	}
	reading = 0;
	return got;
}

/*
 * The next line without its end; @prompt is for the person who types it.
 * Returns: 1; 0 at the end of the input; -1 if control-C came between.
 */
int input_line(struct input *in, char line[LINE_BYTES], const char *prompt)
{
	if (in->text)
		return text_line(in, line);
	return sh.interactive ? typed_line(in, line, prompt)
			      : file_line(in, line);
}
