/*
 * Frames: every page of RAM, described in 32 bytes.
 *
 * A frame is 4,096 bytes of memory.  It has OWNERS, counted in refs: one for the page cache if it has a
 * name, one for each page-table entry that points to it, one for every holder (a system call in
 * progress, a kernel data structure).  It has at most one NAME: "page i of mapping m".  A named frame
 * that will be written also has a PLACE: its block on disk.
 *
 *                                     take (refs == 1)
 *                       +-------------------------------------------+
 *                       v                                           |
 *    FREE --alloc--> NAMELESS --give(locked)--> READING --I/O-->  CLEAN  <-------------+
 *      ^                |  |                                        | write,           |
 *      +---last put-----+  |                                        v mkwrite          | I/O ends
 *                          +-----------give(dirty): mwrite------> DIRTY --start--> WRITEBACK
 *
 * Nobody can find a nameless frame, so whoever holds its only reference owns it outright.  That is why
 * a move needs no copy.
 *
 * I/O in flight holds no reference: FR_LOCKED (read) and FR_WRITEBACK (write) stand for it, and no verb
 * takes, forgets or frees such a frame.
 *
 * Whoever resets flags of a frame that others may know leaves FR_LOCKED and FR_WAITED alone: a sleeper
 * whose FR_WAITED is gone is never woken.
 *
 * Floor 3.  Read next: frame.c
 */
#ifndef MM_PHYS_FRAME_H
#define MM_PHYS_FRAME_H

#include "kernel/lib/atomic.h"
#include "kernel/lib/check.h"
#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

struct mapping;

struct frame {
	atomic_t        refs;           /* owners; 0 = free                                       */
	uint32_t        flags;          /* FR_*: atomic bit operations only                       */
	struct mapping *mapping;        /* name, first half; NULL = nameless   [mapping->lock]    */
	union {
		pgoff_t  index;         /* name, second half                   [mapping->lock]    */
		struct { uint16_t slab_class, slab_used; };     /* kmalloc.c   [kmalloc lock]     */
		uint32_t entries;       /* a table: how many are present       [pagetable->lock]  */
	};
	struct list     link;           /* free list, or the holder's batch    [holder]           */
	atomic_t        maps;           /* page-table entries pointing here: a subset of refs     */
	union {
		uint32_t place;         /* disk block of this page; 0 = none   [frame lock]       */
		struct { uint16_t slab_free, slab_fresh; };     /* kmalloc.c   [kmalloc lock]     */
	};
};

enum {
	FR_LOCKED     = 1u << 0,        /* the frame lock; also: being read                       */
	FR_WAITED     = 1u << 1,        /* somebody sleeps for LOCKED or WRITEBACK to clear       */
	FR_UPTODATE   = 1u << 2,        /* content is the file's                                  */
	FR_DIRTY      = 1u << 3,        /* newer than the disk            (= radix tag)           */
	FR_WRITEBACK  = 1u << 4,        /* being written                  (= radix tag)           */
	FR_ERROR      = 1u << 5,        /* last transfer failed                                   */
	FR_MARK       = 1u << 6,        /* readahead: start the next window when this is used     */
	FR_AHEAD      = 1u << 7,        /* brought in by readahead and not used yet               */
	FR_REFERENCED = 1u << 8,        /* used since the reclaim hand came by                    */
	FR_RESERVED   = 1u << 9,        /* not the allocator's: firmware, kernel image, ramdisk   */
	FR_PAGETABLE  = 1u << 10,       /* holds a page table or directory                        */
	FR_KERNEL     = 1u << 11,       /* kernel memory: kmalloc, stacks                         */
	FR_FIRSTOUT   = 1u << 16,       /* came by mwrite from MAP_UNCACHED: reclaim first        */
};

/* ---- where the bytes are: the only integer-to-pointer casts of the memory system ---- */

#ifdef MAGPIE_HOST
extern char *host_ram;                  /* tests: an arena stands for physical memory */
#define PHYS_WINDOW ((uintptr_t)host_ram)
#else
#define PHYS_WINDOW ((uintptr_t)KERNEL_BASE)
#endif

extern struct frame *frames;            /* indexed by pfn                     */
extern pfn_t         nframes;           /* frames known; RAM below DIRECT_MAX */
extern struct frame *zero_frame;        /* a page of zeros: shared, reserved, never moved or written */

static inline void *phys_data(paddr_t at)
{
	return (void *)(PHYS_WINDOW + at);
}

static inline pfn_t frame_pfn(const struct frame *f)
{
	return (pfn_t)(f - frames);
}

static inline struct frame *pfn_frame(pfn_t pfn)
{
	return &frames[pfn];
}

static inline paddr_t frame_paddr(const struct frame *f)
{
	return frame_pfn(f) << PAGE_SHIFT;
}

static inline void *frame_data(const struct frame *f)
{
	return phys_data(frame_paddr(f));
}

/* The frame that holds kernel address @p of the direct map. */
static inline struct frame *data_frame(const void *p)
{
	return pfn_frame((pfn_t)(((uintptr_t)p - PHYS_WINDOW) >> PAGE_SHIFT));
}

/* ---- start ---- */

struct memrange { paddr_t start, end; };        /* [start, end) */

/*
 * Describe RAM.  @ram: usable ranges; @taken: ranges in use already (kernel image, modules, boot
 * information), @nram and @ntaken of them.  Finds room for the descriptor array itself.
 * Returns: 0, or -ENOMEM when RAM is too small for that.
 */
must_check int frame_init(const struct memrange *ram, unsigned nram,
                          const struct memrange *taken, unsigned ntaken);

/* ---- allocation ---- */

enum {
	ALLOC_ATOMIC = 0,       /* never sleeps; may use the reserve                                 */
	ALLOC_WAIT   = 1,       /* may sleep and reclaim; forbidden under a spinlock                 */
	ALLOC_KERNEL = 2,       /* or-ed in: counted as kernel memory (FR_KERNEL)                    */
	ALLOC_HINT   = 4,       /* or-ed in: only from plenty, no reclaim: readahead gives up first  */
	ALLOC_CACHE  = 8,       /* or-ed in: for a page of a file, which can be had back at any time */
};

/*
 * A nameless frame with one owner, the caller.  Content is undefined.
 * Returns: NULL when there is none (ENOMEM to the user, never a panic).
 */
struct frame *frame_alloc(unsigned how);

/* Up to @n of them into @out; returns how many (short only when memory is). */
unsigned frame_alloc_many(struct frame **out, unsigned n, unsigned how);

/* A nameless frame filled with zeros; counts PAGES_ZEROED. */
struct frame *frame_alloc_zeroed(unsigned how);

static inline void frame_get(struct frame *f)
{
	ASSERT(atomic_read(&f->refs) > 0);
	atomic_inc(&f->refs);
}

/* The last reference is gone: free the frame.  Only for frame_put(). */
void frame_free(struct frame *f);

/* Give up one reference.  The last one frees the frame, which must be nameless by then. */
static inline void frame_put(struct frame *f)
{
	ASSERT(atomic_read(&f->refs) > 0);
	if (atomic_dec_zero(&f->refs)) {
		frame_free(f);
	}
}

/* The same for each frame of @f[0..n) that is not NULL; frees in one batch. */
void frame_put_many(struct frame **f, unsigned n);

/* A frame for an empty page table (FR_PAGETABLE), cleared unless it was one before.  The rest as frame_alloc(). */
struct frame *frame_alloc_table(unsigned how);
/* Give up the only reference to the frame of a table, which must be empty again: full of zeros. */
void frame_put_table(struct frame *f);

static inline bool frame_sole(const struct frame *f)
{
	return atomic_read(&f->refs) == 1;
}

pfn_t frame_count_free(void);

/* How many of the free ones are kept from whoever may wait; fixed at boot. */
pfn_t frame_count_reserve(void);

/* What the frames are used for: every frame known is counted once.  Walks the array. */
struct frame_totals {
	pfn_t all;              /* the sum of the others                              */
	pfn_t free;
	pfn_t reserved;         /* firmware, kernel image, ramdisk, holes             */
	pfn_t kernel;           /* kmalloc, stacks                                    */
	pfn_t pagetable;
	pfn_t named;            /* the page cache                                     */
	pfn_t anon;             /* nameless and mapped                                */
	pfn_t held;             /* nameless, in transit between two of the above      */
};
struct frame_totals frame_totals(void);

/*
 * What a frame is, as a letter.  Of the cache's: small letters where the disk has the same, capitals where not.
 *
 *	.  free           a  anonymous memory       r  being read          D  dirty
 *	#  reserved       x  nameless, in transit   u  not read yet        W  being written
 *	k  kernel memory  c  clean                  !  could not be read   B  being written, and dirty again
 *	t  page table     m  clean, and mapped      n  clean, read ahead and not used yet
 */
char frame_letter(const struct frame *f);

/* All of memory into the log: `life: NUMBER`, then lines of letters, each followed by how many frames are so. */
void frame_life(uint32_t number);

/*
 * Check what this floor can know to be true of every frame, and @report (may be NULL) each violation.
 * Returns: how many; 0 in a healthy system.  For tests, /proc and the debugger.
 */
unsigned frame_check(void (*report)(const char *line));

/* Door: called without locks when memory is short; frees some of @want frames, returns how many; may sleep. */
void frame_set_reclaim(unsigned (*reclaim)(unsigned want));

/* Fault injection: the @nth allocation from now fails (0 = off). */
void frame_fail_nth(unsigned nth);

/* ---- flags and the frame lock ---- */

/* Which of @bits are set, seen at one moment. */
static inline uint32_t frame_flags(const struct frame *f, uint32_t bits)
{
	return __atomic_load_n(&f->flags, __ATOMIC_ACQUIRE) & bits;
}

static inline bool frame_is(const struct frame *f, uint32_t bits)
{
	return frame_flags(f, bits) != 0;
}

static inline void frame_set(struct frame *f, uint32_t bits)
{
	atomic_or(&f->flags, bits);
}

static inline void frame_clear(struct frame *f, uint32_t bits)
{
	atomic_and(&f->flags, ~bits);
}

static inline bool frame_trylock(struct frame *f)
{
	return atomic_acquire_bit(&f->flags, FR_LOCKED);
}

/* Somebody waits for @f: tell those whose bits are clear now.  Any context. */
void frame_wake(struct frame *f);

/* Clear @bits (LOCKED, WRITEBACK), set @news (UPTODATE, ERROR) before anybody can see that, and wake whoever waits.
 * Any context. */
static inline void frame_release(struct frame *f, uint32_t bits, uint32_t news)
{
	if (news) {
		frame_set(f, news);
	}
	frame_clear(f, bits);
	if (frame_is(f, FR_WAITED)) {           /* looked at after the bits are clear: see frame_wait.c */
		frame_wake(f);
	}
}

/* Sleep until none of @bits (LOCKED, WRITEBACK) was set, at some moment since the call: who needs more takes the lock.
 * The caller holds a reference. */
void frame_wait(struct frame *f, uint32_t bits);

/* Sleeps until the lock is ours.  The caller holds a reference and, afterwards, re-checks f->mapping. */
static inline void frame_lock(struct frame *f)
{
	while (!frame_trylock(f)) {
		frame_wait(f, FR_LOCKED);
	}
}

/* Locks: the frame lock is the caller's, and gone afterwards.  Any context. */
static inline void frame_unlock(struct frame *f)
{
	ASSERT(frame_is(f, FR_LOCKED));
	frame_release(f, FR_LOCKED, 0);
}

#endif
