/*
 * Describing RAM at boot: which frames there are, and which of them may be handed out.
 *
 *      0        640 KiB   1 MiB                                              nframes
 *      |0| RAM  | holes   | kernel | frame array | RAM .......... | ramdisk  |
 *       R        RRRRRRRRR RRRRRRRRRRRRRRRRRRRRRR                  RRRRRRRRRR   R = FR_RESERVED
 *
 * A frame that is not the allocator's is FR_RESERVED and has one reference that is never given up, so the
 * rule "free means refs == 0" has no exception.  Page 0 is reserved too: address 0 means "nothing".
 *
 * Floor 3.  Read next: pagetable_init.c
 */
#include "mm/phys/frame.h"

#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/x86/mmu.h"
#include "mm/phys/pool.h"

enum {
	RESERVE_SHARE = 64,     /* a 64th of RAM ...                                                */
	RESERVE_MIN   = 32,     /* ... but enough for the tables of one deep fault and an interrupt */
	RESERVE_MAX   = 256,    /* ... and never more than 1 MiB                                    */
};

static pfn_t    count_frames(const struct memrange *ram, unsigned nram);
static paddr_t  find_room(uint32_t size, const struct memrange *ram, unsigned nram,
                          const struct memrange *taken, unsigned ntaken);
static void     mark(pfn_t first, pfn_t end, uint32_t flags);
static void     fill_pool(void);

/* First frame wholly at or after @at; first frame not reached by what ends at @at. */
static pfn_t pfn_up(paddr_t at)
{
	return (pfn_t)(((uint64_t)at + PAGE_MASK) >> PAGE_SHIFT);
}

static pfn_t pfn_down(paddr_t at)
{
	return at >> PAGE_SHIFT;
}

/*
 * See frame.h.  The boot page table must show the first DIRECT_MAX bytes of RAM: the array goes wherever
 * there is room, lowest address first.
 */
int frame_init(const struct memrange *ram, unsigned nram,
               const struct memrange *taken, unsigned ntaken)
{
	nframes = count_frames(ram, nram);

	uint32_t size = nframes * (uint32_t)sizeof(struct frame);
	paddr_t at = find_room(size, ram, nram, taken, ntaken);

	if (at == 0) {
		return -ENOMEM;
	}
	frames = phys_data(at);
	memset(frames, 0, size);
	mark(0, nframes, FR_RESERVED);
	for (unsigned k = 0; k < nram; k++) {
		mark(pfn_up(ram[k].start), pfn_down(ram[k].end), 0);
	}
	for (unsigned k = 0; k < ntaken; k++) {
		mark(pfn_down(taken[k].start), pfn_up(taken[k].end), FR_RESERVED);
	}
	mark(pfn_down(at), pfn_up(at + size), FR_RESERVED);
	mark(0, 1, FR_RESERVED);
	frame_wait_init();
	fill_pool();
	return zero_frame ? 0 : -ENOMEM;
}

/* Frames up to the end of RAM, as far as the direct map can show it. */
static pfn_t count_frames(const struct memrange *ram, unsigned nram)
{
	pfn_t end = 0;

	for (unsigned k = 0; k < nram; k++) {
		end = MAX(end, pfn_down(MIN(ram[k].end, DIRECT_MAX)));
	}
	return end;
}

/* The first range of @taken that [at, at + size) touches, or NULL. */
static const struct memrange *obstacle(paddr_t at, uint32_t size,
                                       const struct memrange *taken, unsigned ntaken)
{
	for (unsigned k = 0; k < ntaken; k++) {
		if (taken[k].start < at + size && at < taken[k].end) {
			return &taken[k];
		}
	}
	return NULL;
}

/* The lowest page-aligned @size bytes of RAM that nobody has taken; 0 when there are none. */
static paddr_t find_room(uint32_t size, const struct memrange *ram, unsigned nram,
                         const struct memrange *taken, unsigned ntaken)
{
	paddr_t best = 0;

	for (unsigned k = 0; k < nram; k++) {
		paddr_t end = MIN(ram[k].end, DIRECT_MAX);
		paddr_t at = MAX(page_round_up(MIN(ram[k].start, DIRECT_MAX)), PAGE_SIZE);

		while (at < end && size > 0 && size <= end - at) {
			const struct memrange *in_way = obstacle(at, size, taken, ntaken);

			if (!in_way) {
				best = best == 0 ? at : MIN(best, at);
				break;
			}
			if (in_way->end >= end) {
				break;
			}
			at = page_round_up(in_way->end);
		}
	}
	return best;
}

/* @flags is FR_RESERVED or 0.  Frames past the array, which the direct map cannot show, are nobody's. */
static void mark(pfn_t first, pfn_t end, uint32_t flags)
{
	for (pfn_t pfn = first; pfn < MIN(end, nframes); pfn++) {
		struct frame *f = pfn_frame(pfn);

		f->flags = flags;
		atomic_set(&f->refs, flags ? 1 : 0);
	}
}

/* The lowest frame becomes the zero page, for good. */
static void make_zero_frame(void)
{
	zero_frame = NULL;
	if (pool.top) {
		zero_frame = link_frame(pool.top);
		pool.top = pool.top->next;
		pool.free--;
		zero_frame->link.next = NULL;
		mark(frame_pfn(zero_frame), frame_pfn(zero_frame) + 1, FR_RESERVED);
		page_zero(frame_data(zero_frame));
	}
}

/* Chain what is not reserved, lowest on top. */
static void fill_pool(void)
{
	pool = (struct frame_pool){ .top = NULL };
	spin_init(&pool.lock);
	for (pfn_t pfn = nframes; pfn-- > 0;) {
		struct frame *f = pfn_frame(pfn);

		if (!frame_is(f, FR_RESERVED)) {
			f->link.next = pool.top;
			pool.top = &f->link;
			pool.free++;
		}
	}
	make_zero_frame();
	pool.all = pool.free;
	pool.reserve = MAX(MIN(pool.all / RESERVE_SHARE, RESERVE_MAX), RESERVE_MIN);
}
