/*
 * Ways to end the kernel, for tests of the end and for whoever wants to read a backtrace:
 *
 *      panic       what a bug that notices itself does
 *      assert      the same, noticed by an ASSERT
 *      fault       a read from page 0, where nothing is mapped
 *      stack       recursion without end, into the guard page below the kernel stack
 *
 * Floor 6.
 */
#include "fs/crashfile.h"

#include "fs/pseudo.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"

/* Not a tail call, and nothing of which the compiler could tell that it never ends. */
static uint32_t recurse(volatile uint32_t *depth)
{
	volatile uint32_t here = *depth + 1;

	return here == 0 ? 0 : recurse(&here) + *depth;
}

static uint32_t read_nothing(void)
{
	const struct list *volatile nothing = NULL;

	return nothing->next != NULL;
}

static int crash(const char *how)
{
	volatile uint32_t depth = 0;

	if (strcmp(how, "panic") == 0) {
		panic("asked for by /proc/magpie/crash");
	}
	if (strcmp(how, "assert") == 0) {
		ASSERT(how == NULL);
	}
	if (strcmp(how, "fault") == 0) {
		return (int)read_nothing();
	}
	if (strcmp(how, "stack") == 0) {
		return (int)recurse(&depth);
	}
	return -EINVAL;
}

static int crash_write(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	char how[16];
	int r = pseudo_take_order(how, sizeof(how), buf, n);

	(void)f, (void)pos;
	return r < 0 ? r : crash(how);
}

const struct file_ops crash_fops = { .write = crash_write };
