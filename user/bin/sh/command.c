/*
 * command.c: from a line to words.
 *
 *	line     command { ; command } [ # comment ]
 *	command  { word | < word | > word | >> word }
 *	word     plain characters, \c, 'as it is', "with $? replaced"
 *
 * Floor: user space.  Read next: user/bin/sh/sh.c, which runs what comes out.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

struct parser {
	const char *s;			/* what is still to be read */
	char *to, *end;			/* room in the command's text[] */
	int status;			/* what $? stands for */
	const char *error;
};

static void add_part(struct parser *p, struct command *c);
static char *take_word(struct parser *p);

static void skip_blanks(struct parser *p)
{
	p->s += strspn(p->s, " \t");
	if (*p->s == '#')
		p->s += strlen(p->s);
}

/*
 * Take the first command of @s apart; @status is the value of $?.
 * Returns: where the next command begins, an empty string at the end of the
 * line, or NULL after a message about a line that makes no sense.
 */
const char *command_parse(struct command *c, const char *s, int status)
{
	struct parser p = {
		.s = s, .to = c->text, .end = c->text + sizeof c->text,
		.status = status,
	};

	c->argc = c->append = 0;
	c->in = c->out = NULL;
	for (skip_blanks(&p); *p.s && *p.s != ';'; skip_blanks(&p)) {
		add_part(&p, c);
		if (p.error) {
			fprintf(stderr, "sh: %s\n", p.error);
			return NULL;
		}
	}
	c->argv[c->argc] = NULL;
	return *p.s == ';' ? p.s + 1 : p.s;
}

/* A word or a redirection, whichever comes. */
static void add_part(struct parser *p, struct command *c)
{
	char **target = &c->argv[c->argc];

	if (*p->s == '<') {
		target = &c->in;
		p->s++;
	} else if (*p->s == '>') {
		target = &c->out;
		c->append = p->s[1] == '>';
		p->s += 1 + c->append;
	} else if (c->argc == ARGS_MAX) {
		p->error = "too many words";
		return;
	} else {
		c->argc++;
	}
	*target = take_word(p);
}

static void put(struct parser *p, char c)
{
	if (p->to < p->end)
		*p->to++ = c;
	else
		p->error = "line too long";
}

/* $? is the only variable; any other $ stands for itself. */
static void put_expanded(struct parser *p)
{
	char digits[12];

	if (p->s[0] != '$' || p->s[1] != '?') {
		put(p, *p->s++);
		return;
	}
	snprintf(digits, sizeof digits, "%d", p->status);
	for (const char *d = digits; *d; d++)
		put(p, *d);
	p->s += 2;
}

static void put_quoted(struct parser *p)
{
	char quote = *p->s++;

	while (*p->s && *p->s != quote) {
		if (quote == '"' && *p->s == '\\'
		    && p->s[1] && strchr("\"\\$", p->s[1])) {
			put(p, p->s[1]);
			p->s += 2;
		} else if (quote == '"')
			put_expanded(p);
		else
			put(p, *p->s++);
	}
	if (!*p->s)
		p->error = "a quote is not closed";
	else
		p->s++;
}

/* What the shell of a later day may do with them is not for us to guess. */
static int unsupported(struct parser *p)
{
	if (!*p->s || !strchr("|&()", *p->s))
		return 0;
	p->error = "none of | & ( ) is known here; put them in quotes";
	return 1;
}

/* Returns the word in text[], or NULL with p->error. */
static char *take_word(struct parser *p)
{
	char *word = p->to;
	const char *start;

	skip_blanks(p);
	start = p->s;
	while (!p->error && !unsupported(p) && *p->s
	       && !strchr(" \t;<>", *p->s)) {
		if (*p->s == '\'' || *p->s == '"') {
			put_quoted(p);
		} else if (*p->s == '\\' && p->s[1]) {
			put(p, p->s[1]);
			p->s += 2;
		} else {
			put_expanded(p);
		}
	}
	if (!p->error && p->s == start)
		p->error = "a file name is missing";
	put(p, '\0');
	return p->error ? NULL : word;
}
