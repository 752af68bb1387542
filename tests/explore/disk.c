/*
 * Two files on a small disk, behind the door mapping_ops, as ext2 fills it: blocks are handed out lowest first and
 * keep what their last owner left; a page that gets a block before it has content is pending; a transfer moves its
 * bytes when it ends, for a device reads memory late.
 *
 * Where ext2 may sleep, looking up a block, there is a scheduling point.
 *
 * Read next: ops.c
 */
#include "tests/explore/explore.h"

#include "kernel/lib/errno.h"
#include "mm/cache/pcache.h"
#include "mm/cache/writeback.h"
#include <string.h>

struct disk disk;

static struct diskfile *file_of(struct mapping *m)
{
	return (struct diskfile *)(void *)container_of(m, struct inode, mapping);
}

/* Fill what means something of bytes [off, off + n) of @page. */
void set_content(void *page, unsigned off, unsigned n, uint8_t value)
{
	for (unsigned k = off; k < CONTENT && k < off + n; k++) {
		((uint8_t *)page)[k] = value;
	}
}

/* ---- transfers ---- */

bool disk_busy_with(const struct frame *f, bool write)
{
	for (unsigned k = 0; k < disk.requests; k++) {
		if (disk.request[k].frame == f && disk.request[k].write == write) {
			return true;
		}
	}
	return false;
}

static void submit(struct diskfile *file, bool write, pgoff_t i, struct frame *f)
{
	if (disk.requests == REQUESTS || disk_busy_with(f, true) || disk_busy_with(f, false)) {
		violated("a frame is given to the disk twice");
		return;
	}
	disk.request[disk.requests++] = (struct request){ file, write, i, f };
}

/* I/O in flight holds no reference: the page must still be what it was. */
static bool request_fits(const struct request *r)
{
	const struct frame *f = r->frame;
	uint32_t state = r->write ? FR_WRITEBACK : FR_LOCKED;

	return f->mapping == &r->file->inode.mapping && f->index == r->index && frame_is(f, state) &&
	       f->place && f->place == r->file->block[r->index] && atomic_read(&f->refs) > 0;
}

void disk_end(unsigned k)
{
	struct request r = disk.request[k];
	uint8_t *block;

	if (!request_fits(&r)) {
		violated("page %u of file %u changed under a %s", r.index, (unsigned)(r.file - disk.file),
		         r.write ? "write" : "read");
		return;
	}
	memmove(&disk.request[k], &disk.request[k + 1], (--disk.requests - k) * sizeof(r));
	memset(&disk.request[disk.requests], 0, sizeof(r));
	block = disk.byte[r.frame->place];
	for (unsigned half = 0; half < 2; half++) {
		if (r.write) {
			block[half] = content(r.frame, half);
		} else {
			set_content(frame_data(r.frame), half * HALF, HALF, block[half]);
		}
	}
	this_cpu()->irq_depth++;
	if (r.write) {
		pcache_write_done(&r.file->inode.mapping, r.index, 1, 0);
	} else {
		pcache_read_done(&r.file->inode.mapping, r.index, 1, 0);
	}
	this_cpu()->irq_depth--;
}

/* ---- mapping_ops ---- */

static uint32_t new_block(void)
{
	for (unsigned b = 1; b < BLOCKS; b++) {
		if (!disk.taken[b]) {
			disk.taken[b] = true;
			return b;
		}
	}
	return 0;
}

static int prepare(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	struct diskfile *file = file_of(m);
	unsigned k;

	explore_point(NULL);
	for (k = 0; k < n && i + k < FILE_PAGES; k++) {
		if (!file->block[i + k] && !f[0]->mapping) {
			if (k > 0) {
				break;                  /* one page pending at a time is enough here */
			}
			mapping_pending(m, i, i + 1);
			n = 1;
			explore_point(NULL);
		}
		if (!file->block[i + k]) {
			file->block[i + k] = new_block();
		}
		if (!file->block[i + k]) {
			break;
		}
		f[k]->place = file->block[i + k];
	}
	return k > 0 ? (int)k : -ENOSPC;
}

static void read(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	struct diskfile *file = file_of(m);

	for (unsigned k = 0; k < n; k++) {
		uint32_t block = file->block[i + k];
		bool pending;

		explore_point(NULL);
		spin_lock(&m->lock);
		pending = i + k >= m->pending_lo && i + k < m->pending_hi;
		spin_unlock(&m->lock);
		f[k]->place = block;
		if (block && !pending) {
			submit(file, false, i + k, f[k]);
		} else {
			set_content(frame_data(f[k]), 0, CONTENT, V_ZERO);
			pcache_read_done(m, i + k, 1, 0);
		}
	}
}

static void write(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		submit(file_of(m), true, i + k, f[k]);
	}
}

static void hold(struct mapping *m)
{
	(void)m;
}

static const struct mapping_ops ops_of_disk = {
	.prepare = prepare, .read = read, .write = write, .hold = hold, .drop = hold,
};

/* What ext2_truncate() does. */
int disk_truncate(struct diskfile *file, loff_t size)
{
	int err = pcache_truncate(&file->inode.mapping, size);

	for (pgoff_t i = size_pages(size); !err && i < FILE_PAGES; i++) {
		explore_point(NULL);
		disk.taken[file->block[i]] = false;
		file->block[i] = 0;
	}
	return err;
}

/* ---- what fs/write.c wants of floor 6 ---- */

uint32_t inode_now(void)
{
	return 0;
}

void inode_dirty(struct inode *i)
{
	i->dirty = true;
}

int file_sync_range(struct file *f, loff_t off, loff_t len, bool datasync)
{
	(void)f, (void)off, (void)len, (void)datasync;
	return 0;
}

/* ---- the start ---- */

static struct fs fs = { .type = "disk", .max_size = FILE_PAGES * PAGE_SIZE };

static void file_init(struct diskfile *file, unsigned pages)
{
	mapping_init(&file->inode.mapping, &ops_of_disk, (loff_t)pages * PAGE_SIZE);
	mutex_init(&file->inode.lock);
	file->inode.fs = &fs;
	if (pcache_reserve(&file->inode.mapping, 0, FILE_PAGES) != 0) {
		violated("no memory for the stage");        /* reserved for good: the tree stays as it is */
	}
}

static void place(struct diskfile *file, pgoff_t i, uint8_t value)
{
	uint32_t b = new_block();

	file->block[i] = b;
	disk.byte[b][0] = disk.byte[b][1] = value;
}

/* File A: one page.  File B: a page and a hole. */
void disk_init(void)
{
	memset(disk.byte, V_OLD, sizeof(disk.byte));
	disk.taken[0] = true;
	file_init(&disk.file[0], 1);
	file_init(&disk.file[1], 2);
	place(&disk.file[0], 0, V_A0);
	place(&disk.file[1], 0, V_B0);
}
