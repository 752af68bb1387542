/*
 * An address space: areas and a page table, under one sleeping lock.
 *
 *    0            0x08048000      brk        0x40000000                          stack   0xC0000000
 *    | not mapped |  program  | heap ->      | mmap, lowest gap first     ...  <- |       |  kernel
 *
 * Only fault.c, mwrite.c, area.c, space.c, fork.c (here) and rmap.c (below) change page tables of processes.
 *
 * Floor 5.  Read next: space.c, fault.c, mwrite.c
 */
#ifndef MM_SPACE_SPACE_H
#define MM_SPACE_SPACE_H

#include "kernel/lib/atomic.h"
#include "mm/phys/pagetable.h"
#include "mm/space/pager.h"

#define MMAP_LOW    0x40000000u
#define STACK_TOP   0xBFFFF000u         /* one unmapped page below the kernel */
#define STACK_MAX   (8u << 20)          /* RLIMIT_STACK */
#define STACK_GAP   (64u << 10)         /* kept free below a growing stack */
#define MAX_AREAS   1024u               /* per space: ENOMEM beyond */

struct space {
	struct mutex     lock;
	struct pagetable pt;
	struct list      vmas;          /* sorted                                          [lock] */
	unsigned         nvmas;         /*                                                 [lock] */
	struct vma      *last;          /* used last: of the last fault, or new; or NULL   [lock] */
	uva_t            brk_start, brk;        /* [brk_start, brk) is the heap           [lock] */
	atomic_t         refs;
};

/* An empty space with one reference; NULL: no memory. */
struct space *space_create(void);
/* A copy that shares frames copy-on-write; NULL: no memory.  Takes s->lock. */
struct space *space_fork(struct space *s);
static inline void space_hold(struct space *s) { atomic_inc(&s->refs); }
/* The last reference unmaps everything and frees the tables; the space must not be loaded.  Sleeps. */
void space_put(struct space *s);

/* What to map.  The mapping, if any, is held once more by the area (mapping_ops.hold). */
struct map_request {
	uva_t               at;         /* hint, or the address if fixed; page aligned            */
	uint32_t            len;        /* bytes, page multiple, > 0                              */
	unsigned            prot;       /* PROT_*                                                 */
	unsigned            flags;      /* VMA_*                                                  */
	bool                fixed;      /* replaces what is there                                 */
	const struct pager *pager;
	struct mapping     *mapping;
	pgoff_t             pgoff;
};

/* Set up an area: no page table, no entry, no invalidation (unless @fixed replaces something).  The address in *@out.
 * MAP_UNCACHED areas of 4 MiB and more are placed at 4 MiB boundaries.  0; -ENOMEM; -EINVAL.  Sleeps. */
must_check int space_map(struct space *s, const struct map_request *r, uva_t *out);
/* Remove every area in [va, va + len).  0; -EINVAL; -ENOMEM (a split needs memory).  Sleeps. */
must_check int space_unmap(struct space *s, uva_t va, uint32_t len);
/* Change protection.  0; -ENOMEM (holes); -EACCES; -EINVAL.  Sleeps. */
must_check int space_protect(struct space *s, uva_t va, uint32_t len, unsigned prot);
/* The new break, or the old one when it cannot be had (as Linux's brk answers). */
uva_t space_brk(struct space *s, uva_t to);
/* Set where the heap starts (exec). */
void space_set_brk(struct space *s, uva_t start);

/* How a fault ended. */
enum fault_result { FAULT_OK, FAULT_SEGV, FAULT_BUS, FAULT_NOMEM };

/* Bring in the page at @va for reading or (@write) writing, extending the stack if need be.  Sleeps.  Takes s->lock. */
enum fault_result fault_handle(struct space *s, uva_t va, bool write);
/* The same for whoever holds s->lock; @va is page aligned. */
enum fault_result fault_locked(struct space *s, uva_t va, bool write);

/*
 * Hold the @n pages at @va for a device that reads them or (@write) writes to them: brought in, ours alone if need be,
 * and where they are until space_unpin(), for s->lock stays taken: nobody forks, moves or unmaps them meanwhile.
 * Locks: takes s->lock, and keeps it unless it fails.  Sleeps.
 * Returns: how many from the front (> 0), a reference to each in @out; -EFAULT, -ENOMEM when not even one.
 */
must_check int space_pin(struct space *s, uva_t va, unsigned n, bool write, struct frame **out);
void space_unpin(struct space *s, struct frame **f, unsigned n);

/*
 * Move [va, va + npages pages) into pages at.. of @dst, whose size grows as they arrive: see mwrite.c.
 * Locks: dst's inode lock held by the caller; takes s->lock.  Sleeps.
 * Returns: pages moved; or, if none was, -errno.
 */
must_check int mwrite(struct space *s, uva_t va, unsigned npages, struct mapping *dst, pgoff_t at);

/* Part of a file that an area shows. */
struct shown_part { struct mapping *mapping; pgoff_t first; uint32_t n; };

/*
 * What of [*va, end) the area at *va shows of a file, if it is shared; *va moves behind it.  Takes s->lock.
 * Owns: out->mapping is held (mapping_ops.hold), and the caller's to drop.
 * Returns: 1; 0: nothing of a file; -ENOMEM: nothing is mapped at *va, which moves to where something is, or @end.
 */
must_check int space_shown(struct space *s, uva_t *va, uva_t end, struct shown_part *out);

/* A mapping of @size bytes that is in memory only, zeros at first: what MAP_SHARED|MAP_ANONYMOUS shows.  Held once;
 * gone when it is dropped.  NULL: no memory. */
struct mapping *memory_create(loff_t size);

/* Every page of the range is inside some area: else -EFAULT. Takes s->lock. */
must_check int space_covers(struct space *s, uva_t va, uint32_t len);

/* Invariants of section "checks" that need page tables: entries against frames.  Returns violations; for /proc/magpie/check. */
unsigned space_check(struct space *s, void (*report)(const char *line));

#endif
