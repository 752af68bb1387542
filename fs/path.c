/*
 * The way back: from a directory to its path.
 *
 * Floor 6.  Read next: open.c
 */
#include "fs/namei.h"

#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

/* to[at..] is the path so far. */
struct climb { uint32_t ino; char *to; unsigned at; int result; };

/* Put "/name" in front when this is the entry of the directory that we come from. */
static bool emit_climb(void *ctx, const char *name, unsigned len, uint32_t ino, unsigned type)
{
	struct climb *c = ctx;

	(void)type;
	if (ino != c->ino || (len <= 2 && memcmp(name, "..", len) == 0)) {
		return true;
	}
	if (len + 1 > c->at) {
		c->result = -ERANGE;
		return false;
	}
	c->at -= len + 1;
	c->to[c->at] = '/';
	memcpy(c->to + c->at + 1, name, len);
	c->result = 0;
	return false;
}

/* One step up: @dir is exchanged for its parent, and its name there is put in front. */
static int climb(struct climb *c, struct inode **dir)
{
	struct inode *parent, *below = mount_under(*dir);
	loff_t pos = 0;
	int r = dir_lookup(*dir, "..", 2, &parent);

	if (r < 0) {
		return r;
	}
	c->ino = below->ino;
	c->result = -ENOENT;                    /* removed while somebody was in it */
	mutex_lock(&parent->lock);
	r = inode_is(parent, S_IFDIR) ? parent->ops->readdir(parent, &pos, emit_climb, c) : -EIO;
	mutex_unlock(&parent->lock);
	inode_put(*dir);
	*dir = parent;
	return r < 0 ? r : c->result;
}

/* See namei.h.  Sleeps. */
int fs_path_of(struct inode *dir, char *to, unsigned size)
{
	struct climb c = { .to = to, .at = size };
	unsigned len;
	int r = 0;

	if (size < sizeof("/")) {
		return -ERANGE;
	}
	to[--c.at] = '\0';
	inode_hold(dir);
	while (r == 0 && mount_under(dir) != root_fs->root) {
		r = climb(&c, &dir);
	}
	inode_put(dir);
	if (r < 0) {
		return r;
	}
	if (to[c.at] == '\0') {
		to[--c.at] = '/';
	}
	len = size - c.at;
	memmove(to, to + c.at, len);
	return (int)len;
}
