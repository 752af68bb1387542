/*
 * The path walk: one component after the other, from the root or a directory.
 *
 *      "/dev/../lnk/x"     at      rest
 *                          /       dev/../lnk/x
 *                          dev     ../lnk/x        mounted on: go on at that root, and climb out
 *                          /       lnk/x           by the directory it covers
 *                          /       TEXT/x          a link puts its text in front of the rest
 *
 * The walk holds a reference to where it is and a lock only inside one directory operation; between
 * two components everything may change, as it may between two system calls.  Search permission is
 * not checked: every process runs as root, to whom it is always granted.
 *
 * Floor 6.  Read next: open.c
 */
#include "fs/namei.h"

#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/phys/kmalloc.h"

enum { LINKS_MAX = 40 };                /* followed in one walk, as Linux has it */

enum last_link { LINK_FOLLOW, LINK_KEEP };

struct walk {
	struct inode  *at;              /* where we are: a reference                              */
	const char    *rest, *end;      /* what is still to be walked                             */
	char          *text;            /* holds it, once a link was followed; ours to free       */
	unsigned       links;
	enum last_link last;            /* what to do when the last component is a link           */
};

static bool is_dot(const char *name, unsigned len)
{
	return len == 1 && name[0] == '.';
}

static bool is_dotdot(const char *name, unsigned len)
{
	return len == 2 && name[0] == '.' && name[1] == '.';
}

static bool emit_dotdot(void *ctx, const char *name, unsigned len, uint32_t ino, unsigned type)
{
	uint32_t *parent = ctx;

	(void)type;
	if (is_dotdot(name, len)) {
		*parent = ino;
	}
	return *parent == 0;
}

/*
 * Under the lock until we have the parent: as long as @dir names it, it is there, and @dir cannot be moved meanwhile.
 * A removed directory has no parent any more.
 */
static int parent_of(struct inode *dir, struct inode **out)
{
	uint32_t parent = 0;
	loff_t pos = 0;
	int r;

	dir = mount_under(dir);
	if (dir == root_fs->root) {
		inode_hold(dir);
		*out = dir;
		return 0;
	}
	mutex_lock(&dir->lock);
	r = dir->ops->readdir(dir, &pos, emit_dotdot, &parent);
	if (r == 0) {
		r = parent && dir->nlink > 0 ? inode_get(dir->fs, parent, out) : -ENOENT;
	}
	mutex_unlock(&dir->lock);
	return r;
}

/* See namei.h.  Locks: takes dir->lock.  Sleeps.  Owns: a reference to *@out is the caller's. */
int dir_lookup(struct inode *dir, const char *name, unsigned len, struct inode **out)
{
	int r;

	if (!inode_is(dir, S_IFDIR) || !dir->ops->lookup) {
		return -ENOTDIR;
	}
	if (len > NAME_MAX) {
		return -ENAMETOOLONG;
	}
	if (is_dot(name, len)) {
		inode_hold(dir);
		*out = dir;
		return 0;
	}
	if (is_dotdot(name, len)) {
		return parent_of(dir, out);
	}
	mutex_lock(&dir->lock);
	r = dir->ops->lookup(dir, name, len, out);
	mutex_unlock(&dir->lock);
	if (r == 0) {
		*out = mount_cross(*out);
	}
	return r;
}

/* See namei.h.  Sleeps. */
int link_text(struct inode *link, char *to, unsigned size)
{
	int n;

	if (!inode_is(link, S_IFLNK) || !link->ops->readlink) {
		return -EINVAL;
	}
	n = link->ops->readlink(link, to, size);
	if (n >= 0 && (unsigned)n >= size) {
		return -ENAMETOOLONG;
	}
	if (n >= 0) {
		to[n] = '\0';
	}
	return n;
}

/* Move to @next.  Owns: the reference becomes the walk's. */
static void walk_to(struct walk *w, struct inode *next)
{
	inode_put(w->at);
	w->at = next;
}

static void walk_to_root(struct walk *w)
{
	inode_hold(root_fs->root);
	walk_to(w, root_fs->root);
}

/* Put the text of @link, found in w->at, in front of what is left. */
static int walk_link(struct walk *w, struct inode *link)
{
	unsigned rest = (unsigned)(w->end - w->rest);
	char *text;
	int n;

	if (++w->links > LINKS_MAX) {
		return -ELOOP;
	}
	text = kmalloc(PATH_MAX, ALLOC_WAIT);
	if (!text) {
		return -ENOMEM;
	}
	n = link_text(link, text, PATH_MAX);
	if (n <= 0 || (unsigned)n + rest >= PATH_MAX) {
		kfree(text);
		return n < 0 ? n : n == 0 ? -ENOENT : -ENAMETOOLONG;
	}
	memcpy(text + n, w->rest, rest);        /* empty, or starts with a slash */
	kfree(w->text);
	w->text = text;
	w->rest = text;
	w->end = text + n + rest;
	if (text[0] == '/') {
		walk_to_root(w);
	}
	return 0;
}

static int walk_step(struct walk *w, const char *name, unsigned len)
{
	bool more = w->rest < w->end;   /* if only slashes: a link there must lead to a directory */
	struct inode *next;
	int r = dir_lookup(w->at, name, len, &next);

	if (r < 0) {
		return r;
	}
	if (inode_is(next, S_IFLNK) && (more || w->last == LINK_FOLLOW)) {
		r = walk_link(w, next);
		inode_put(next);
		return r;
	}
	walk_to(w, next);
	return 0;
}

/* Walk the first @len characters of @path. */
static int walk(struct inode *cwd, const char *path, unsigned len, enum last_link last,
                struct inode **out)
{
	struct walk w = { .at = cwd, .rest = path, .end = path + len, .last = last };
	int r = 0;

	inode_hold(cwd);
	if (path[0] == '/') {
		walk_to_root(&w);
	}
	while (r == 0) {
		const char *name;

		while (w.rest < w.end && *w.rest == '/') {
			w.rest++;
		}
		if (w.rest == w.end) {
			break;
		}
		name = w.rest;
		while (w.rest < w.end && *w.rest != '/') {
			w.rest++;
		}
		r = walk_step(&w, name, (unsigned)(w.rest - name));
	}
	if (r == 0 && len > 0 && w.end[-1] == '/' && !inode_is(w.at, S_IFDIR)) {
		r = -ENOTDIR;
	}
	kfree(w.text);
	if (r < 0) {
		inode_put(w.at);
		return r;
	}
	*out = w.at;
	return 0;
}

/* See namei.h.  Sleeps. */
int namei(struct inode *cwd, const char *path, bool nofollow_last, struct inode **out)
{
	size_t len = strlen(path);

	if (len == 0) {
		return -ENOENT;
	}
	if (len >= PATH_MAX) {
		return -ENAMETOOLONG;
	}
	return walk(cwd, path, (unsigned)len, nofollow_last ? LINK_KEEP : LINK_FOLLOW, out);
}

/* See namei.h.  Sleeps. */
int namei_parent(struct inode *cwd, const char *path, struct inode **dir, struct lastname *last)
{
	size_t len = strlen(path), end = len, start;
	int r;

	if (len == 0) {
		return -ENOENT;
	}
	if (len >= PATH_MAX) {
		return -ENAMETOOLONG;
	}
	while (end > 0 && path[end - 1] == '/') {
		end--;
	}
	for (start = end; start > 0 && path[start - 1] != '/'; start--) {
	}
	*last = (struct lastname){ path + start, (unsigned)(end - start), end < len };
	r = walk(cwd, path, (unsigned)start, LINK_FOLLOW, dir);
	if (r == 0 && (!inode_is(*dir, S_IFDIR) || last->len > NAME_MAX)) {
		r = inode_is(*dir, S_IFDIR) ? -ENAMETOOLONG : -ENOTDIR;
		inode_put(*dir);
	}
	return r;
}

/* See namei.h. */
bool lastname_plain(const struct lastname *last)
{
	return last->len > 0 && !is_dot(last->name, last->len) && !is_dotdot(last->name, last->len);
}
