/*
 * Renaming.  First everything is found and held that will be changed, then it is changed, and no step of that can
 * fail:
 *
 *      old     the entry that goes             up      ".." of a directory that gets another parent
 *      new     the entry that is replaced, or one that is added: the only change that can fail, and so the first
 *
 * Locks: fs->rename and both directories' held throughout; both inodes', by address.
 *
 * Floor 6.  [POSIX rename]
 */
#include "fs/ext2/volume.h"
#include "kernel/lib/errno.h"

/* Entries, each in its block, held; those without a frame are not needed. */
struct move {
	const struct rename_end *from, *to;
	struct ext2_cursor       old, new, up;
};

/* A circle that no sound tree has, and in which we would wait for ourselves. */
static int check_circle(const struct rename_end *from, const struct rename_end *to)
{
	if (from->inode == from->dir || to->inode == to->dir) {
		return ext2_corrupt(ext2_of(from->dir), from->dir->ino, "a directory that is in itself, links",
		                    from->dir->nlink);
	}
	return 0;
}

static bool gets_new_parent(const struct move *m)
{
	return inode_is(m->from->inode, S_IFDIR) && m->from->dir != m->to->dir;
}

/* Make sure of the room for the new name: of what it replaces, or an entry that is added now. */
static int prepare_new(struct move *m)
{
	const struct rename_end *to = m->to;
	int error = 0;

	if (!to->inode) {
		if (gets_new_parent(m) && to->dir->nlink >= EXT2_LINK_MAX) {
			return -EMLINK;
		}
		return ext2_dir_add(to->dir, to->name, to->len, m->from->inode);
	}
	if (inode_is(to->inode, S_IFDIR)) {
		error = ext2_dir_empty(to->inode);
	}
	if (!error) {
		error = ext2_dir_find(to->dir, to->name, to->len, &m->new);
	}
	return error ? error : ext2_drop_begin(to->inode);
}

/* Everything that can fail. */
static int prepare(struct move *m)
{
	int error = ext2_dir_find(m->from->dir, m->from->name, m->from->len, &m->old);

	if (!error && gets_new_parent(m)) {
		error = ext2_dir_find(m->from->inode, "..", 2, &m->up);
		if (error == -ENOENT) {
			error = ext2_corrupt(ext2_of(m->from->dir), m->from->inode->ino,
			                     "a directory without \"..\", links", m->from->inode->nlink);
		}
	}
	return error ? error : prepare_new(m);
}

/* Links between directories: the ".." of what moves, and of what is replaced. */
static void count_links(const struct move *m)
{
	if (gets_new_parent(m)) {
		ext2_parent_loses(m->from->dir);
		ext2_parent_gains(m->to->dir);
	}
	if (m->to->inode && inode_is(m->to->inode, S_IFDIR)) {
		ext2_parent_loses(m->to->dir);
	}
}

static void carry_out(struct move *m)
{
	struct inode *moved = m->from->inode;

	if (m->new.frame) {
		ext2_dir_replace(&m->new, moved);
	}
	ext2_dir_remove(&m->old);
	if (m->up.frame) {
		ext2_dir_replace(&m->up, m->to->dir);
	}
	count_links(m);
	if (m->to->inode) {
		ext2_drop_link(m->to->inode);
	}
	moved->ctime = inode_now();
	inode_dirty(moved);
}

/*
 * inode_ops.rename.
 *
 * Sleeps.
 * Returns: 0; -ENOTEMPTY; -EMLINK; -ENOSPC; -EROFS; -EIO; -ENOMEM.  Nothing has changed after an error.
 */
int ext2_rename(const struct rename_end *from, const struct rename_end *to)
{
	struct move m = { .from = from, .to = to };
	int error = check_circle(from, to);

	if (error) {
		return error;
	}
	inode_lock_two(from->inode, to->inode);
	error = prepare(&m);
	if (!error) {
		carry_out(&m);
	}
	ext2_cursor_end(&m.old);
	ext2_cursor_end(&m.new);
	ext2_cursor_end(&m.up);
	inode_unlock_two(from->inode, to->inode);
	return error;
}
