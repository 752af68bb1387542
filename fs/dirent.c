/*
 * Directories as open files: entries in the form of getdents64(2).
 *
 *      | ino 8 | position of the next entry 8 | record length 2 | type 1 | name, 0, padding to 8 |
 *
 * Entries are packed into a page of the kernel under the directory's lock and copied to the user
 * after it.
 *
 * Floor 6.
 */
#include "fs/file.h"

#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/x86/ucopy.h"
#include "mm/phys/kmalloc.h"

struct dirent64 {                       /* struct linux_dirent64 */
	uint64_t ino;
	int64_t  next;
	uint16_t length;
	uint8_t  type;
	char     name[];
} __attribute__((packed, aligned(4)));

_Static_assert(offsetof(struct dirent64, name) == 19, "as the ABI has it");

struct packing {
	char            *page;
	uint32_t         used, size;
	struct dirent64 *last;          /* its `next` is known when the next one comes */
	const loff_t    *pos;
	bool             full;          /* an entry did not fit */
};

static bool pack(void *ctx, const char *name, unsigned len, uint32_t ino, unsigned type)
{
	struct packing *p = ctx;
	struct dirent64 *d = (void *)(p->page + p->used);
	uint32_t length = (offsetof(struct dirent64, name) + len + 1 + 7) & ~7u;

	if (length > p->size - p->used) {
		p->full = true;
		return false;
	}
	if (p->last) {
		p->last->next = *p->pos;
	}
	memset(d, 0, length);
	d->ino = ino;
	d->length = (uint16_t)length;
	d->type = (uint8_t)type;
	memcpy(d->name, name, len);
	p->used += length;
	p->last = d;
	return true;
}

/* Fill the page from f->pos on.  Bytes, or -errno; -EINVAL when not even one entry fits. */
static int pack_from(struct file *f, struct packing *p, loff_t *pos)
{
	struct inode *dir = f->inode;
	int r;

	p->pos = pos;
	mutex_lock(&dir->lock);
	r = dir->nlink > 0 ? dir->ops->readdir(dir, pos, pack, p) : -ENOENT;    /* removed: not even "." is left */
	mutex_unlock(&dir->lock);
	if (p->last) {
		p->last->next = *pos;
		return (int)p->used;            /* an error shows in the next call */
	}
	return r < 0 ? r : p->full ? -EINVAL : 0;
}

static int dir_readdir(struct file *f, uva_t buf, uint32_t n)
{
	struct packing p = { .size = MIN(n, PAGE_SIZE) };
	loff_t pos = f->pos;
	int r;

	p.page = kmalloc(PAGE_SIZE, ALLOC_WAIT);
	if (!p.page) {
		return -ENOMEM;
	}
	r = pack_from(f, &p, &pos);
	if (r > 0 && copy_to_user(buf, p.page, (uint32_t)r) < 0) {
		r = -EFAULT;
	}
	if (r > 0) {
		f->pos = pos;
	}
	kfree(p.page);
	return r;
}

const struct file_ops dir_fops = {
	.readdir  = dir_readdir,
	.seekable = true,
};
