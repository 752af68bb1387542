/*
 * A machine for tests of moving: two files behind the page cache and one address space, which has the source mapped
 * MAP_UNCACHED and as much anonymous memory.  load() and store() do what the processor and its page faults do.
 *
 * Read next: test_mwrite.c, test_moving.c
 */
#ifndef TESTS_HOST_MOVING_H
#define TESTS_HOST_MOVING_H

#include "tests/host/memfile.h"

#include "kernel/counters.h"
#include "mm/cache/reclaim.h"
#include "mm/space/space.h"

enum { SRC_PAGES = 48, DST_PAGES = 48, AT_UNCACHED = 0x40000000, AT_ANON = 0x50000000 };

static struct memfile src, dst;
static struct space *space;

/* ---- memfile, with what areas and mwrite need besides ---- */

static inline void hold(struct mapping *m)
{
	(void)m;
}

/* New blocks for nameless frames are announced, one run a call, as mapping.h says. */
static inline int prepare(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	struct memfile *file = memfile_of(m);
	unsigned k = 0;

	while (k < n && file->block[i + k]) {
		k++;
	}
	if (k < n && !f[0]->mapping) {
		unsigned end = k;

		while (end < n && !file->block[i + end]) {
			end++;
		}
		n = end;
		mapping_pending(m, i + k, i + n);
	}
	return memfile_prepare(m, i, f, n);
}

static inline void read(struct mapping *m, pgoff_t i, struct frame **f, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		if (i + k >= m->pending_lo && i + k < m->pending_hi) {
			f[k]->place = memfile_of(m)->block[i + k];
			memset(frame_data(f[k]), 0, PAGE_SIZE);
			pcache_read_done(m, i + k, 1, 0);
		} else {
			memfile_read(m, i + k, f + k, 1);
		}
	}
}

static const struct mapping_ops ops = {
	.prepare = prepare, .read = read, .write = memfile_write, .hold = hold, .drop = hold,
};

static inline uva_t map(struct space *s, uva_t at, unsigned pages, const struct pager *pager, struct memfile *file)
{
	struct map_request r = {
		.at = at, .len = pages * PAGE_SIZE, .prot = PROT_READ | PROT_WRITE,
		.flags = VMA_MAYWRITE | (pager == &pager_shared ? VMA_SHARED : 0),
		.fixed = true, .pager = pager, .mapping = file ? &file->m : NULL,
	};
	uva_t got = 0;

	assert_int_equal(space_map(s, &r, &got), 0);
	assert_int_equal(got, at);
	return got;
}

static inline void begin(unsigned ram_pages)
{
	memfile_begin(ram_pages);
	frame_set_reclaim(NULL);
	memfile_init(&src, SRC_PAGES);
	memfile_init(&dst, 0);
	src.m.ops = dst.m.ops = &ops;
	space = space_create();
	assert_non_null(space);
	map(space, AT_UNCACHED, SRC_PAGES, &pager_uncached, &src);
	map(space, AT_ANON, DST_PAGES, &pager_anon, NULL);
}

static inline void check(void)
{
	memfile_check();
	assert_int_equal(space_check(space, memory_report), 0);
}

static inline void end(void)
{
	check();
	space_put(space);
	memfile_destroy(&src);
	memfile_destroy(&dst);
	memfile_finish_test();
}

/* The frame that a user access to @va in @s meets; what the processor and usertrap.c do. */
static inline struct frame *touch(struct space *s, uva_t va, bool write)
{
	struct frame *f;
	pte_t pte = pt_lookup(&s->pt, va, &f);

	while (!pte || (write && !(pte & PTE_WRITE))) {
		if (pte) {
			frame_put(f);
		}
		if (fault_handle(s, va, write) != FAULT_OK) {
			return NULL;
		}
		pte = pt_lookup(&s->pt, va, &f);
	}
	frame_put(f);           /* the entry keeps it */
	return f;
}

static inline void store(struct space *s, uva_t va, unsigned char byte)
{
	struct frame *f = touch(s, va, true);

	assert_non_null(f);
	memset(frame_data(f), byte, PAGE_SIZE);
}

static inline unsigned char load(struct space *s, uva_t va)
{
	const unsigned char *p = frame_data(touch(s, va, false));

	assert_true(memfile_is(p, p[0]));
	return p[0];
}

static inline unsigned char file_byte(struct memfile *file, pgoff_t i)
{
	struct frame *f;
	unsigned char byte;

	assert_int_equal(pcache_get(&file->m, NULL, i, &f), 0);
	byte = *(unsigned char *)frame_data(f);
	assert_true(memfile_is(frame_data(f), byte));
	frame_put(f);
	return byte;
}

#endif
