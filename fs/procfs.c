/*
 * /proc as files: a text that is made when the file is opened, so that every reader sees one
 * moment, and reading is a plain copy that counts as nothing.  Lengths are 0 to stat(2), as in
 * Linux's /proc: they are not known before the text is.
 *
 * Floor 6.  Read next: proctext.c, where the texts come from
 */
#include "fs/procfs.h"

#include "fs/crashfile.h"
#include "fs/failfile.h"
#include "fs/framefile.h"
#include "fs/proctext.h"
#include "fs/pseudo.h"
#include "fs/tracefile.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "kernel/x86/ucopy.h"
#include "mm/phys/kmalloc.h"

struct snapshot {
	size_t len;
	char   text[PAGE_SIZE - sizeof(size_t)];
};

_Static_assert(sizeof(struct snapshot) == PAGE_SIZE, "the largest that kmalloc has");

static int text_open(struct file *f)
{
	struct snapshot *s = kmalloc(sizeof(*s), ALLOC_WAIT);

	if (!s) {
		return -ENOMEM;
	}
	s->len = pseudo_node_of(f->inode)->text(s->text, sizeof(s->text));
	f->private = s;
	return 0;
}

static int text_read(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	const struct snapshot *s = f->private;

	return pseudo_read_text(s->text, s->len, buf, n, pos);
}

static void text_release(struct file *f)
{
	kfree(f->private);
}

static const struct file_ops text_fops = {
	.open = text_open, .read = text_read, .release = text_release, .seekable = true,
};

/* ---- log: longer than a snapshot, so it is read where it is ---- */

static int log_read(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	char *text;
	int r = 0;

	(void)f;
	if (n == 0 || pos > INT32_MAX) {
		return 0;
	}
	n = MIN(n, PAGE_SIZE);
	text = kmalloc(n, ALLOC_WAIT);
	if (!text) {
		return -ENOMEM;
	}
	n = (uint32_t)printk_read(text, (size_t)pos, n);
	r = copy_to_user(buf, text, n) < 0 ? -EFAULT : (int)n;
	kfree(text);
	return r;
}

static const struct file_ops log_fops = { .read = log_read, .seekable = true };

/* ---- the tree ---- */

enum { ROOT, MAGPIE = 3 };              /* the directories' places in the table */

static const struct pseudo_node nodes[] = {
	[ROOT]   = { .mode = S_IFDIR | 0555 },
	           { "cmdline",  ROOT,   S_IFREG | 0444, 0, &text_fops, proctext_cmdline },
	           { "mounts",   ROOT,   S_IFREG | 0444, 0, &text_fops, proctext_mounts },
	[MAGPIE] = { "magpie",   ROOT,   S_IFDIR | 0555, 0, NULL,       NULL },
	           { "counters", MAGPIE, S_IFREG | 0444, 0, &text_fops, proctext_counters },
	           { "self",     MAGPIE, S_IFREG | 0444, 0, &text_fops, proctext_self },
	           { "mem",      MAGPIE, S_IFREG | 0444, 0, &text_fops, proctext_mem },
	           { "cache",    MAGPIE, S_IFREG | 0444, 0, &text_fops, proctext_cache },
	           { "frames",   MAGPIE, S_IFREG | 0444, 0, &frames_fops, NULL },
	           { "check",    MAGPIE, S_IFREG | 0444, 0, &text_fops, proctext_check },
	           { "ps",       MAGPIE, S_IFREG | 0444, 0, &text_fops, proctext_ps },
	           { "log",      MAGPIE, S_IFREG | 0444, 0, &log_fops,  NULL },
	           { "trace",    MAGPIE, S_IFREG | 0444, 0, &trace_fops, NULL },
	           { "trace_on", MAGPIE, S_IFREG | 0644, 0, &trace_on_fops, NULL },
	           { "fail",     MAGPIE, S_IFREG | 0200, 0, &fail_fops, NULL },
	           { "crash",    MAGPIE, S_IFREG | 0200, 0, &crash_fops, NULL },
};

static struct pseudo procfs = { .fs.type = "proc", .node = nodes, .n = ARRAY_SIZE(nodes) };

/* See procfs.h.  Sleeps. */
int procfs_mount(void)
{
	return pseudo_mount(&procfs, "/proc");
}
