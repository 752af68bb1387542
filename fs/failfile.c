/*
 * Fault injection: orders as text, given to whoever carries them out.
 *
 * Floor 6.
 */
#include "fs/failfile.h"

#include "drivers/block.h"
#include "fs/pseudo.h"
#include "kernel/cmdline.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "mm/phys/frame.h"
#include "mm/phys/kmalloc.h"

enum { ORDER_MAX = 32 };        /* bytes of an order */

/* What separates the words: a space, or the colon of the command line. */
static bool separates(char c)
{
	return c == ' ' || c == ':';
}

/* The number after a separator at *@s, in *@n; *@s moves behind it. */
static bool take_number(const char **s, uint32_t *n)
{
	const char *p = *s;

	*n = 0;
	if (!separates(*p) || p[1] < '0' || p[1] > '9') {
		return false;
	}
	for (p++; *p >= '0' && *p <= '9'; p++) {
		uint32_t digit = (uint32_t)(*p - '0');

		if (__builtin_mul_overflow(*n, 10u, n) || __builtin_add_overflow(*n, digit, n)) {
			return false;
		}
	}
	*s = p;
	return true;
}

/* Does the order begin with @word?  *@s moves behind it. */
static bool take_word(const char **s, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*s, word, len) != 0) {
		return false;
	}
	*s += len;
	return true;
}

enum kind { ALLOC, SMALL, READ, WRITE, SLOW, KINDS };

static enum kind take_kind(const char **s)
{
	static const char *const names[KINDS] = { "alloc", "small", "read", "write", "slow" };
	enum kind k = ALLOC;

	while (k < KINDS && !take_word(s, names[k])) {
		k++;
	}
	return k;
}

/* Returns: 0 or -EINVAL. */
static int arm(const char *s)
{
	enum kind kind = take_kind(&s);
	uint32_t n, us = 0;

	if (kind == KINDS || !take_number(&s, &n) || (kind == SLOW && !take_number(&s, &us))) {
		return -EINVAL;
	}
	if (*s != '\0') {
		return -EINVAL;
	}
	switch (kind) {
	case ALLOC:
		frame_fail_nth(n);
		break;
	case SMALL:
		kmalloc_fail_nth(n);
		break;
	case SLOW:
		blk_slow(n, us);
		break;
	default:
		blk_fail(kind == READ ? IO_READ : IO_WRITE, n);
	}
	return 0;
}

static int fail_write(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	char text[ORDER_MAX];
	int r = pseudo_take_order(text, sizeof(text), buf, n);

	(void)f, (void)pos;
	if (r == 0) {
		r = arm(text);
	}
	return r < 0 ? r : (int)n;
}

const struct file_ops fail_fops = { .write = fail_write };

/* See failfile.h. */
void fail_start(void)
{
	char text[ORDER_MAX];

	if (cmdline_get("fail", text, sizeof(text)) && arm(text) < 0) {
		printk("fail=%s: not understood\n", text);
	}
}
