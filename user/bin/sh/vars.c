/*
 * vars.c: variables.
 *
 * Floor: user space.  What is exported lives in the environment, where the
 * programs find it; the rest is on a list of ours.  Invariant: no name is in
 * both.
 *
 * Read next: expand.c.
 */
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "sh.h"

static struct var {
	struct var *next;
	char *name, *value;
} *vars;

/*
 * How many characters at @s are a name?  0: none.
 */
int name_length(const char *s)
{
	int n = 0;

	if (isdigit((unsigned char)*s))
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/*
 * Is the word NAME=value?
 */
int is_assignment(const char *raw)
{
	int n = name_length(raw);

	return n > 0 && raw[n] == '=';
}

/* Where the variable hangs, or the end of the list. */
static struct var **find(const char *name)
{
	struct var **at = &vars;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

/*
 * The value of @name, "" if it has none.
 */
const char *vars_get(const char *name)
{
	const struct var *v = *find(name);
	const char *value = v ? v->value : getenv(name);

	return value ? value : "";
}

void vars_set(const char *name, const char *value)
{
	struct var **at = find(name);

	if (getenv(name)) {
		setenv(name, value, 1);
		return;
	}
	if (!*at) {
		*at = calloc(1, sizeof **at);
		if (!*at || !((*at)->name = strdup(name)))
			err(1, "memory");
	}
	free((*at)->value);
	(*at)->value = strdup(value);
	if (!(*at)->value)
		err(1, "memory");
}

/*
 * From now on programs get it, too.
 */
void vars_export(const char *name)
{
	struct var **at = find(name), *v = *at;

	if (!v) {
		setenv(name, vars_get(name), 1);
		return;
	}
	setenv(name, v->value, 1);
	*at = v->next;
	free(v->name);
	free(v->value);
	free(v);
}
