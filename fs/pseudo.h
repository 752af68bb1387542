/*
 * Pseudo file systems: trees that are tables in the kernel.  /dev and /proc are such.
 *
 *	static const struct pseudo_node nodes[] = {
 *		[0] = { .mode = S_IFDIR | 0755 },                       the root, its own parent
 *		{ "null", 0, S_IFCHR | 0666, 0x103, &null_fops, NULL }, in node 0
 *	};
 *
 * Inode numbers are indices into the table plus one.  Nothing is created, removed or stored.
 *
 * Floor 6.
 */
#ifndef FS_PSEUDO_H
#define FS_PSEUDO_H

#include "fs/file.h"

struct pseudo_node {
	const char            *name;
	unsigned               parent;          /* index of its directory         */
	uint32_t               mode;
	uint32_t               rdev;
	const struct file_ops *fops;            /* NULL for directories           */
	size_t               (*text)(char *to, size_t size);    /* of /proc, see proctext.h */
};

struct pseudo {
	struct fs                 fs;
	const struct pseudo_node *node;
	unsigned                  n;
};

/* Mount the tree of p->node[0..p->n) on @path; p->fs.type is set, the rest is filled in here.  0 or
 * -errno. */
must_check int pseudo_mount(struct pseudo *p, const char *path);

const struct pseudo_node *pseudo_node_of(const struct inode *i);

/* read(2) of a text that is @len bytes in all.  Returns: bytes, 0 at the end, or -EFAULT. */
int pseudo_read_text(const char *text, size_t len, uva_t buf, uint32_t n, loff_t pos);

/* write(2) of an order: all @n bytes as a text of less than @size, without the newline at its end.  Returns: 0;
 * -EINVAL if it is longer; -EFAULT. */
must_check int pseudo_take_order(char *order, size_t size, uva_t buf, uint32_t n);

#endif
