/*
 * Pseudo file systems: inode operations on a table.
 *
 * Floor 6.  Read next: devfs.c, procfs.c
 */
#include "fs/pseudo.h"

#include "fs/namei.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/x86/ucopy.h"

static struct pseudo *pseudo_of(const struct inode *i)
{
	return container_of(i->fs, struct pseudo, fs);
}

const struct pseudo_node *pseudo_node_of(const struct inode *i)
{
	return &pseudo_of(i)->node[i->ino - 1];
}

static int pseudo_lookup(struct inode *dir, const char *name, unsigned len, struct inode **out)
{
	const struct pseudo *p = pseudo_of(dir);

	for (unsigned k = 1; k < p->n; k++) {
		const struct pseudo_node *node = &p->node[k];

		if (node->parent == dir->ino - 1 && strlen(node->name) == len &&
		    memcmp(node->name, name, len) == 0) {
			return inode_get(dir->fs, k + 1, out);
		}
	}
	return -ENOENT;
}

/* Positions: 0 ".", 1 "..", then k + 1 for node k: those of other directories are passed over. */
static int pseudo_readdir(struct inode *dir, loff_t *pos,
                          bool (*emit)(void *ctx, const char *name, unsigned len,
                                       uint32_t ino, unsigned type), void *ctx)
{
	const struct pseudo *p = pseudo_of(dir);
	unsigned self = dir->ino - 1;

	for (; *pos < (loff_t)p->n + 1; ++*pos) {
		unsigned k = (unsigned)*pos - 1;
		const char *name = *pos == 0 ? "." : *pos == 1 ? ".." : p->node[k].name;

		if (*pos <= 1) {
			k = *pos == 0 ? self : p->node[self].parent;
		} else if (p->node[k].parent != self) {
			continue;
		}
		if (!emit(ctx, name, (unsigned)strlen(name), k + 1,
		          (p->node[k].mode & S_IFMT) >> 12)) {
			break;
		}
	}
	return 0;
}

/* open(O_TRUNC), as the shell's ">" does it: there is nothing to cut. */
static int pseudo_truncate(struct inode *i, loff_t size)
{
	(void)i;
	(void)size;
	return 0;
}

static const struct inode_ops dir_ops = {
	.lookup   = pseudo_lookup,
	.readdir  = pseudo_readdir,
};

static const struct inode_ops node_ops = {
	.truncate = pseudo_truncate,
};

static int pseudo_read_inode(struct inode *i)
{
	const struct pseudo *p = pseudo_of(i);
	const struct pseudo_node *node;

	if (i->ino == 0 || i->ino > p->n) {
		return -EIO;
	}
	node = pseudo_node_of(i);
	i->mode = node->mode;
	i->nlink = 1;
	i->rdev = node->rdev;
	i->atime = i->mtime = i->ctime = inode_now();
	i->ops = inode_is(i, S_IFDIR) ? &dir_ops : &node_ops;
	i->fops = inode_is(i, S_IFDIR) ? &dir_fops : node->fops;
	return 0;
}

static void pseudo_usage(struct fs *fs, struct fs_usage *u)
{
	const struct pseudo *p = container_of(fs, struct pseudo, fs);

	*u = (struct fs_usage){ .block_size = PAGE_SIZE, .inodes = p->n };
}

static const struct fs_ops pseudo_ops = {
	.read_inode = pseudo_read_inode,
	.usage      = pseudo_usage,
};

/* See pseudo.h.  Sleeps. */
int pseudo_read_text(const char *text, size_t len, uva_t buf, uint32_t n, loff_t pos)
{
	if (pos >= (loff_t)len) {
		return 0;
	}
	n = (uint32_t)MIN((loff_t)n, (loff_t)len - pos);
	return copy_to_user(buf, text + pos, n) < 0 ? -EFAULT : (int)n;
}

/* See pseudo.h.  Sleeps. */
int pseudo_take_order(char *order, size_t size, uva_t buf, uint32_t n)
{
	if (n >= size) {
		return -EINVAL;
	}
	if (copy_from_user(order, buf, n) < 0) {
		return -EFAULT;
	}
	order[n > 0 && order[n - 1] == '\n' ? n - 1 : n] = '\0';
	return 0;
}

/* See pseudo.h.  Sleeps. */
int pseudo_mount(struct pseudo *p, const char *path)
{
	int r;

	p->fs.ops = &pseudo_ops;
	r = inode_get(&p->fs, 1, &p->fs.root);
	if (r < 0) {
		return r;
	}
	r = fs_mount(&p->fs, path);
	if (r < 0) {
		inode_put(p->fs.root);
	}
	return r;
}
