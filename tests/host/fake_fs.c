/*
 * See fake_fs.h.
 */
#include "tests/host/fake_fs.h"
#include "fs/file.h"
#include "fs/namei.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/cache/pcache.h"
#include "mm/cache/writeback.h"
#include "mm/phys/kmalloc.h"
#include "tests/host/fake.h"
#include "tests/host/fake_ram.h"
#include <stdio.h>

struct fake_fs fake_fs;

struct transfer { struct mapping *m; pgoff_t i; struct frame *f; bool write; };

static struct transfer queue[4096];
static unsigned nqueued;
static size_t kmalloc_before;

/* ---- transfers ---- */

static bool fails(unsigned *countdown)
{
	return *countdown > 0 && --*countdown == 0;
}

static void finish(struct transfer t)
{
	unsigned char *block = fake_fs.disk[t.f->place];
	int error = fails(t.write ? &fake_fs.fail_write : &fake_fs.fail_read) ? -EIO : 0;

	if (error == 0) {
		void *page = frame_data(t.f);

		memcpy(t.write ? block : page, t.write ? page : block, PAGE_SIZE);
	}
	if (t.write) {
		fake_fs.writes++;
		pcache_write_done(t.m, t.i, 1, error);
	} else {
		fake_fs.reads++;
		pcache_read_done(t.m, t.i, 1, error);
	}
}

static bool finish_one(void *ctx)
{
	struct transfer t;

	(void)ctx;
	if (nqueued == 0) {
		return false;
	}
	nqueued--;
	t = queue[fake_fs.backwards ? nqueued : 0];
	if (!fake_fs.backwards) {
		memmove(queue, queue + 1, nqueued * sizeof(queue[0]));
	}
	finish(t);
	return true;
}

static void begin(struct mapping *m, pgoff_t i, struct frame *f, bool write)
{
	struct transfer t = { m, i, f, write };

	if (fake_fs.slow) {
		ASSERT(nqueued < ARRAY_SIZE(queue));
		queue[nqueued++] = t;
	} else {
		finish(t);
	}
}

/* ---- mapping_ops ---- */

static struct fake_file *file_of(struct inode *i)
{
	return &fake_fs.file[i->ino];
}

static struct fake_file *mapped_file(struct mapping *m)
{
	return file_of(container_of(m, struct inode, mapping));
}

static int new_block(void)
{
	for (int b = 1; b < FAKE_FS_BLOCKS; b++) {
		if (!fake_fs.taken[b]) {
			fake_fs.taken[b] = true;
			memset(fake_fs.disk[b], FAKE_FS_OLD, PAGE_SIZE);
			return b;
		}
	}
	return -ENOSPC;
}

static int op_prepare(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	struct fake_file *file = mapped_file(m);
	unsigned k;

	for (k = 0; k < n; k++) {
		if (i + k >= FAKE_FS_FILE) {
			return k ? (int)k : -EFBIG;
		}
		if (!file->block[i + k]) {
			int b = new_block();

			if (b < 0) {
				return k ? (int)k : b;
			}
			file->block[i + k] = (uint32_t)b;
		}
		f[k]->place = file->block[i + k];
	}
	return (int)k;
}

static void op_read(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	struct fake_file *file = mapped_file(m);

	for (unsigned k = 0; k < n; k++) {
		f[k]->place = i + k < FAKE_FS_FILE ? file->block[i + k] : 0;
		if (f[k]->place) {
			begin(m, i + k, f[k], false);
		} else {
			memset(frame_data(f[k]), 0, PAGE_SIZE);
			pcache_read_done(m, i + k, 1, 0);
		}
	}
}

static void op_write(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		ASSERT(f[k]->place == mapped_file(m)->block[i + k]);
		begin(m, i + k, f[k], true);
	}
}

static const struct mapping_ops mapping_ops = {
	.prepare = op_prepare, .read = op_read, .write = op_write,
};

/* ---- inode_ops ---- */

static struct fake_entry *entry_of(uint32_t dir, const char *name, unsigned len)
{
	for (unsigned k = 0; k < fake_fs.nentries; k++) {
		struct fake_entry *e = &fake_fs.entry[k];

		if (e->dir == dir && strlen(e->name) == len && memcmp(e->name, name, len) == 0) {
			return e;
		}
	}
	return NULL;
}

static int op_lookup(struct inode *dir, const char *name, unsigned len, struct inode **out)
{
	struct fake_entry *e = entry_of(dir->ino, name, len);

	ASSERT(mutex_mine(&dir->lock) && len > 0 && len <= NAME_MAX);
	return e ? inode_get(dir->fs, e->ino, out) : -ENOENT;
}

static int op_create(struct inode *dir, const char *name, unsigned len, uint32_t mode,
                     struct inode **out)
{
	char text[32];

	ASSERT(mutex_mine(&dir->lock));
	memcpy(text, name, len);
	text[len] = '\0';
	return inode_get(dir->fs, fake_fs_add(dir->ino, text, mode), out);
}

static int op_unlink(struct inode *dir, const char *name, unsigned len, struct inode *target)
{
	struct fake_entry *e = entry_of(dir->ino, name, len);

	ASSERT(mutex_mine(&dir->lock) && e && e->ino == target->ino);
	e->name[0] = '\0';
	e->dir = 0;
	target->nlink--;
	inode_dirty(target);
	return 0;
}

static uint32_t parent_of(uint32_t ino)
{
	for (unsigned k = 0; k < fake_fs.nentries; k++) {
		if (fake_fs.entry[k].ino == ino && fake_fs.entry[k].dir) {
			return fake_fs.entry[k].dir;
		}
	}
	return 1;
}

/* Position 0 ".", 1 "..", k + 2 entry k. */
static int op_readdir(struct inode *dir, loff_t *pos,
                      bool (*emit)(void *ctx, const char *name, unsigned len,
                                   uint32_t ino, unsigned type), void *ctx)
{
	ASSERT(mutex_mine(&dir->lock));
	for (; *pos < fake_fs.nentries + 2; ++*pos) {
		const struct fake_entry *e = &fake_fs.entry[*pos < 2 ? 0 : *pos - 2];
		const char *name = *pos == 0 ? "." : *pos == 1 ? ".." : e->name;
		uint32_t ino = *pos == 0 ? dir->ino : *pos == 1 ? parent_of(dir->ino) : e->ino;

		if (*pos >= 2 && e->dir != dir->ino) {
			continue;
		}
		if (!emit(ctx, name, (unsigned)strlen(name), ino,
		          (fake_fs.file[ino].mode & S_IFMT) >> 12)) {
			break;
		}
	}
	return 0;
}

static int op_readlink(struct inode *i, char *to, unsigned size)
{
	size_t n = strlen(file_of(i)->link);

	memcpy(to, file_of(i)->link, MIN(n, size));
	return (int)n;
}

static void free_blocks(struct fake_file *file, pgoff_t from)
{
	for (pgoff_t k = from; k < FAKE_FS_FILE; k++) {
		if (file->block[k]) {
			memset(fake_fs.disk[file->block[k]], FAKE_FS_OLD, PAGE_SIZE);
			fake_fs.taken[file->block[k]] = false;
			file->block[k] = 0;
		}
	}
}

static int op_truncate(struct inode *i, loff_t size)
{
	loff_t old = mapping_size(&i->mapping);
	int r;

	ASSERT(mutex_mine(&i->lock));
	r = size < old ? pcache_truncate(&i->mapping, size) : pcache_extend(&i->mapping, size);
	if (r == 0 && size < old) {
		free_blocks(file_of(i), size_pages(size));
	}
	return r;
}

static int op_write_inode(struct inode *i)
{
	struct fake_file *file = file_of(i);

	ASSERT(mutex_mine(&i->lock));
	if (fails(&fake_fs.fail_write_inode)) {
		return -EIO;
	}
	fake_fs.write_inodes++;
	file->mode = i->mode;
	file->nlink = i->nlink;
	file->size = mapping_size(&i->mapping);
	return 0;
}

static int op_sync(struct inode *i, bool datasync)
{
	(void)datasync;
	fake_fs.syncs++;
	return inode_write(i);
}

static void op_destroy(struct inode *i)
{
	struct fake_file *file = file_of(i);

	mutex_lock(&i->lock);
	(void)pcache_truncate(&i->mapping, 0);
	mutex_unlock(&i->lock);
	free_blocks(file, 0);
	*file = (struct fake_file){ 0 };
	fake_fs.destroys++;
}

static void op_forget(struct inode *i)
{
	kfree(i->private);
	fake_fs.forgets++;
}

static const struct inode_ops inode_ops = {
	.lookup = op_lookup, .create = op_create, .unlink = op_unlink, .readdir = op_readdir,
	.readlink = op_readlink, .truncate = op_truncate, .sync = op_sync,
	.write_inode = op_write_inode, .destroy = op_destroy, .forget = op_forget,
};

static const struct file_ops regular_fops = {
	.read = rw_read, .write = rw_write, .seekable = true,
};

/* ---- fs_ops ---- */

static int op_read_inode(struct inode *i)
{
	const struct fake_file *file = file_of(i);

	if (fake_fs.slow) {
		sched_yield();          /* the world goes on while the disk is read */
	}
	if (fails(&fake_fs.fail_read_inode) || !file->mode) {
		return -EIO;
	}
	fake_fs.read_inodes++;
	i->mode = file->mode;
	i->nlink = file->nlink;
	i->mapping.size = file->size;
	i->mapping.ops = &mapping_ops;
	i->ops = &inode_ops;
	i->fops = inode_is(i, S_IFDIR) ? &dir_fops : inode_is(i, S_IFREG) ? &regular_fops : NULL;
	i->private = kmalloc(16, ALLOC_WAIT);
	return i->private ? 0 : -ENOMEM;
}

static void op_usage(struct fs *fs, struct fs_usage *u)
{
	(void)fs;
	*u = (struct fs_usage){
		PAGE_SIZE, FAKE_FS_BLOCKS, fake_fs_free_blocks(), FAKE_FS_INODES, 0
	};
}

static int op_sync_fs(struct fs *fs)
{
	(void)fs;
	fake_fs.syncs++;
	return 0;
}

static const struct fs_ops fs_ops = { .read_inode = op_read_inode, .usage = op_usage, .sync = op_sync_fs };

/* ---- for the tests ---- */

void fake_fs_run(void)
{
	while (finish_one(NULL)) {
	}
}

unsigned fake_fs_free_blocks(void)
{
	unsigned n = 0;

	for (unsigned b = 1; b < FAKE_FS_BLOCKS; b++) {
		n += !fake_fs.taken[b];
	}
	return n;
}

uint32_t fake_fs_add(uint32_t dir, const char *name, uint32_t mode)
{
	struct fake_entry *e = &fake_fs.entry[fake_fs.nentries++];
	uint32_t ino = 1;

	while (fake_fs.file[ino].mode) {
		ino++;
	}
	ASSERT(ino < FAKE_FS_INODES && fake_fs.nentries <= FAKE_FS_INODES);
	fake_fs.file[ino] = (struct fake_file){ .mode = mode, .nlink = 1 };
	*e = (struct fake_entry){ .dir = dir, .ino = ino };
	str_copy(e->name, name, sizeof(e->name));
	return ino;
}

unsigned char fake_fs_byte(uint32_t ino, loff_t at)
{
	return (unsigned char)((uint32_t)at * 2654435761u >> 24) ^ (unsigned char)ino;
}

uint32_t fake_fs_add_file(uint32_t dir, const char *name, loff_t size)
{
	uint32_t ino = fake_fs_add(dir, name, S_IFREG | 0644);
	struct fake_file *file = &fake_fs.file[ino];

	file->size = size;
	for (loff_t at = 0; at < size; at++) {
		uint32_t *block = &file->block[at >> PAGE_SHIFT];

		if (!*block) {
			*block = (uint32_t)new_block();
			memset(fake_fs.disk[*block], 0, PAGE_SIZE);
		}
		fake_fs.disk[*block][at & PAGE_MASK] = fake_fs_byte(ino, at);
	}
	return ino;
}

/* Once: a test that fails leaves things behind, which the next one must not trip over. */
static void power_on(void)
{
	struct memrange ram = { 0, 16u << 20 }, low = { 0, PAGE_SIZE };

	if (host_ram) {
		return;
	}
	fake_ram(16u << 20);
	if (frame_init(&ram, 1, &low, 1) < 0) {
		fake_fail("no memory");
	}
}

void fake_fs_start(void)
{
	fake_reset();
	power_on();
	wb_init();
	inode_init();
	fake_fs = (struct fake_fs){ .fs.ops = &fs_ops, .fs.type = "fake" };
	memset(fake_fs.disk, FAKE_FS_OLD, sizeof(fake_fs.disk));
	fake_fs.file[1] = (struct fake_file){ .mode = S_IFDIR | 0755, .nlink = 2 };
	nqueued = 0;
	fake_set_world(finish_one, NULL);
	kmalloc_before = kmalloc_in_use();
}

int fake_fs_end(void)
{
	const char *what = NULL;

	while (fake_world_step()) {
	}
	if (inode_count() != 0) {
		what = "inodes are still in use";
	} else {
		(void)inode_sync_all();
		wb_sync_all();
		(void)inode_shrink(0);
		if (inode_count_unused() != 0 || fake_fs.forgets != fake_fs.read_inodes) {
			what = "inodes are left in memory";
		} else if (kmalloc_in_use() != kmalloc_before) {
			what = "kernel memory leaked";
		}
	}
	if (what) {
		fprintf(stderr, "%s\n", what);
	}
	return what ? -1 : 0;
}
