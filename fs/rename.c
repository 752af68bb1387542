/*
 * rename(2): one name goes, another comes, and whoever looks meanwhile finds at least one of them.
 *
 *      from: dir, name --> inode               the same inode, or into itself:         looked at here
 *      to:   dir, name --> inode or nothing    entries, "..", counts of links:         ops->rename
 *
 * One mutex a file system, fs->rename, is held by whoever moves or removes a directory.  Under it the tree above
 * any directory stands still: "does this lie below that?" has an answer that stays true.  And since nobody else
 * ever holds the locks of two directories, these cannot wait for each other in a circle.
 *
 * Floor 6.  [POSIX rename]  Read next: path.c
 */
#include "fs/namei.h"

#include "kernel/lib/errno.h"

struct names { struct lastname from, to; };

static int  rename_in_order(struct rename_end *from, struct rename_end *to, const struct names *n);
static int  find_source(struct rename_end *from);
static int  check_not_below(struct inode *dir, const struct inode *moved);
static int  rename_locked(struct rename_end *from, struct rename_end *to, const struct names *n);

/* See namei.h.  Sleeps.  Returns: 0; -ENOENT; -EXDEV; -EBUSY; -EINVAL; -EISDIR, -ENOTDIR, -ENOTEMPTY; -EROFS; what the walks
 * or the file system say. */
int fs_rename(struct inode *from_cwd, const char *from_path, struct inode *to_cwd, const char *to_path)
{
	struct rename_end from = { .dir = NULL }, to = { .dir = NULL };
	struct names n;
	int r = namei_parent(from_cwd, from_path, &from.dir, &n.from);

	if (r < 0) {
		return r;
	}
	r = namei_parent(to_cwd, to_path, &to.dir, &n.to);
	if (r < 0) {
		inode_put(from.dir);
		return r;
	}
	if (from.dir->fs != to.dir->fs) {
		r = -EXDEV;
	} else if (!lastname_plain(&n.from) || !lastname_plain(&n.to)) {
		r = -EBUSY;
	} else {
		from.name = n.from.name;
		from.len = n.from.len;
		to.name = n.to.name;
		to.len = n.to.len;
		r = rename_in_order(&from, &to, &n);
	}
	inode_put(from.dir);
	inode_put(to.dir);
	return r;
}

/* Everything under fs->rename; and then let go of both inodes, which may free what was replaced. */
static int rename_in_order(struct rename_end *from, struct rename_end *to, const struct names *n)
{
	struct mutex *order = &from->dir->fs->rename;
	int r;

	mutex_lock(order);
	r = find_source(from);
	if (r == 0 && inode_is(from->inode, S_IFDIR) && from->dir != to->dir) {
		r = check_not_below(to->dir, from->inode);
	}
	if (r == 0) {
		inode_lock_two(from->dir, to->dir);
		r = rename_locked(from, to, n);
		inode_unlock_two(from->dir, to->dir);
	}
	mutex_unlock(order);
	if (from->inode) {
		inode_put(from->inode);
	}
	if (to->inode) {
		inode_put(to->inode);
	}
	return r;
}

static int find_source(struct rename_end *from)
{
	int r;

	mutex_lock(&from->dir->lock);
	r = from->dir->ops->lookup(from->dir, from->name, from->len, &from->inode);
	mutex_unlock(&from->dir->lock);
	return r;
}

/*
 * -EINVAL if the way from @dir up to its root leads through @moved: moved there, it would hang on itself.  A
 * damaged disk may have a circle of parents, but not more directories than inodes.
 */
static int check_not_below(struct inode *dir, const struct inode *moved)
{
	struct fs_usage u = { .inodes = 0 };
	int r = 0;

	if (dir->fs->ops->usage) {
		dir->fs->ops->usage(dir->fs, &u);
	}
	inode_hold(dir);
	for (uint32_t steps = 0; r == 0 && dir != moved && dir != dir->fs->root; steps++) {
		struct inode *parent;

		r = steps > u.inodes ? -EIO : dir_lookup(dir, "..", 2, &parent);
		if (r == 0) {
			inode_put(dir);
			dir = parent;
		}
	}
	if (r == 0 && dir == moved) {
		r = -EINVAL;
	}
	inode_put(dir);
	return r;
}

/* May this take the place of that?  [POSIX rename] */
static int check_kinds(const struct rename_end *from, const struct rename_end *to, const struct names *n)
{
	bool directory = inode_is(from->inode, S_IFDIR);

	if (!directory && (n->from.must_be_dir || n->to.must_be_dir)) {
		return -ENOTDIR;
	}
	if (mount_point(from->inode)) {
		return -EBUSY;
	}
	if (!to->inode) {
		return 0;
	}
	if (directory != inode_is(to->inode, S_IFDIR)) {
		return directory ? -ENOTDIR : -EISDIR;
	}
	if (to->inode == from->dir) {
		return -ENOTEMPTY;      /* what is moved is in it; other ancestors are found not empty */
	}
	return mount_point(to->inode) ? -EBUSY : 0;
}

/*
 * The source was looked up before the locks were taken: if its name has another inode by now, there was a moment
 * between unlink and create when it had none, and that is when we came.
 */
static int check_source(const struct rename_end *from, struct rename_end *to)
{
	struct inode *again;
	int r = from->dir->ops->lookup(from->dir, from->name, from->len, &again);

	if (r < 0) {
		return r;
	}
	if (again != from->inode) {
		to->inode = again;      /* not with locks held: given up where that is */
		return -ENOENT;
	}
	inode_put(again);               /* not the last reference */
	return 0;
}

/* Locks: fs->rename and both directories. */
static int rename_locked(struct rename_end *from, struct rename_end *to, const struct names *n)
{
	int r = check_source(from, to);

	if (r == 0) {
		r = to->dir->ops->lookup(to->dir, to->name, to->len, &to->inode);
		r = r == -ENOENT ? 0 : r;
	}
	if (r == 0) {
		r = check_kinds(from, to, n);
	}
	if (r < 0 || to->inode == from->inode) {
		return r;               /* two names of one file: both stay [POSIX rename] */
	}
	r = dir_may_grow(to->dir);
	if (r == 0) {
		r = from->dir->ops->rename ? from->dir->ops->rename(from, to) : -EPERM;
	}
	return r;
}
