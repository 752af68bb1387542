/*
 * Paths from user memory.
 *
 * Floor 8.  Read next: file.c
 */
#include "fs/namei.h"
#include "kernel/sys/syscall.h"
#include "kernel/x86/ucopy.h"
#include "mm/phys/frame.h"
#include "mm/phys/kmalloc.h"

/* Where a relative path starts. */
static int base_of(int dirfd, struct inode **out)
{
	const struct proc *p = proc_current();
	struct file *f;

	if (dirfd == AT_FDCWD) {
		*out = p->cwd;
		return 0;
	}
	f = fd_file(&p->fds, dirfd);
	if (!f) {
		return -EBADF;
	}
	*out = f->inode;
	return inode_is(f->inode, S_IFDIR) ? 0 : -ENOTDIR;
}

/* The text into out->text; its length, > 0. */
static int fetch_text(uva_t at, struct user_path *out)
{
	int r = string_from_user(out->small, at, sizeof(out->small));

	out->text = out->small;
	if (r == -ENAMETOOLONG) {
		out->text = kmalloc(PATH_MAX, ALLOC_WAIT);
		r = out->text ? string_from_user(out->text, at, PATH_MAX) : -ENOMEM;
	}
	return r == 0 ? -ENOENT : r;            /* the empty path leads nowhere [POSIX 4.13] */
}

int path_fetch(int dirfd, uva_t at, struct user_path *out)
{
	int r = fetch_text(at, out);

	if (r > 0 && out->text[0] != '/') {
		r = base_of(dirfd, &out->base);
	} else {
		out->base = proc_current()->cwd;
	}
	if (r < 0) {
		path_drop(out);
	}
	return MIN(r, 0);
}

void path_drop(struct user_path *p)
{
	if (p->text != p->small) {
		kfree(p->text);
	}
}

int path_inode(int dirfd, uva_t at, uint32_t flags, struct inode **out)
{
	struct user_path path;
	int r = path_fetch(dirfd, at, &path);

	if (r < 0) {
		return r;
	}
	r = namei(path.base, path.text, (flags & AT_SYMLINK_NOFOLLOW) != 0, out);
	path_drop(&path);
	return r;
}
