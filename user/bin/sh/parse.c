/*
 * parse.c: from lines to a tree.
 *
 *	list      and-or { (; | & | end of line) and-or }
 *	and-or    pipeline { (&& | ||) pipeline }
 *	pipeline  [!] command { | command }
 *	command   if list then list { elif list then list } [else list] fi
 *	          while list do list done
 *	          { word | redirection }
 *	          and redirections behind fi and done
 *	redirection   [n]< word, [n]> word, [n]>> word, [n]>& n
 *	word      plain characters, \c, '...', "...", $ and what follows
 *
 * One function for each line of this; each begins where its first word may be
 * and returns its tree.  After an error the trees mean nothing, and everybody
 * returns as he is.  Words stay as they were typed: what $x stands for is
 * known when the command runs.
 *
 * Floor: user space.  Invariant: all that a tree is made of is on one list and
 * is freed with it.
 *
 * Read next: run.c.
 */
#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sh.h"

static struct {
	struct input *in;
	char line[LINE_BYTES];
	const char *s;			/* what is still to be read of it */
	int failed;			/* an error was reported */
	int interrupted;
} p;

/* ---- memory ------------------------------------------------------------ */

static struct piece {
	struct piece *next;
} *pieces;

static void *new(size_t size)
{
	struct piece *piece = calloc(1, sizeof *piece + size);

	if (!piece)
		err(1, "memory");
	piece->next = pieces;
	pieces = piece;
	return piece + 1;
}

/*
 * Free the last tree.
 */
void parse_free(void)
{
	while (pieces) {
		struct piece *piece = pieces;

		pieces = piece->next;
		free(piece);
	}
}

static struct node *new_node(enum kind kind, struct node *a, struct node *b)
{
	struct node *n = new(sizeof *n);

	n->kind = kind;
	n->a = a;
	n->b = b;
	return n;
}

/* ---- characters -------------------------------------------------------- */

/* The rest of the line is of no use any more. */
static void fail(const char *what, const char *where)
{
	if (!p.failed)
		fprintf(stderr, "sh: %s%.20s\n", what, where);
	p.failed = 1;
	p.s = "";
}

static void skip_blanks(void)
{
	p.s += strspn(p.s, " \t");
	if (*p.s == '#')
		p.s += strlen(p.s);
}

/* To where the next word is, if need be on a later line. */
static void skip_lines(void)
{
	for (skip_blanks(); !*p.s && !p.failed; skip_blanks()) {
		int got = input_line(p.in, p.line, "> ");

		p.s = got > 0 ? p.line : "";
		p.interrupted = got < 0;
		p.failed |= p.interrupted;
		if (got == 0)
			fail("something is missing at the end", "");
	}
}

static int take(const char *sign)
{
	size_t n = strlen(sign);

	skip_blanks();
	if (strncmp(p.s, sign, n) != 0)
		return 0;
	p.s += n;
	return 1;
}

static int ends_word(char c)
{
	return !c || strchr(" \t;&|<>()", c);
}

/* Is the next word @word, unquoted? */
static int at_word(const char *word)
{
	size_t n = strlen(word);

	return strncmp(p.s, word, n) == 0 && ends_word(p.s[n]);
}

static int take_word(const char *word)
{
	skip_blanks();
	if (!at_word(word))
		return 0;
	p.s += strlen(word);
	return 1;
}

static void expect(const char *word)
{
	skip_lines();
	if (!p.failed && !take_word(word))
		fail(word, " is missing");
}

/* The length of what stands between two quotes, these included. */
static size_t quoted_length(const char *s)
{
	size_t n = 1;

	while (s[n] && s[n] != *s)
		n += *s == '"' && s[n] == '\\' && s[n + 1] ? 2 : 1;
	if (!s[n]) {
		fail("a quote is not closed", "");
		return 0;
	}
	return n + 1;
}

/* The next word as it stands there. */
static char *raw_word(void)
{
	const char *s;
	char *copy;
	size_t n = 0;

	skip_blanks();
	for (s = p.s; !ends_word(s[n]) && !p.failed; ) {
		if (s[n] == '\'' || s[n] == '"')
			n += quoted_length(s + n);
		else
			n += s[n] == '\\' && s[n + 1] ? 2 : 1;
	}
	if (p.failed)
		return NULL;
	copy = new(n + 1);
	memcpy(copy, s, n);
	p.s += n;
	return copy;
}

/* ---- commands ---------------------------------------------------------- */

static struct node *list(int nested);

/* < > >> >& and a number before it. */
static struct redirection *redirection(void)
{
	struct redirection *r = new(sizeof *r);
	int number = isdigit((unsigned char)*p.s) ? *p.s++ - '0' : -1;
	int in = *p.s++ == '<';

	r->fd = number >= 0 ? number : !in;
	r->flags = in ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
	if (*p.s == '&') {
		r->flags = -1;
		p.s++;
	} else if (!in && *p.s == '>') {
		r->flags = O_WRONLY | O_CREAT | O_APPEND;
		p.s++;
	}
	r->target = raw_word();
	if (!p.failed && !*r->target)
		fail("a file name is missing", "");
	return r;
}

static int at_redirection(void)
{
	return *p.s == '<' || *p.s == '>'
	       || (isdigit((unsigned char)*p.s)
		   && (p.s[1] == '<' || p.s[1] == '>'));
}

static struct node *simple(void)
{
	struct node *n = new_node(SIMPLE, NULL, NULL);
	struct redirection **last = &n->redirections;
	struct word **tail = &n->words;

	for (skip_blanks(); !p.failed; skip_blanks()) {
		if (at_redirection()) {
			*last = redirection();
			last = &(*last)->next;
		} else if (!ends_word(*p.s)) {
			*tail = new(sizeof **tail);
			(*tail)->text = raw_word();
			tail = &(*tail)->next;
		} else {
			break;
		}
	}
	if (!p.failed && !n->words && !n->redirections)
		fail("a command is missing at ", *p.s ? p.s : "the end");
	return n;
}

/* What follows "if" or "elif", with the "fi". */
static struct node *if_command(void)
{
	struct node *n = new_node(IF, list(1), NULL);

	expect("then");
	n->b = list(1);
	if (take_word("elif")) {
		n->c = if_command();
		return n;
	}
	if (take_word("else"))
		n->c = list(1);
	expect("fi");
	return n;
}

static struct node *while_command(void)
{
	struct node *n = new_node(WHILE, list(1), NULL);

	expect("do");
	n->b = list(1);
	expect("done");
	return n;
}

static struct node *command(void)
{
	struct redirection **last;
	struct node *n;

	if (take_word("if"))
		n = if_command();
	else if (take_word("while"))
		n = while_command();
	else
		return simple();
	last = &n->redirections;
	for (skip_blanks(); at_redirection(); skip_blanks()) {
		*last = redirection();
		last = &(*last)->next;
	}
	return n;
}

static struct node *pipeline(void)
{
	struct node *n;

	if (take_word("!"))
		return new_node(NOT, pipeline(), NULL);
	n = command();
	skip_blanks();
	if (p.s[0] != '|' || p.s[1] == '|')
		return n;
	p.s++;
	skip_lines();
	return new_node(PIPE, n, pipeline());
}

static struct node *and_or(void)
{
	struct node *n = pipeline();

	for (;;) {
		enum kind kind = take("&&") ? AND : OR;

		if (kind == OR && !take("||"))
			return n;
		skip_lines();
		n = new_node(kind, n, pipeline());
	}
}

/* A word that ends a list, because it belongs to what the list is in. */
static int at_closing_word(void)
{
	static const char *const words[] = {
		"then", "elif", "else", "fi", "do", "done",
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (at_word(words[i]))
			return 1;
	}
	return 0;
}

/* To the end of the line, or, @nested in a command, to a closing word. */
static struct node *list(int nested)
{
	struct node *all = NULL;

	for (;;) {
		struct node *n;

		while (take(";"))
			continue;
		if (nested)
			skip_lines();
		if (!*p.s || at_closing_word())
			break;
		n = and_or();
		if (take("&"))
			n = new_node(BACKGROUND, n, NULL);
		else if (*p.s && *p.s != ';')
			fail("not expected here: ", p.s);
		all = all ? new_node(THEN, all, n) : n;
	}
	if (!nested && *p.s)
		fail("not expected here: ", p.s);
	return all;
}

/*
 * The tree of the next line of @in, or of as many lines as it takes; NULL if
 * there is nothing to do.  It lives until parse_free().
 */
enum parsed parse(struct input *in, const char *prompt, struct node **out)
{
	int got = input_line(in, p.line, prompt);

	if (got <= 0)
		return got < 0 ? PARSE_INTERRUPTED : PARSE_END;
	p.in = in;
	p.s = p.line;
	p.failed = p.interrupted = 0;
	*out = list(0);
	if (p.interrupted)
		return PARSE_INTERRUPTED;
	return p.failed ? PARSE_ERROR : PARSED;
}
