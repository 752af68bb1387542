/*
 * The kernel command line.
 *
 * Floor 2: but pure text, so the host tests use this very file.
 */
#include "kernel/cmdline.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"

#define CMDLINE_SIZE 1024u

static char cmdline[CMDLINE_SIZE];

void cmdline_init(const char *text)
{
	str_copy(cmdline, text, sizeof(cmdline));
}

const char *cmdline_text(void)
{
	return cmdline;
}

/* The next word at or after @p, its length in *@n; NULL at the end. */
static const char *next_word(const char *p, size_t *n)
{
	while (*p == ' ') {
		p++;
	}
	for (*n = 0; p[*n] && p[*n] != ' '; ++*n) {
	}
	return *n > 0 ? p : NULL;
}

/* Does the word of @n characters begin with @key, and end there or go on with '='? */
static bool word_is(const char *word, size_t n, const char *key)
{
	size_t length = strlen(key);

	return n >= length && strncmp(word, key, length) == 0 && (n == length || word[length] == '=');
}

bool cmdline_get(const char *key, char *to, size_t size)
{
	const char *word = cmdline;
	size_t skip = strlen(key) + 1;  /* the '=' too */
	bool found = false;
	size_t n;

	to[0] = '\0';
	for (; (word = next_word(word, &n)) != NULL; word += n) {
		size_t length = n > skip ? n - skip : 0;

		if (word_is(word, n, key)) {
			length = MIN(length, size - 1);
			memcpy(to, word + MIN(skip, n), length);
			to[length] = '\0';
			found = true;
		}
	}
	return found;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	if (c >= 'A' && c <= 'F') {
		return c - 'A' + 10;
	}
	return -1;
}

/* All of @text as a number of 32 bits; false if it is not one. */
static bool parse_u32(const char *text, uint32_t *value)
{
	int base = 10;
	uint64_t sum = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (!*text) {
		return false;
	}
	for (; *text; text++) {
		int digit = digit_value(*text);

		if (digit < 0 || digit >= base) {
			return false;
		}
		sum = sum * (unsigned)base + (unsigned)digit;
		if (sum > UINT32_MAX) {
			return false;
		}
	}
	*value = (uint32_t)sum;
	return true;
}

uint32_t cmdline_u32(const char *key, uint32_t otherwise)
{
	char text[24];
	uint32_t value;

	if (!cmdline_get(key, text, sizeof(text))) {
		return otherwise;
	}
	if (!parse_u32(text, &value)) {
		printk("command line: %s=%s is not a number, ignored\n", key, text);
		return otherwise;
	}
	return value;
}
