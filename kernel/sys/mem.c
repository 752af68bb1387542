/*
 * Memory: mmap, munmap, mremap, mprotect, msync, brk.
 *
 * Floor 8.  [POSIX mmap], [Linux mmap(2)], [LT 2002-05-11]   Read next: magpie.c
 */
#include "kernel/sys/syscall.h"
#include "kernel/x86/ucopy.h"

enum {
	MAP_SHARED = 0x01, MAP_PRIVATE = 0x02, MAP_TYPE = 0x0F, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20,
	MAP_GROWSDOWN = 0x100, MAP_HUGETLB = 0x40000, MAP_FIXED_NOREPLACE = 0x100000,
	MAP_UNCACHED = 0x01000000,
};

#define PROT_ALL ((uint32_t)(PROT_READ | PROT_WRITE | PROT_EXEC))

static struct space *my_space(void)
{
	return task_current()->space;
}

/* What the processor can do: a page that may be written may be read, too [SDM 3A 4.6]. */
static uint32_t possible(uint32_t prot)
{
	return prot & PROT_WRITE ? prot | PROT_READ : prot;
}

/* Is nothing mapped in [at, at + len)? */
static bool range_free(struct space *s, uva_t at, uint32_t len)
{
	const struct vma *v;
	bool is_free;

	mutex_lock(&s->lock);
	v = vma_find_above(&s->vmas, at);
	is_free = !v || v->start >= at + len;
	mutex_unlock(&s->lock);
	return is_free;
}

/* An address that must be had exactly. */
static int check_fixed(const struct map_request *r, uint32_t flags)
{
	if (r->at & PAGE_MASK) {
		return -EINVAL;
	}
	if (!user_range(r->at, r->len)) {
		return -ENOMEM;
	}
	if (r->at < PAGE_SIZE) {
		return -EPERM;                  /* page 0 is never mapped: null pointers must fault */
	}
	if ((flags & MAP_FIXED_NOREPLACE) && !range_free(my_space(), r->at, r->len)) {
		return -EEXIST;
	}
	return 0;
}

/* Which combinations make sense at all? */
static int check_flags(uint32_t flags, uint32_t prot)
{
	uint32_t type = flags & MAP_TYPE;

	if ((type != MAP_SHARED && type != MAP_PRIVATE) || (flags & MAP_HUGETLB) || (prot & ~PROT_ALL)) {
		return -EINVAL;
	}
	if ((flags & MAP_UNCACHED) && (type != MAP_PRIVATE || (flags & MAP_ANONYMOUS))) {
		return -EINVAL;
	}
	return 0;
}

/* The file behind the area. */
static int set_file(struct map_request *r, uint32_t flags, struct file *f, pgoff_t pgoff)
{
	if (!f) {
		return -EBADF;
	}
	if (!file_readable(f)) {
		return -EACCES;
	}
	if (!file_paged(f)) {
		return -ENODEV;
	}
	if (pgoff + (r->len >> PAGE_SHIFT) < pgoff) {
		return -EOVERFLOW;
	}
	r->mapping = &f->inode->mapping;
	r->pgoff = pgoff;
	if ((flags & MAP_TYPE) == MAP_PRIVATE) {
		r->pager = flags & MAP_UNCACHED ? &pager_uncached : &pager_private;
		r->flags |= VMA_MAYWRITE | (flags & MAP_UNCACHED ? VMA_UNCACHED : 0);
		return 0;
	}
	r->pager = &pager_shared;
	r->flags |= VMA_SHARED | (file_writable(f) ? VMA_MAYWRITE : 0);
	return (r->prot & PROT_WRITE) && !file_writable(f) ? -EACCES : 0;
}

/* No file: private memory, or, shared, a mapping that is in memory only.  Owns: holds that for the caller. */
static int set_anonymous(struct map_request *r, uint32_t flags)
{
	r->flags |= VMA_MAYWRITE;
	if ((flags & MAP_TYPE) == MAP_SHARED) {
		r->pager = &pager_shared;
		r->flags |= VMA_SHARED;
		r->mapping = memory_create(r->len);
		return r->mapping ? 0 : -ENOMEM;
	}
	r->pager = &pager_anon;
	r->flags |= flags & MAP_GROWSDOWN ? VMA_GROWSDOWN : 0;
	return 0;
}

/* The arguments, in the order both calls have them. */
struct mmap_args { uva_t at; uint32_t len, prot, flags, fd, offset; };

static long map(const struct mmap_args *m, pgoff_t pgoff)
{
	bool fixed = (m->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
	struct map_request r = {
		.at = fixed ? m->at : page_round_down(m->at), .len = page_round_up(m->len),
		.prot = possible(m->prot), .fixed = fixed,
	};
	uva_t at = 0;
	int error = check_flags(m->flags, m->prot);

	if (error == 0 && m->len == 0) {
		error = -EINVAL;
	}
	if (error == 0 && (r.len == 0 || r.len > USER_TOP)) {
		error = -ENOMEM;
	}
	if (error == 0 && fixed) {
		error = check_fixed(&r, m->flags);
	}
	if (error == 0 && (m->flags & MAP_ANONYMOUS)) {
		error = set_anonymous(&r, m->flags);
	} else if (error == 0) {
		error = set_file(&r, m->flags, fd_file(&proc_current()->fds, (int)m->fd), pgoff);
	}
	if (error == 0) {
		error = space_map(my_space(), &r, &at);
	}
	if (r.mapping && (m->flags & MAP_ANONYMOUS)) {
		r.mapping->ops->drop(r.mapping);        /* the area has it now, or nobody */
	}
	return error < 0 ? error : (long)at;
}

long sys_mmap2(const struct sysargs *a)
{
	const struct mmap_args m = {
		arg(a, 0), arg(a, 1), arg(a, 2), arg(a, 3), arg(a, 4), arg(a, 5),
	};

	return map(&m, m.offset);
}

/* The first mmap had one argument, the address of six, and the offset in bytes. */
long sys_mmap(const struct sysargs *a)
{
	struct mmap_args m;

	if (copy_from_user(&m, arg(a, 0), sizeof(m)) < 0) {
		return -EFAULT;
	}
	return m.offset & PAGE_MASK ? -EINVAL : map(&m, m.offset >> PAGE_SHIFT);
}

long sys_munmap(const struct sysargs *a)
{
	uva_t at = arg(a, 0);
	uint32_t len = page_round_up(arg(a, 1));

	if ((at & PAGE_MASK) || len == 0 || !user_range(at, len)) {
		return -EINVAL;
	}
	return space_unmap(my_space(), at, len);
}

long sys_mprotect(const struct sysargs *a)
{
	uva_t at = arg(a, 0);
	uint32_t len = page_round_up(arg(a, 1)), prot = arg(a, 2);

	if ((at & PAGE_MASK) || (prot & ~PROT_ALL)) {
		return -EINVAL;
	}
	if (arg(a, 1) == 0) {
		return 0;
	}
	if (len == 0 || !user_range(at, len)) {
		return -ENOMEM;
	}
	return space_protect(my_space(), at, len, possible(prot));
}

/* ---- mremap ---- */

enum { MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2 };

/* Is all of [at, at + len) mapped? */
static bool range_mapped(struct space *s, uva_t at, uint32_t len)
{
	uva_t end = at + len;
	const struct vma *v;

	mutex_lock(&s->lock);
	while (at < end && (v = vma_find(&s->vmas, at)) != NULL) {
		at = v->end;
	}
	mutex_unlock(&s->lock);
	return at >= end;
}

/*
 * Areas shrink, but neither grow nor move: who wants more gets ENOMEM, as if what lies behind were in use and
 * there were no other room.  A libc then maps anew and copies.  [Linux mremap(2)]
 */
long sys_mremap(const struct sysargs *a)
{
	uva_t at = arg(a, 0);
	uint32_t old = page_round_up(arg(a, 1)), new = page_round_up(arg(a, 2)), flags = arg(a, 3);

	if ((at & PAGE_MASK) || (flags & ~(uint32_t)(MREMAP_MAYMOVE | MREMAP_FIXED)) || new == 0 || old == 0 ||
	    (flags & (MREMAP_MAYMOVE | MREMAP_FIXED)) == MREMAP_FIXED) {
		return -EINVAL;
	}
	if (!user_range(at, old) || !range_mapped(my_space(), at, old)) {
		return -EFAULT;
	}
	if (new > old || (flags & MREMAP_FIXED)) {
		return -ENOMEM;
	}
	if (new < old) {
		long r = space_unmap(my_space(), at + new, old - new);

		return r < 0 ? r : (long)at;
	}
	return (long)at;
}

/* ---- msync ---- */

enum { MS_ASYNC = 1, MS_INVALIDATE = 2, MS_SYNC = 4 };

/* Writing through memory stamps the file now [POSIX mmap]: nobody was asked when it happened. */
static int sync_shown(const struct shown_part *part)
{
	struct inode *i = mapping_inode(part->mapping);
	uint32_t seen = part->mapping->wberr.seq, now = inode_now();
	int r = part->mapping->ndirty > 0 ? inode_set_times(i, NULL, &now) : 0;
	int synced = inode_sync_range(i, (loff_t)part->first << PAGE_SHIFT, (loff_t)part->n << PAGE_SHIFT,
	                              false, &seen);

	return synced < 0 ? synced : r == -EROFS ? 0 : r;
}

/* Each file is held, and then synced without the space's lock, which a page fault meanwhile may want. */
static long sync_range(uva_t at, uva_t end, bool wait)
{
	struct shown_part part;
	long error = 0;

	while (at < end) {
		int r = space_shown(my_space(), &at, end, &part);

		if (r > 0) {
			r = wait ? sync_shown(&part) : 0;
			part.mapping->ops->drop(part.mapping);
		}
		error = error ? error : r;
	}
	return error;
}

/* MS_ASYNC asks for what happens anyhow, MS_INVALIDATE for what is always so: memory and file are the same pages. */
long sys_msync(const struct sysargs *a)
{
	uva_t at = arg(a, 0);
	uint32_t len = page_round_up(arg(a, 1)), flags = arg(a, 2);

	if ((at & PAGE_MASK) || (flags & ~(uint32_t)(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC)) {
		return -EINVAL;
	}
	if (arg(a, 1) == 0) {
		return 0;
	}
	if (len == 0 || !user_range(at, len)) {
		return -ENOMEM;
	}
	return sync_range(at, at + len, (flags & MS_SYNC) != 0);
}

long sys_brk(const struct sysargs *a)
{
	return (long)space_brk(my_space(), arg(a, 0));
}
