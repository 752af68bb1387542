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
/* Is something mounted on @i itself? */
bool mount_point(const struct inode *i);
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

/* Names made and removed; see names.c and rename.c.  0 or -errno. */
must_check int fs_mkdir(struct inode *cwd, const char *path, uint32_t mode);
must_check int fs_make_file(struct inode *cwd, const char *path, uint32_t mode);        /* empty */
must_check int fs_symlink(struct inode *cwd, const char *path, const char *text);
must_check int fs_link(struct inode *cwd, const char *path, struct inode *target);
must_check int fs_unlink(struct inode *cwd, const char *path);
must_check int fs_rmdir(struct inode *cwd, const char *path);
must_check int fs_rename(struct inode *from_cwd, const char *from, struct inode *to_cwd, const char *to);
/* May @dir get new names?  -EROFS; -ENOENT when it has been removed itself.  Locks: dir->lock held. */
must_check int dir_may_grow(const struct inode *dir);

/* Absolute path of a directory: getcwd(2).  Length with the terminator, or -ERANGE, -ENOENT. */
must_check int fs_path_of(struct inode *dir, char *to, unsigned size);

#endif
