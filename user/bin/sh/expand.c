/*
 * expand.c: from a word as it was typed to the arguments that it stands for.
 *
 *	'...'          as it is
 *	"..."          as it is, but for $ and \
 *	$x ${x}        a variable; outside quotes, blanks in it part arguments
 *	$? $! $$ $#    status, last background process, our number, how many
 *	$0 $1 ...      arguments of the script
 *	"$@"           all of them, each an argument of its own
 *
 * Floor: user space.  Read next: run.c.
 */
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

/* The argument being made. */
struct maker {
	struct words *out;
	char *text;
	size_t n;
	int begun;			/* it is one even if it is empty */
	int quoted;			/* between "" */
	int one;			/* make no more than one */
};

void words_add(struct words *w, char *text)
{
	w->v = realloc(w->v, (w->n + 2) * sizeof *w->v);
	if (!w->v || !text)
		err(1, "memory");
	w->v[w->n++] = text;
	w->v[w->n] = NULL;
}

void words_free(struct words *w)
{
	for (int i = 0; i < w->n; i++)
		free(w->v[i]);
	free(w->v);
	*w = (struct words){ 0 };
}

static void put(struct maker *m, char c)
{
	if (m->n % 64 == 0) {
		m->text = realloc(m->text, m->n + 64);
		if (!m->text)
			err(1, "memory");
	}
	m->text[m->n++] = c;
	m->begun = 1;
}

static void finish(struct maker *m)
{
	if (!m->begun)
		return;
	put(m, '\0');
	words_add(m->out, m->text);
	m->text = NULL;
	m->n = 0;
	m->begun = 0;
}

/* What a variable holds: outside quotes, blanks end an argument. */
static void put_value(struct maker *m, const char *value)
{
	for (; *value; value++) {
		if (!m->quoted && !m->one && strchr(" \t\n", *value))
			finish(m);
		else
			put(m, *value);
	}
}

static void put_number(struct maker *m, int value)
{
	char digits[12];

	snprintf(digits, sizeof digits, "%d", value);
	put_value(m, digits);
}

/* $@ and $*: between two of them an argument ends, or there is a blank. */
static void put_all(struct maker *m, int apart)
{
	if (sh.args == 0 && m->n == 0)
		m->begun = 0;
	for (int i = 0; i < sh.args; i++) {
		if (i > 0 && apart)
			finish(m);
		else if (i > 0)
			put_value(m, " ");
		m->begun |= m->quoted;
		put_value(m, sh.arg[i]);
	}
}

static void put_argument(struct maker *m, int number)
{
	if (number == 0)
		put_value(m, sh.name);
	else if (number <= sh.args)
		put_value(m, sh.arg[number - 1]);
}

/* The one-letter names.  Returns 0: @c is none of them. */
static int put_special(struct maker *m, char c)
{
	if (c == '?')
		put_number(m, sh.status);
	else if (c == '$')
		put_number(m, getpid());
	else if (c == '#')
		put_number(m, sh.args);
	else if (c == '!' && sh.background)
		put_number(m, sh.background);
	else if (c == '@' || c == '*')
		put_all(m, c == '@' && m->quoted && !m->one);
	else if (isdigit((unsigned char)c))
		put_argument(m, c - '0');
	else
		return c == '!';
	return 1;
}

/* @s is behind a $.  Returns: what comes after the name. */
static const char *put_variable(struct maker *m, const char *s)
{
	int brace = *s == '{';
	int n = name_length(s + brace);
	char name[256];

	if (n > 0 && n < (int)sizeof name && (!brace || s[n + 1] == '}')) {
		memcpy(name, s + brace, n);
		name[n] = '\0';
		put_value(m, vars_get(name));
		return s + n + 2 * brace;
	}
	if ((!brace || (*s && s[2] == '}')) && put_special(m, s[brace]))
		return s + 1 + 2 * brace;
	put(m, '$');
	return s;
}

static const char *put_single_quoted(struct maker *m, const char *s)
{
	m->begun = 1;
	while (*s != '\'')
		put(m, *s++);
	return s + 1;
}

static void make(struct maker *m, const char *s)
{
	while (*s) {
		char c = *s++;

		if (c == '\'' && !m->quoted) {
			s = put_single_quoted(m, s);
		} else if (c == '"') {
			m->quoted = !m->quoted;
			m->begun |= m->quoted;
		} else if (c == '$') {
			s = put_variable(m, s);
		} else if (c == '\\' && *s
			   && (!m->quoted || strchr("\"\\$", *s))) {
			put(m, *s++);
		} else {
			put(m, c);
		}
	}
}

/*
 * Add to @out the arguments that @raw stands for: none, one, or several.
 */
void expand(const char *raw, struct words *out)
{
	struct maker m = { .out = out };

	make(&m, raw);
	finish(&m);
}

/*
 * The same where exactly one is wanted.  Owns: the caller frees it.
 */
char *expand_one(const char *raw)
{
	struct words out = { 0 };
	struct maker m = { .out = &out, .one = 1 };
	char *text;

	make(&m, raw);
	m.begun = 1;
	finish(&m);
	text = out.v[0];
	free(out.v);
	return text;
}
