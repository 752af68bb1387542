/*
 * From a path to an inode.
 *
 * Floor 6.
 */
#ifndef FS_NAMEI_H
#define FS_NAMEI_H

#include "fs/inode.h"

#define PATH_MAX 4096u          /* with the terminator [POSIX limits.h] */
#define NAME_MAX 255u

/* The root directory, and mounting: @fs appears at @path. */
extern struct fs *root_fs;
must_check int fs_mount(struct fs *fs, const char *path);      /* "/" first.  -ENOTDIR, -ENOSPC */
struct fs *fs_mounted(unsigned n);              /* the n-th of them; NULL past the last */
/* The root of what is mounted on @i, else @i.  Owns: consumes the reference to @i, gives one to the result. */
struct inode *mount_cross(struct inode *i);
/* The directory seen from above: what it covers, as long as it is the root of something mounted.  Borrowed. */
struct inode *mount_under(struct inode *dir);

/* Walk @path from @cwd (or the root).  A final symbolic link is followed unless @nofollow_last.  The result has a reference.
 * -ENOENT -ENOTDIR -ENAMETOOLONG -ELOOP -EIO -ENOMEM. */
must_check int namei(struct inode *cwd, const char *path, bool nofollow_last, struct inode **out);

/* Walk to the directory that holds the last component: a reference to it, and the component in place (not
 * terminated).  Trailing slashes set *@must_be_dir. */
struct lastname { const char *name; unsigned len; bool must_be_dir; };
must_check int namei_parent(struct inode *cwd, const char *path, struct inode **dir, struct lastname *last);

/* Is it a name, and not "/", "." or ".."? */
bool lastname_plain(const struct lastname *last);

/* One component, with mounts crossed; @dir->lock not held. */
must_check int dir_lookup(struct inode *dir, const char *name, unsigned len, struct inode **out);

/* The text of a symbolic link, terminated; its length.  -EINVAL: not a link; -ENAMETOOLONG: not within @size. */
must_check int link_text(struct inode *link, char *to, unsigned size);

must_check int fs_unlink(struct inode *cwd, const char *path);
/* Absolute path of a directory: getcwd(2).  Length with the terminator, or -ERANGE, -ENOENT. */
must_check int fs_path_of(struct inode *dir, char *to, unsigned size);

#endif
