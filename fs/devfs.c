/*
 * /dev.  Device numbers are Linux's: some libraries look at them.
 *
 * Floor 6.  Read next: procfs.c
 */
#include "fs/devfs.h"

#include "drivers/tty.h"
#include "fs/bdev.h"
#include "fs/pseudo.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/x86/mmu.h"
#include "kernel/x86/ucopy.h"
#include "mm/cache/pcache.h"
#include "mm/phys/kmalloc.h"

#define RDEV(major, minor) ((major) << 8 | (minor))

enum { VIRTIO_MAJOR = 254 };            /* from the range that Linux hands out as it likes */

enum { TTY_CHUNK = 256 };               /* written at once, from the kernel stack */

static struct bdev *disk;               /* the one with the root file system */

/* ---- null, zero ---- */

static int null_read(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	(void)f, (void)buf, (void)n, (void)pos;
	return 0;
}

static int zero_read(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	(void)f, (void)pos;
	return zero_user(buf, n) < 0 ? -EFAULT : (int)n;
}

static int sink_write(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	(void)f, (void)buf, (void)pos;
	return (int)n;
}

/* The disk that is always full: for those who want to know what a program does then. */
static int full_write(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	(void)f, (void)buf, (void)n, (void)pos;
	return -ENOSPC;
}

static const struct file_ops null_fops = { .read = null_read, .write = sink_write };
static const struct file_ops zero_fops = { .read = zero_read, .write = sink_write };
static const struct file_ops full_fops = { .read = zero_read, .write = full_write };

/* ---- the terminal ---- */

static int console_read(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	uint32_t size = MIN(n, TTY_RING);
	char *text;
	int r;

	(void)f, (void)pos;
	if (n == 0) {
		return 0;
	}
	text = kmalloc(size, ALLOC_WAIT);
	if (!text) {
		return -ENOMEM;
	}
	r = tty_read(tty_console(), text, size);
	if (r > 0 && copy_to_user(buf, text, (uint32_t)r) < 0) {
		r = -EFAULT;
	}
	kfree(text);
	return r;
}

static int console_write(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	char text[TTY_CHUNK];
	uint32_t done = 0;

	(void)f, (void)pos;
	while (done < n) {
		uint32_t len = MIN(n - done, (uint32_t)TTY_CHUNK);

		if (copy_from_user(text, buf + done, len) < 0) {
			return done ? (int)done : -EFAULT;
		}
		tty_write(tty_console(), text, len);
		done += len;
	}
	return (int)done;
}

static int console_ioctl(struct file *f, unsigned cmd, uva_t arg)
{
	(void)f;
	return tty_ioctl(tty_console(), cmd, arg);
}

static int console_poll(struct file *f)
{
	(void)f;
	return tty_poll(tty_console());
}

static const struct file_ops console_fops = {
	.read  = console_read,
	.write = console_write,
	.ioctl = console_ioctl,
	.poll  = console_poll,
};

/*
 * ---- the disk, raw ----
 *
 * Not through the device's mapping: that holds metadata only, and a data block that strayed into it
 * would go stale there and be taken for metadata.  Metadata is looked up in it, since it may be
 * newer than the disk.
 */

static int disk_open(struct file *f)
{
	/* For SEEK_END; the inode has no pages of its own. */
	f->inode->mapping.size = mapping_size(&disk->mapping);
	return 0;
}

/* The content of @block into @page. */
static int disk_block(uint32_t block, struct frame *page)
{
	struct frame *cached = pcache_find_one(&disk->mapping, block);
	struct ioseg seg = { frame_paddr(page), PAGE_SIZE };
	struct ioreq r = {
		.dev = disk->dev, .op = IO_READ, .sector = block * PAGE_SECTORS,
		.nsegs = 1, .seg = &seg,
	};

	if (cached && frame_is(cached, FR_UPTODATE)) {
		page_copy(frame_data(page), frame_data(cached));
		frame_put(cached);
		return 0;
	}
	if (cached) {
		frame_put(cached);
	}
	return blk_sync(&r);
}

static int disk_read(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	loff_t size = mapping_size(&disk->mapping);
	struct frame *page;
	uint32_t done = 0;
	int r = 0;

	(void)f;
	if (pos >= size) {
		return 0;
	}
	page = frame_alloc(ALLOC_WAIT | ALLOC_KERNEL);
	if (!page) {
		return -ENOMEM;
	}
	n = (uint32_t)MIN((loff_t)n, size - pos);
	while (done < n) {
		uint32_t off = (uint32_t)(pos + done) & PAGE_MASK;
		uint32_t len = MIN(PAGE_SIZE - off, n - done);

		r = disk_block((uint32_t)((pos + done) >> PAGE_SHIFT), page);
		if (r == 0) {
			r = copy_to_user(buf + done, (char *)frame_data(page) + off, len);
		}
		if (r < 0) {
			break;
		}
		done += len;
	}
	frame_put(page);
	return done ? (int)done : r;
}

/* The disk holds the root file system, which would not notice, and write over it. */
static int disk_write(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	(void)f, (void)buf, (void)n, (void)pos;
	return -EBUSY;
}

static const struct file_ops disk_fops = {
	.open = disk_open, .read = disk_read, .write = disk_write, .seekable = true,
};

#define DISK_NODE (ARRAY_SIZE(nodes) - 1)

static struct pseudo_node nodes[] = {
	{ .mode = S_IFDIR | 0755 },
	{ "null",    0, S_IFCHR | 0666, RDEV(1, 3), &null_fops,    NULL },
	{ "zero",    0, S_IFCHR | 0666, RDEV(1, 5), &zero_fops,    NULL },
	{ "full",    0, S_IFCHR | 0666, RDEV(1, 7), &full_fops,    NULL },
	{ "tty",     0, S_IFCHR | 0666, RDEV(5, 0), &console_fops, NULL },
	{ "console", 0, S_IFCHR | 0600, RDEV(5, 1), &console_fops, NULL },
	{ "ram0",    0, S_IFBLK | 0600, RDEV(1, 0), &disk_fops,    NULL },      /* DISK_NODE */
};

static struct pseudo devfs = { .fs.type = "devfs", .node = nodes, .n = ARRAY_SIZE(nodes) };

/* See devfs.h.  Sleeps. */
int devfs_mount(struct bdev *root)
{
	disk = root;
	if (strcmp(root->dev->name, nodes[DISK_NODE].name) != 0) {
		nodes[DISK_NODE].name = root->dev->name;
		nodes[DISK_NODE].rdev = RDEV(VIRTIO_MAJOR, 0);
	}
	return pseudo_mount(&devfs, "/dev");
}
