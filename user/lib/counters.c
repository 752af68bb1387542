/*
 * counters.c: see counters.h.
 *
 * Floor: user space.  Plain system calls and a static buffer instead of stdio,
 * which would allocate.
 */
#include "counters.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char text[8192];

static int read_text(const char *path);
static void parse(struct counters *c, const char *s);

/*
 * Take a picture of the counters in @path, for something to begin.
 *
 * It is taken twice: the first time brings this code, the buffer and @c into
 * memory, so that after the second, which counts, nothing of ours is left to
 * be touched for the first time.
 *
 * Returns: 0, or -1 with errno.
 */
int counters_start(struct counters *c, const char *path)
{
	return counters_read(c, path) < 0 ? -1 : counters_read(c, path);
}

/*
 * Take a picture of the counters in @path, as they are at the call.
 * Returns: 0, or -1 with errno.
 */
int counters_read(struct counters *c, const char *path)
{
	if (read_text(path) < 0)
		return -1;
	parse(c, text);
	return 0;
}

/*
 * The value of @name.  A name that the kernel does not have ends the program:
 * a misspelt counter must not pass for one that is 0.
 */
uint64_t counters_get(const struct counters *c, const char *name)
{
	for (unsigned i = 0; i < c->n; i++) {
		if (strcmp(c->item[i].name, name) == 0)
			return c->item[i].value;
	}
	errx(2, "no counter is called %s", name);
}

/*
 * What the counters have grown by from @before to @after, two pictures of the
 * same file.  @out may be one of them.
 */
void counters_diff(struct counters *out, const struct counters *before,
		   const struct counters *after)
{
	for (unsigned i = 0; i < after->n; i++) {
		out->item[i].value = after->item[i].value
				   - before->item[i].value;
		memmove(out->item[i].name, after->item[i].name, COUNTERS_NAME);
	}
	out->n = after->n;
}

/* The whole file into text[], ended by a zero. */
static int read_text(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t have = 0;
	ssize_t got;

	if (fd < 0)
		return -1;
	do {
		got = read(fd, text + have, sizeof text - 1 - have);
		if (got > 0)
			have += got;
	} while (got > 0);
	text[have] = '\0';
	close(fd);
	if (got == 0 && have == sizeof text - 1)
		errno = EFBIG;
	return got == 0 && have < sizeof text - 1 ? 0 : -1;
}

/* One `name value` of a line; what does not fit the form is passed over. */
static const char *parse_line(struct counters *c, const char *s)
{
	const char *end = strchr(s, '\n');
	const char *gap = strchr(s, ' ');
	uint64_t value = 0;

	if (!end)
		end = s + strlen(s);
	if (gap && gap < end && gap - s < COUNTERS_NAME
	    && c->n < COUNTERS_MAX) {
		memcpy(c->item[c->n].name, s, gap - s);
		c->item[c->n].name[gap - s] = '\0';
		while (*gap == ' ')
			gap++;
		for (; gap < end && *gap >= '0' && *gap <= '9'; gap++)
			value = value * 10 + (*gap - '0');
		c->item[c->n++].value = value;
	}
	return *end ? end + 1 : end;
}

static void parse(struct counters *c, const char *s)
{
	c->n = 0;
	while (*s)
		s = parse_line(c, s);
}
