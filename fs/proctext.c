/*
 * The texts of /proc, and the doors through which floors above add theirs.
 *
 * Floor 6.
 */
#include "fs/proctext.h"

#include "fs/namei.h"
#include "fs/procfs.h"
#include "kernel/cmdline.h"
#include "kernel/counters.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"
#include "kernel/task.h"
#include "mm/cache/pcache.h"
#include "mm/phys/kmalloc.h"

enum { NR_CHECKS = 8 };

/* A text being made: what does not fit is left out, by whole lines. */
struct text { char *to; size_t len, size; };

static size_t (*print_ps)(char *to, size_t size);
static unsigned (*count_tasks)(void);
static unsigned (*checks[NR_CHECKS])(void (*report)(const char *line));
static unsigned nchecks;

static struct mutex check_lock = MUTEX_INIT(check_lock);
static struct text *check_text;         /* where report() writes [check_lock] */

/* See procfs.h. */
void procfs_set_ps(size_t (*print)(char *to, size_t size))
{
	print_ps = print;
}

/* See procfs.h. */
void procfs_set_tasks(unsigned (*count)(void))
{
	count_tasks = count;
}

/* See procfs.h.  At boot. */
void proc_add_check(unsigned (*check)(void (*report)(const char *line)))
{
	ASSERT(nchecks < NR_CHECKS);
	checks[nchecks++] = check;
}

static void put_line(struct text *t, const char *line)
{
	size_t len = strlen(line);

	if (len + 1 <= t->size - t->len) {
		memcpy(t->to + t->len, line, len);
		t->to[t->len + len] = '\n';
		t->len += len + 1;
	}
}

static void put_value(struct text *t, const char *name, uint32_t value)
{
	char line[48];

	fmt_print(line, sizeof(line), "%s %u", name, value);
	put_line(t, line);
}

/* The command line. */
size_t proctext_cmdline(char *to, size_t size)
{
	struct text t = { to, 0, size };

	put_line(&t, cmdline_text());
	return t.len;
}

/* What is mounted, in the words of Linux's file of that name: device path type options 0 0. */
size_t proctext_mounts(char *to, size_t size)
{
	struct text t = { to, 0, size };
	struct fs *fs;

	for (unsigned n = 0; (fs = fs_mounted(n)); n++) {
		char path[64], line[128];

		if (fs_path_of(fs->root, path, sizeof(path)) > 0) {
			fmt_print(line, sizeof(line), "%s %s %s %s 0 0", fs == root_fs ? "root" : fs->type,
			          path, fs->type, fs->read_only ? "ro" : "rw");
			put_line(&t, line);
		}
	}
	return t.len;
}

/* The machine's counters. */
size_t proctext_counters(char *to, size_t size)
{
	return count_print(NULL, to, size);
}

/* The calling task's. */
size_t proctext_self(char *to, size_t size)
{
	return count_print(task_current()->counts, to, size);
}

/* ---- mem ---- */

struct usage { uint32_t free, cached, kernel, anon, reserved; };

/* Which of the five is each frame?  The sum is all there are. */
static struct usage count_frames(void)
{
	struct usage u = { 0 };

	for (pfn_t pfn = 0; pfn < nframes; pfn++) {
		const struct frame *f = pfn_frame(pfn);

		if (frame_is(f, FR_RESERVED)) {
			u.reserved++;
		} else if (atomic_read(&f->refs) == 0) {
			u.free++;
		} else if (f->mapping) {
			u.cached++;
		} else if (frame_is(f, FR_KERNEL | FR_PAGETABLE)) {
			u.kernel++;
		} else {
			u.anon++;
		}
	}
	return u;
}

/* What memory and the disk are used for. */
size_t proctext_mem(char *to, size_t size)
{
	struct text t = { to, 0, size };
	struct usage u = count_frames();
	struct pcache_totals totals = pcache_totals();
	struct fs_usage disk = { 0 };

	root_fs->ops->usage(root_fs, &disk);
	put_value(&t, "frames_total", nframes);
	put_value(&t, "frames_free", u.free);
	put_value(&t, "frames_cached", u.cached);
	put_value(&t, "frames_dirty", totals.dirty);
	put_value(&t, "frames_writeback", totals.writeback);
	put_value(&t, "frames_kernel", u.kernel);
	put_value(&t, "frames_anon", u.anon);
	put_value(&t, "frames_reserved", u.reserved);
	put_value(&t, "heap_frames", kmalloc_frames());
	put_value(&t, "heap_bytes", kmalloc_in_use());
	put_value(&t, "inodes", inode_count());
	put_value(&t, "inodes_unused", inode_count_unused());
	put_value(&t, "fs_blocks_free", disk.blocks_free);
	put_value(&t, "fs_inodes_free", disk.inodes_free);
	put_value(&t, "tasks", count_tasks ? count_tasks() : 0);
	return t.len;
}

/* ---- cache ---- */

/* The files to be shown, those with [least, most] pages in memory, and where. */
struct cache_text { struct text text; uint32_t least, most; };

static void put_file(const struct inode *i, void *ctx)
{
	struct cache_text *c = ctx;
	uint32_t pages = i->mapping.nframes;
	char line[48];

	if (pages >= c->least && pages <= c->most && i->fs == root_fs) {
		fmt_print(line, sizeof(line), "%u %u %u", i->ino, pages, i->mapping.ndirty);
		put_line(&c->text, line);
	}
}

/* Whose pages are in memory: inode, pages, dirty ones.  The large ones come first: all may not fit. */
size_t proctext_cache(char *to, size_t size)
{
	static const uint32_t bound[] = { UINT32_MAX, 256, 16, 1 };
	struct cache_text c = { .text = { to, 0, size } };

	for (unsigned k = 1; k < ARRAY_SIZE(bound); k++) {
		c.least = bound[k];
		c.most = k == 1 ? bound[0] : bound[k - 1] - 1;
		inode_for_each(put_file, &c);
	}
	return c.text.len;
}

/* ---- check, ps ---- */

static void report(const char *line)
{
	put_line(check_text, line);
}

/* What the checks of all floors say.  Sleeps. */
size_t proctext_check(char *to, size_t size)
{
	struct text t = { to, 0, size };
	unsigned bad = 0;

	mutex_lock(&check_lock);
	check_text = &t;
	for (unsigned k = 0; k < nchecks; k++) {
		bad += checks[k](report);
	}
	check_text = NULL;
	mutex_unlock(&check_lock);
	if (bad == 0) {
		put_line(&t, "ok");
	} else if (t.len == 0) {
		put_line(&t, "violated");       /* somebody counted and did not say what */
	}
	return t.len;
}

/* The processes. */
size_t proctext_ps(char *to, size_t size)
{
	return print_ps ? print_ps(to, size) : 0;
}
