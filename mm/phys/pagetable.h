/*
 * Two-level page tables of the i386, and everything that changes them.
 *
 *    31           22 21          12 11            0
 *   | directory idx | table index  | offset        |     va
 *         |                |
 *   dir --+--> PDE --------+--> PTE ---> frame
 *         1,024 x 4 MiB    1,024 x 4 KiB
 *
 * A present PTE of user space owns one reference of its frame and is counted in frame.maps.  Entries
 * change only under pagetable.lock.  The upper quarter is the kernel's, the same in every directory, its
 * tables made at boot, so directories never have to be brought up to date.
 *
 * pt_walk() finds one entry and is never inlined: put your breakpoint there.  The range verbs walk once
 * per table and look once at the directory for every missing one.
 *
 * Floor 3.  [SDM 3A 4.3]   Read next: pagetable.c, tlb.h
 */
#ifndef MM_PHYS_PAGETABLE_H
#define MM_PHYS_PAGETABLE_H

#include "kernel/lock.h"
#include "mm/phys/frame.h"
#include "mm/phys/tlb.h"

enum {                                  /* [SDM 3A table 4-6] */
	PTE_PRESENT  = 1u << 0,
	PTE_WRITE    = 1u << 1,
	PTE_USER     = 1u << 2,
	PTE_NOCACHE  = 1u << 4,
	PTE_ACCESSED = 1u << 5,
	PTE_DIRTY    = 1u << 6,
	PTE_LARGE    = 1u << 7,         /* in a directory entry: maps 4 MiB */
	PTE_GLOBAL   = 1u << 8,         /* survives loads of CR3: kernel only */
};
#define PTE_FRAME   0xFFFFF000u         /* the rest: physical address of the page */
#define PT_ENTRIES  1024u
#define PT_SPAN     (PT_ENTRIES * PAGE_SIZE)    /* 4 MiB: what one table covers */
#define PDE_SHIFT   22

/*
 * Kernel addresses that are mapped piecewise end here: 16 MiB, four tables made at boot.  That is room for
 * 700 kernel stacks with guard pages and 4 MiB of device registers; tables up to 4 GiB would cost a small machine 128 KiB for nothing.
 */
#define KVIRT_TOP   (KVIRT_BASE + 4u * PT_SPAN)
#define KVIRT_DEVICES (KVIRT_TOP - PT_SPAN)     /* the last of the tables: device registers */

/* A function that a debugger can stop in whatever the optimiser thinks of it: neither inlined nor cloned. */
#if defined(__clang__)
#define BREAKPOINT_HERE __attribute__((noinline))
#else
#define BREAKPOINT_HERE __attribute__((noipa))
#endif

/* Protection as the ABI numbers it [POSIX mmap]. */
enum { PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };

struct pagetable {
	pte_t          *dir;
	paddr_t         cr3;
	unsigned        tables;         /* below USER_TOP [lock] */
	struct spinlock lock;
};

extern struct pagetable kernel_pt;

/* The frame that a present entry points to. */
static inline struct frame *pte_frame(pte_t pte)
{
	return pfn_frame(pte >> PAGE_SHIFT);
}

/* @n more entries are present in the user's table of @pte, or fewer.  Locks: pagetable.lock held. */
static inline void pte_count(pte_t *pte, int n)
{
	data_frame(pte)->entries += (uint32_t)n;
}

/* The first of entries @k..@n - 1 that is present; @n: none.  What is not present is 0. */
static inline unsigned pte_next(const pte_t *entry, unsigned k, unsigned n)
{
	while (k < n && entry[k] == 0) {
		k++;
	}
	return k;
}

/* The entry that shows a user @f with @prot.  PROT_NONE is present but not the user's, so it keeps its frame. */
static inline pte_t pte_make(const struct frame *f, unsigned prot)
{
	return frame_paddr(f) | PTE_PRESENT | (prot != PROT_NONE ? PTE_USER : 0) |
	       (prot & PROT_WRITE ? PTE_WRITE : 0);
}

/* The present entry @old with another protection.  What the processor noted in it stays. */
static inline pte_t pte_protect(pte_t old, unsigned prot)
{
	ASSERT(pte_frame(old) != zero_frame || !(prot & PROT_WRITE));
	return (old & (PTE_ACCESSED | PTE_DIRTY)) | pte_make(pte_frame(old), prot);
}

/*
 * Build the kernel's own page table and load it: direct map of @ram_end bytes (4 MiB pages, but 4 KiB
 * pages over the kernel image so that its text and read-only data are read-only), tables for
 * KVIRT_BASE .. KVIRT_TOP.  What boot mapped below the kernel is gone afterwards, page 0 with it; so
 * cpu_init() comes first (descriptor tables), and boot's entries must not have been global.
 * Returns 0 or -ENOMEM.
 */
must_check int pt_init(paddr_t ram_end);

/* A directory whose user part is empty.  Returns 0 or -ENOMEM. */
must_check int pt_create(struct pagetable *pt);
/* Free the tables and the directory; every user entry must be gone, and another directory loaded. */
void pt_destroy(struct pagetable *pt);

/*
 * The entry for @va, or NULL if its table is missing (and, with @create, memory too).
 * Locks: pt->lock held; or, without @create, the lock of the address space, under which alone tables come and go.
 */
pte_t *pt_walk(struct pagetable *pt, uva_t va, bool create) BREAKPOINT_HERE;

/* Make sure tables exist for @n pages at @va, before locks are taken.  Sleeps.  Returns 0 or -ENOMEM. */
must_check int pt_reserve(struct pagetable *pt, uva_t va, unsigned n);

/* How many of the @n pages at @va are known absent from the directory alone: whole missing tables only.
 * @looked (may be NULL) gets the number of directory entries read. */
unsigned pt_skip(struct pagetable *pt, uva_t va, unsigned n, unsigned *looked);

/*
 * The entry for @va, whose table is made if it is missing: for the verbs below, so that who does several things to a page
 * walks once.  It stays where it is while the caller holds the lock of the address space.
 * Sleeps.  Returns: NULL when there is no memory for the table.
 */
pte_t *pt_entry(struct pagetable *pt, uva_t va);

/*
 * Map @f at @entry, which must be empty, with @prot.
 * Locks: takes pt->lock.  Owns: consumes the caller's reference.
 */
void pt_map(struct pagetable *pt, pte_t *entry, struct frame *f, unsigned prot);

/*
 * Replace what is mapped at @entry by @f in one step.  What was there may have gone since the caller looked, truncated by
 * somebody else: then this is pt_map().
 * Locks: takes pt->lock.  Owns: consumes the reference to @f; that of the old frame is the caller's.
 * Returns: the old frame, whose translation the caller flushes before he gives it back; or NULL.
 */
must_check struct frame *pt_remap(struct pagetable *pt, pte_t *entry, struct frame *f, unsigned prot);

/* Set the protection of what is mapped at @entry, if it still is.  With PROT_WRITE the caller knows what pt_protect()'s does. */
void pt_reprotect(struct pagetable *pt, pte_t *entry, unsigned prot);

/* What is mapped at @entry: a new reference to the frame in *@f and its PTE as the value; 0 if nothing is. */
pte_t pt_look(struct pagetable *pt, const pte_t *entry, struct frame **f);

/* The same by address, whether there is a table or not.  @f may be NULL: then the value alone. */
pte_t pt_lookup(struct pagetable *pt, uva_t va, struct frame **f);

/*
 * A reference to each page of [va, va + n) whose entry has all bits of @need, up to the first that has not: who holds
 * it keeps the frame where it is, whatever becomes of the entry, and out of pt_detach's reach.
 * Locks: takes pt->lock.  Returns: how many.
 */
unsigned pt_pin(struct pagetable *pt, uva_t va, unsigned n, pte_t need, struct frame **out);

/* Remove and put every page of [va, va + n).  Flush @b before sleeping.  Returns how many there were. */
unsigned pt_unmap(struct pagetable *pt, uva_t va, unsigned n, struct tlb_batch *b);

/*
 * Take pages out of the page table with their reference.  out[k] is the frame of page k if it is mapped,
 * nameless and solely owned by that entry (then the entry is clear and the reference ours); else NULL and
 * the entry, if any, is untouched.  The zero page never leaves.  Frames that leave are not yet private:
 * tlb_flush() comes first.
 * Locks: takes pt->lock.  Returns: how many left.
 */
unsigned pt_detach(struct pagetable *pt, uva_t va, unsigned n, struct frame **out, struct tlb_batch *b);

/* Undo pt_detach for pages not consumed: the table is still there, so it cannot fail. */
void pt_reattach(struct pagetable *pt, uva_t va, struct frame *f, unsigned prot);

/* Set the protection of the present pages of the range to @prot.  With PROT_WRITE the caller knows that each
 * frame there may be written: it is nameless and sole, or dirty and shared. */
void pt_protect(struct pagetable *pt, uva_t va, unsigned n, unsigned prot, struct tlb_batch *b);

/*
 * Copy the present entries of [lo, hi) of @from into @to, one more reference each; when @cow, write-protect both sides.
 * Tables of @to are made as they are wanted.
 * Sleeps.  Returns: 0; -ENOMEM, and then some are copied.
 */
must_check int pt_fork(struct pagetable *to, struct pagetable *from, uva_t lo, uva_t hi, bool cow, struct tlb_batch *b);

/* Free page tables of [lo, hi) that are wholly inside and hold nothing: after munmap, whose caller widens the
 * range to the neighbours.  Locks: takes pt->lock.  Invalidates by itself what it must. */
void pt_prune(struct pagetable *pt, uva_t lo, uva_t hi);

/* Map / unmap kernel pages in KVIRT_BASE .. KVIRT_TOP: no owner counting.  Tables exist from boot. */
void pt_map_kernel(uva_t va, paddr_t at, unsigned npages, uint32_t pte_flags);
void pt_unmap_kernel(uva_t va, unsigned npages);

/*
 * Show the @size bytes of device registers at physical address @at, uncached, from now on.
 * Locks: takes kernel_pt.lock.  Returns: where; 0 when KVIRT_DEVICES has no room for them.
 */
uva_t pt_map_device(paddr_t at, uint32_t size);

/* Do the counts of present entries and of tables agree with the tables?  Returns violations; for /proc/magpie/check.
 * Locks: the address space's held. */
unsigned pt_check(struct pagetable *pt, void (*report)(const char *line));

#endif
