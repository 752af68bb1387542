/*
 * Shared memory without a file: MAP_SHARED|MAP_ANONYMOUS.  It is a mapping as a file's, so everything that shares
 * pages of files works for it: faults, fork, mwrite.  But there is no disk behind it:
 *
 *      read     makes zeros
 *      prepare  there is none: no page gets a place
 *      write    there is none, so its pages never become dirty, and reclaim leaves them alone
 *
 * Invariant: as many references as areas that show it, and one of whoever made it.
 *
 * Floor 5.  Read next: sync.c
 */
#include "kernel/counters.h"
#include "kernel/x86/mmu.h"
#include "mm/cache/pcache.h"
#include "mm/phys/kmalloc.h"
#include "mm/space/space.h"

struct memory {
	struct mapping mapping;
	atomic_t       refs;
};

static struct memory *memory_of(struct mapping *m)
{
	return container_of(m, struct memory, mapping);
}

static void read(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		page_zero(frame_data(f[k]));
	}
	count_add(C_PAGES_ZEROED, n);
	pcache_read_done(m, i, n, 0);
}

static void hold(struct mapping *m)
{
	atomic_inc(&memory_of(m)->refs);
}

/* Sleeps.  Locks: none held. */
static void drop(struct mapping *m)
{
	if (!atomic_dec_zero(&memory_of(m)->refs)) {
		return;
	}
	if (pcache_truncate(m, 0) < 0 || m->nframes > 0) {
		BUG("shared memory cannot be cut at a page");
	}
	kfree(memory_of(m));
}

static const struct mapping_ops memory_ops = {
	.read = read,
	.hold = hold,
	.drop = drop,
};

/* See space.h.  Sleeps. */
struct mapping *memory_create(loff_t size)
{
	struct memory *m = kzalloc(sizeof(*m), ALLOC_WAIT);

	if (!m) {
		return NULL;
	}
	mapping_init(&m->mapping, &memory_ops, size);
	atomic_set(&m->refs, 1);
	return &m->mapping;
}
