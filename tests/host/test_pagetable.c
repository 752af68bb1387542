/*
 * Page tables, in the arena: real directories and tables, read back entry by entry.
 */
#include "tests/host/memory.h"

#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/phys/pagetable.h"

enum { PAGES = 2048 };

/* Pages around a 4 MiB boundary. */
#define BOUNDARY 0x40400000u
#define AT(k)    (BOUNDARY + (uva_t)(k) * PAGE_SIZE)
#define RW       (PROT_READ | PROT_WRITE)

static struct pagetable pt;
static struct tlb_batch batch;

static void begin(void)
{
	memory_begin(PAGES);
	assert_int_equal(pt_create(&pt), 0);
	batch = tlb_begin(&pt);
}

static unsigned violations(void)
{
	return pt_check(&pt, memory_report);
}

static void end(void)
{
	assert_int_equal(violations(), 0);
	pt_unmap(&pt, 0, USER_TOP >> PAGE_SHIFT, &batch);
	pt_destroy(&pt);
	memory_end();
}

static struct frame *map_new(uva_t va, unsigned prot)
{
	struct frame *f = frame_alloc(ALLOC_WAIT);

	assert_non_null(f);
	pt_map(&pt, pt_entry(&pt, va), f, prot);
	return f;
}

/* What the processor would find. */
static pte_t entry(uva_t va)
{
	pte_t pde = pt.dir[va >> 22];

	if (!(pde & PTE_PRESENT)) {
		return 0;
	}
	return ((pte_t *)phys_data(pde & PTE_FRAME))[(va >> 12) & 1023];
}

static void expect_owners(const struct frame *f, int refs, int maps)
{
	assert_int_equal(atomic_read(&f->refs), refs);
	assert_int_equal(atomic_read(&f->maps), maps);
}

/* ---- counting ---- */

/* An entry that was written past its table's count is noticed, and so is one that was not. */
static void test_counts(void **state)
{
	pte_t *pte;

	(void)state;
	begin();
	map_new(AT(-1), RW);
	map_new(AT(0), RW);
	map_new(AT(7), RW);
	assert_int_equal(violations(), 0);
	pte = pt_walk(&pt, AT(7), false);
	pte_count(pte, -1);
	assert_int_equal(violations(), 1);
	pte_count(pt_walk(&pt, AT(-1), false), 1);
	assert_int_equal(violations(), 2);
	pte_count(pt_walk(&pt, AT(-1), false), -1);
	pte_count(pte, 1);
	end();
}

/* ---- finding, making ---- */

static void test_walk(void **state)
{
	uint64_t tables;
	pte_t *pte;

	(void)state;
	begin();
	tables = count_read(C_PAGE_TABLES);
	assert_null(pt_walk(&pt, AT(0), false));
	assert_int_equal(count_read(C_PAGE_TABLES), tables);
	pte = pt_walk(&pt, AT(3) + 5, true);
	assert_non_null(pte);
	assert_int_equal(count_read(C_PAGE_TABLES), tables + 1);
	assert_ptr_equal(pt_walk(&pt, AT(3), false), pte);
	assert_ptr_equal(pt_walk(&pt, AT(1023), false), pte + 1020);
	assert_null(pt_walk(&pt, AT(1024), false));
	assert_null(pt_walk(&pt, AT(-1), false));
	for (unsigned k = 0; k < PT_ENTRIES; k++) {
		assert_int_equal(*pt_walk(&pt, AT(k), false), 0);
	}
	assert_int_equal(pt.dir[BOUNDARY >> 22] & ~PTE_FRAME, PTE_PRESENT | PTE_WRITE | PTE_USER);
	assert_true(frame_is(data_frame(pte), FR_PAGETABLE));

	frame_fail_nth(1);
	assert_null(pt_walk(&pt, AT(1024), true));
	assert_int_equal(pt.dir[AT(1024) >> 22], 0);
	end();
}

static void test_kernel_quarter(void **state)
{
	(void)state;
	begin();
	assert_int_equal(pt_create(&kernel_pt), 0);
	assert_non_null(pt_walk(&kernel_pt, KVIRT_BASE, true));
	assert_int_equal(kernel_pt.dir[KVIRT_BASE >> 22] & ~PTE_FRAME, PTE_PRESENT | PTE_WRITE);
	kernel_pt.dir[KERNEL_BASE >> 22] = PTE_PRESENT | PTE_WRITE | PTE_LARGE | PTE_GLOBAL;

	struct pagetable child;

	assert_int_equal(pt_create(&child), 0);
	for (unsigned k = 0; k < PT_ENTRIES; k++) {
		assert_int_equal(child.dir[k], k < USER_TOP >> 22 ? 0 : kernel_pt.dir[k]);
	}
	pt_destroy(&child);             /* and leaves the kernel's tables alone */
	assert_non_null(pt_walk(&kernel_pt, KVIRT_BASE, false));
	assert_true(FAKE_CHECK_FAILS(pt_walk(&kernel_pt, KERNEL_BASE, false)));     /* not a table */

	frame_put(pte_frame(kernel_pt.dir[KVIRT_BASE >> 22]));
	frame_put(data_frame(kernel_pt.dir));
	kernel_pt = (struct pagetable){ .dir = NULL };
	end();
}

static void test_reserve(void **state)
{
	uint64_t tables;

	(void)state;
	begin();
	tables = count_read(C_PAGE_TABLES);
	assert_int_equal(pt_reserve(&pt, AT(-1), 1), 0);
	assert_int_equal(count_read(C_PAGE_TABLES), tables + 1);
	assert_int_equal(pt_reserve(&pt, AT(-1), 1026), 0);
	assert_int_equal(count_read(C_PAGE_TABLES), tables + 3);
	assert_non_null(pt_walk(&pt, AT(1024), false));
	assert_null(pt_walk(&pt, AT(2048), false));
	frame_fail_nth(2);
	assert_int_equal(pt_reserve(&pt, AT(2048), 3 * 1024), -ENOMEM);
	assert_non_null(pt_walk(&pt, AT(2048), false));
	assert_null(pt_walk(&pt, AT(3072), false));
	assert_int_equal(pt_reserve(&pt, USER_TOP - PAGE_SIZE, 1), 0);
	frame_fail_nth(1);

	struct pagetable none;

	assert_int_equal(pt_create(&none), -ENOMEM);
	end();
}

static void test_skip(void **state)
{
	unsigned looked;

	(void)state;
	begin();
	assert_int_equal(pt_reserve(&pt, AT(2048), 1), 0);
	assert_int_equal(pt_skip(&pt, AT(0), 10000, &looked), 2048);
	assert_int_equal(looked, 3);
	assert_int_equal(pt_skip(&pt, AT(0), 2048, &looked), 2048);
	assert_int_equal(looked, 2);
	assert_int_equal(pt_skip(&pt, AT(0), 100, &looked), 100);
	assert_int_equal(looked, 1);
	assert_int_equal(pt_skip(&pt, AT(1020), 100, &looked), 100);
	assert_int_equal(looked, 2);
	assert_int_equal(pt_skip(&pt, AT(2047), 5, NULL), 1);
	assert_int_equal(pt_skip(&pt, AT(2050), 5, &looked), 0);
	assert_int_equal(looked, 1);
	end();
}

/* ---- one entry ---- */

static void test_map(void **state)
{
	struct frame *a, *b, *c, *found = NULL;
	uint64_t written;

	(void)state;
	begin();
	written = count_read(C_PTES_WRITTEN);
	a = map_new(AT(0), RW);
	b = map_new(AT(1), PROT_READ);
	c = map_new(AT(2), PROT_NONE);
	assert_int_equal(entry(AT(0)), frame_paddr(a) | PTE_PRESENT | PTE_USER | PTE_WRITE);
	assert_int_equal(entry(AT(1)), frame_paddr(b) | PTE_PRESENT | PTE_USER);
	assert_int_equal(entry(AT(2)), frame_paddr(c) | PTE_PRESENT);
	assert_int_equal(count_read(C_PTES_WRITTEN), written + 3);
	expect_owners(a, 1, 1);

	assert_int_equal(pt_lookup(&pt, AT(0) + 9, &found), entry(AT(0)));
	assert_ptr_equal(found, a);
	expect_owners(a, 2, 1);
	frame_put(a);
	assert_int_equal(pt_lookup(&pt, AT(0), NULL), entry(AT(0)));
	expect_owners(a, 1, 1);
	assert_int_equal(pt_look(&pt, pt_entry(&pt, AT(0)), &found), entry(AT(0)));
	assert_ptr_equal(found, a);
	frame_put(a);
	assert_int_equal(pt_lookup(&pt, AT(5), &found), 0);
	assert_int_equal(pt_lookup(&pt, AT(5000), &found), 0);

	frame_get(zero_frame);
	pt_map(&pt, pt_entry(&pt, AT(3)), zero_frame, PROT_READ);
	assert_int_equal(atomic_read(&zero_frame->maps), 1);
	end();
	assert_int_equal(atomic_read(&zero_frame->maps), 0);
	assert_int_equal(atomic_read(&zero_frame->refs), 1);
}

static void test_remap(void **state)
{
	struct frame *a, *b, *c;

	(void)state;
	begin();
	a = map_new(AT(0), PROT_READ);
	b = frame_alloc(ALLOC_WAIT);
	assert_ptr_equal(pt_remap(&pt, pt_entry(&pt, AT(0)), b, RW), a);
	assert_int_equal(entry(AT(0)), frame_paddr(b) | PTE_PRESENT | PTE_USER | PTE_WRITE);
	expect_owners(a, 1, 0);
	expect_owners(b, 1, 1);
	frame_put(a);

	/* The old one went while the caller slept: nothing to invalidate then. */
	c = frame_alloc(ALLOC_WAIT);
	assert_null(pt_remap(&pt, pt_entry(&pt, AT(1)), c, RW));
	expect_owners(c, 1, 1);
	end();
}

static void test_map_over(void **state)
{
	struct frame *f;

	(void)state;
	begin();
	map_new(AT(0), RW);
	f = frame_alloc(ALLOC_WAIT);
	assert_true(FAKE_CHECK_FAILS(pt_map(&pt, pt_entry(&pt, AT(0)), f, RW)));
	spin_init(&pt.lock);
	assert_true(FAKE_CHECK_FAILS(pt_map(&pt, pt_walk(&pt, AT(1024), false), f, RW)));       /* no table */
	spin_init(&pt.lock);
	assert_true(FAKE_CHECK_FAILS(pt_map(&pt, pt_entry(&pt, AT(1)), zero_frame, RW)));       /* never writable */
	spin_init(&pt.lock);
	assert_true(FAKE_CHECK_FAILS(pt_entry(&pt, USER_TOP)));
	frame_put(f);
	end();
}

/* ---- ranges ---- */

static void test_unmap(void **state)
{
	struct frame *shared;
	uint64_t written, freed;

	(void)state;
	begin();
	for (int k = -40; k < 40; k += 2) {
		map_new(AT(k), RW);
	}
	shared = map_new(AT(2048), RW);
	frame_get(shared);
	written = count_read(C_PTES_WRITTEN);
	freed = count_read(C_FRAMES_FREED);
	assert_int_equal(pt_unmap(&pt, AT(-38), 38 + 2049, &batch), 19 + 20 + 1);
	assert_int_equal(count_read(C_PTES_WRITTEN), written + 40);
	assert_int_equal(count_read(C_FRAMES_FREED), freed + 39);
	assert_int_equal(batch.n, 40);
	assert_int_equal(batch.lo, AT(-38));
	assert_int_equal(batch.hi, AT(2049));
	expect_owners(shared, 1, 0);
	frame_put(shared);
	for (int k = -40; k < 40; k++) {
		assert_true((entry(AT(k)) != 0) == (k == -40));
	}
	assert_int_equal(pt_unmap(&pt, AT(-38), 38 + 2049, &batch), 0);
	end();
}

/* 4 MiB that nobody touched: nothing read but the directory, nothing written, nothing to invalidate. */
static void test_unmap_untouched(void **state)
{
	uint64_t before[NR_COUNTERS];

	(void)state;
	begin();
	for (unsigned c = 0; c < NR_COUNTERS; c++) {
		before[c] = count_read(c);
	}
	assert_int_equal(pt_unmap(&pt, AT(0), 1024, &batch), 0);
	tlb_flush(&batch);
	pt_prune(&pt, AT(0), AT(1024));
	for (unsigned c = 0; c < NR_COUNTERS; c++) {
		assert_int_equal(count_read(c), before[c]);
	}
	assert_int_equal(fake_mmu.invlpgs + fake_mmu.loads, 0);
	end();
}

static void test_detach(void **state)
{
	struct frame *mine[2], *shared, *named, *twice, *out[1030];
	char mapping;
	pte_t kept[8];

	(void)state;
	begin();
	mine[0] = map_new(AT(-1), RW);
	shared = map_new(AT(0), RW);
	frame_get(shared);
	named = map_new(AT(1), PROT_READ);
	named->mapping = (void *)&mapping;
	frame_get(zero_frame);
	pt_map(&pt, pt_entry(&pt, AT(2)), zero_frame, PROT_READ);
	twice = map_new(AT(3), RW);
	frame_get(twice);
	pt_map(&pt, pt_entry(&pt, AT(4)), twice, RW);
	mine[1] = map_new(AT(5), PROT_READ);
	for (unsigned k = 0; k < 8; k++) {
		kept[k] = entry(AT(k));
	}
	memset(out, 0xFF, sizeof(out));
	assert_int_equal(pt_detach(&pt, AT(-2), 1030, out, &batch), 2);
	for (unsigned k = 0; k < 1030; k++) {
		assert_ptr_equal(out[k], k == 1 ? mine[0] : k == 7 ? mine[1] : NULL);
	}
	assert_int_equal(entry(AT(-1)), 0);
	assert_int_equal(entry(AT(5)), 0);
	for (unsigned k = 0; k < 5; k++) {
		assert_int_equal(entry(AT(k)), kept[k]);
	}
	expect_owners(mine[0], 1, 0);
	expect_owners(mine[1], 1, 0);
	expect_owners(twice, 2, 2);
	assert_int_equal(batch.n, 2);

	pt_reattach(&pt, AT(-1), mine[0], RW);
	expect_owners(mine[0], 1, 1);
	assert_int_equal(entry(AT(-1)), frame_paddr(mine[0]) | PTE_PRESENT | PTE_USER | PTE_WRITE);
	frame_put(mine[1]);
	frame_put(shared);
	named->mapping = NULL;
	end();
}

static void test_protect(void **state)
{
	struct frame *a, *b;
	uint64_t written;

	(void)state;
	begin();
	a = map_new(AT(-1), RW);
	b = map_new(AT(0), PROT_READ);
	*pt_walk(&pt, AT(-1), false) |= PTE_DIRTY | PTE_ACCESSED;
	written = count_read(C_PTES_WRITTEN);
	pt_protect(&pt, AT(-5), 10, PROT_READ, &batch);
	assert_int_equal(entry(AT(-1)), frame_paddr(a) | PTE_PRESENT | PTE_USER | PTE_DIRTY | PTE_ACCESSED);
	assert_int_equal(batch.n, 1);           /* the other had nothing to lose */
	assert_int_equal(count_read(C_PTES_WRITTEN), written + 1);
	assert_int_equal(entry(AT(1)), 0);

	pt_protect(&pt, AT(0), 1, RW, &batch);
	assert_int_equal(entry(AT(0)), frame_paddr(b) | PTE_PRESENT | PTE_USER | PTE_WRITE);
	assert_int_equal(entry(AT(-1)) & PTE_WRITE, 0);
	pt_protect(&pt, AT(0), 1, PROT_NONE, &batch);
	assert_int_equal(entry(AT(0)), frame_paddr(b) | PTE_PRESENT);
	expect_owners(b, 1, 1);
	end();
}

/* ---- fork, prune, destroy ---- */

static void test_fork(void **state)
{
	struct pagetable child;
	struct tlb_batch child_batch;
	struct frame *a, *b, *outside;
	pte_t *copy;

	(void)state;
	begin();
	assert_int_equal(pt_create(&child), 0);
	child_batch = tlb_begin(&child);
	a = map_new(AT(-1), RW);
	b = map_new(AT(0), PROT_READ);
	outside = map_new(AT(1), RW);
	map_new(AT(2048), RW);
	*pt_walk(&pt, AT(-1), false) |= PTE_DIRTY | PTE_ACCESSED;

	frame_fail_nth(2);
	assert_int_equal(pt_fork(&child, &pt, AT(-3), AT(1), true, &batch), -ENOMEM);
	pt_unmap(&child, AT(-3), 4, &child_batch);
	assert_int_equal(pt_fork(&child, &pt, AT(-3), AT(1), true, &batch), 0);
	assert_null(pt_walk(&child, AT(2048), false));

	copy = pt_walk(&child, AT(-1), false);
	assert_int_equal(*copy, frame_paddr(a) | PTE_PRESENT | PTE_USER);
	assert_int_equal(entry(AT(-1)), frame_paddr(a) | PTE_PRESENT | PTE_USER | PTE_DIRTY | PTE_ACCESSED);
	assert_int_equal(*pt_walk(&child, AT(0), false), entry(AT(0)));
	assert_int_equal(*pt_walk(&child, AT(1), false), 0);
	assert_true(entry(AT(1)) & PTE_WRITE);
	expect_owners(a, 2, 2);
	expect_owners(b, 2, 2);
	expect_owners(outside, 1, 1);
	assert_int_equal(batch.n, 1);           /* only what was writable */
	assert_int_equal(batch.lo, AT(-1));

	assert_int_equal(pt_fork(&child, &pt, AT(1), AT(2), false, &batch), 0);     /* a shared mapping stays writable */
	assert_int_equal(*pt_walk(&child, AT(1), false), entry(AT(1)));
	assert_true(entry(AT(1)) & PTE_WRITE);
	assert_int_equal(batch.n, 1);

	assert_int_equal(pt_unmap(&child, AT(-3), 10, &child_batch), 3);
	expect_owners(a, 1, 1);
	pt_destroy(&child);
	end();
}

static void test_prune(void **state)
{
	uint64_t flushes;

	(void)state;
	begin();
	assert_int_equal(pt_reserve(&pt, AT(0), 4 * 1024), 0);
	map_new(AT(1024), RW);
	fake_mmu.cr3 = pt.cr3;
	flushes = count_read(C_TLB_INVLPG) + count_read(C_TLB_CR3);
	pt_prune(&pt, AT(1), AT(1023));                 /* no whole table */
	pt_prune(&pt, AT(1), AT(2047));                 /* one, and in use */
	assert_int_equal(count_read(C_TLB_INVLPG) + count_read(C_TLB_CR3), flushes);
	assert_non_null(pt_walk(&pt, AT(0), false));
	pt_prune(&pt, AT(1), AT(3 * 1024));
	assert_non_null(pt_walk(&pt, AT(0), false));
	assert_non_null(pt_walk(&pt, AT(1024), false));
	assert_null(pt_walk(&pt, AT(2048), false));
	assert_non_null(pt_walk(&pt, AT(3072), false));
	assert_true(count_read(C_TLB_INVLPG) + count_read(C_TLB_CR3) > flushes);
	pt_prune(&pt, 0, USER_TOP);
	assert_null(pt_walk(&pt, AT(0), false));
	assert_non_null(pt_walk(&pt, AT(1024), false));
	fake_mmu.cr3 = 0;
	end();
}

static void test_destroy(void **state)
{
	(void)state;
	begin();
	fake_mmu.cr3 = pt.cr3;
	assert_true(FAKE_CHECK_FAILS(pt_destroy(&pt)));         /* the processor is using it */
	fake_mmu.cr3 = 0;
	map_new(AT(0), RW);
	assert_true(FAKE_CHECK_FAILS(pt_destroy(&pt)));         /* somebody's page is still in it */
	end();
}

/* ---- invalidation ---- */

static void test_tlb(void **state)
{
	(void)state;
	begin();
	tlb_flush(&batch);
	tlb_add(&batch, AT(0));
	tlb_flush(&batch);                      /* not loaded: nobody can have a translation */
	assert_int_equal(fake_mmu.invlpgs + fake_mmu.loads, 0);
	assert_int_equal(batch.n, 0);

	fake_mmu.cr3 = pt.cr3;
	tlb_flush(&batch);
	assert_int_equal(fake_mmu.invlpgs + fake_mmu.loads, 0);
	tlb_add(&batch, AT(5));
	tlb_add(&batch, AT(3));
	tlb_flush(&batch);
	assert_int_equal(fake_mmu.invlpgs, 3);
	assert_int_equal(fake_mmu.last_invlpg, AT(5));
	assert_int_equal(count_read(C_TLB_INVLPG), 3);
	tlb_flush(&batch);
	assert_int_equal(fake_mmu.invlpgs, 3);

	for (unsigned k = 0; k < 100; k++) {
		tlb_add(&batch, AT(k));
	}
	tlb_flush(&batch);
	tlb_add(&batch, AT(0));                 /* two pages, but far apart */
	tlb_add(&batch, AT(5000));
	tlb_flush(&batch);
	assert_int_equal(fake_mmu.invlpgs, 3);
	assert_int_equal(fake_mmu.loads, 2);
	assert_int_equal(count_read(C_TLB_CR3), 2);
	assert_int_equal(fake_mmu.cr3, pt.cr3);

	tlb_flush_kernel(KVIRT_BASE, 20);       /* global pages survive CR3: one by one, whatever the number */
	assert_int_equal(fake_mmu.invlpgs, 23);
	fake_mmu.cr3 = 0;
	end();
}

/* ---- random operations on two page tables against arrays ---- */

enum { WORLD = 96, SPACES = 2 };                /* pages on both sides of the boundary */

static struct pagetable space[SPACES];
static struct { struct frame *f; bool writable; } model[SPACES][WORLD];

#define PAGE_AT(k) AT((int)(k) - WORLD / 2)

static int model_refs(const struct frame *f)
{
	int n = 0;

	for (unsigned s = 0; s < SPACES; s++) {
		for (unsigned k = 0; k < WORLD; k++) {
			n += model[s][k].f == f;
		}
	}
	return n;
}

static void compare(void)
{
	for (unsigned s = 0; s < SPACES; s++) {
		for (unsigned k = 0; k < WORLD; k++) {
			struct frame *f = model[s][k].f, *found = NULL;
			pte_t pte = pt_lookup(&space[s], PAGE_AT(k), &found);

			assert_ptr_equal(found, f);
			if (f) {
				frame_put(found);
				assert_int_equal((pte & PTE_WRITE) != 0, model[s][k].writable);
				expect_owners(f, model_refs(f), model_refs(f));
			}
		}
	}
}

static void random_map(unsigned s, unsigned k)
{
	struct frame *f = frame_alloc(ALLOC_WAIT);
	bool writable = host_random(2);
	unsigned prot = writable ? RW : PROT_READ;
	pte_t *at = pt_entry(&space[s], PAGE_AT(k));

	if (model[s][k].f) {
		struct frame *old = pt_remap(&space[s], at, f, prot);

		assert_ptr_equal(old, model[s][k].f);
		frame_put(old);
	} else {
		pt_map(&space[s], at, f, prot);
	}
	model[s][k].f = f;
	model[s][k].writable = writable;
}

static void random_unmap(unsigned s, unsigned k, unsigned n)
{
	struct tlb_batch b = tlb_begin(&space[s]);
	unsigned there = 0;

	for (unsigned j = k; j < k + n; j++) {
		there += model[s][j].f != NULL;
		model[s][j].f = NULL;
	}
	assert_int_equal(pt_unmap(&space[s], PAGE_AT(k), n, &b), there);
	assert_int_equal(b.n, there);
	if (host_random(4) == 0) {
		pt_prune(&space[s], 0, USER_TOP);
	}
}

static void random_detach(unsigned s, unsigned k, unsigned n)
{
	struct tlb_batch b = tlb_begin(&space[s]);
	struct frame *out[WORLD];
	unsigned left = 0;

	pt_detach(&space[s], PAGE_AT(k), n, out, &b);
	for (unsigned j = k; j < k + n; j++) {
		struct frame *f = model[s][j].f;
		bool sole = f && model_refs(f) == 1;

		assert_ptr_equal(out[j - k], sole ? f : NULL);
		left += sole;
		if (sole && host_random(2)) {
			pt_reattach(&space[s], PAGE_AT(j), f, RW);
			model[s][j].writable = true;
		} else if (sole) {
			frame_put(f);
			model[s][j].f = NULL;
		}
	}
	assert_int_equal(b.n, left);
}

static void random_protect(unsigned s, unsigned k, unsigned n)
{
	struct tlb_batch b = tlb_begin(&space[s]);
	bool writable = host_random(2);

	pt_protect(&space[s], PAGE_AT(k), n, writable ? RW : PROT_READ, &b);
	for (unsigned j = k; j < k + n; j++) {
		model[s][j].writable = writable;
	}
}

/* The range of the other space is emptied and becomes a copy of ours. */
static void random_fork(unsigned s, unsigned k, unsigned n)
{
	struct tlb_batch b = tlb_begin(&space[s]);
	bool cow = host_random(2);

	random_unmap(!s, k, n);
	assert_int_equal(pt_fork(&space[!s], &space[s], PAGE_AT(k), PAGE_AT(k + n), cow, &b), 0);
	for (unsigned j = k; j < k + n; j++) {
		model[s][j].writable &= !cow;
		model[!s][j] = model[s][j];
	}
}

static void test_random(void **state)
{
	(void)state;
	host_seed();
	memory_begin(PAGES);
	memset(model, 0, sizeof(model));
	for (unsigned s = 0; s < SPACES; s++) {
		assert_int_equal(pt_create(&space[s]), 0);
	}
	for (unsigned step = 0; step < 3000; step++) {
		unsigned s = host_random(SPACES), k = host_random(WORLD), n = 1 + host_random(WORLD - k);

		switch (host_random(8)) {
		case 0: random_unmap(s, k, MIN(n, 10)); break;
		case 1: random_detach(s, k, MIN(n, 20)); break;
		case 2: random_protect(s, k, n); break;
		case 3: random_fork(s, k, n); break;
		default: random_map(s, k); break;
		}
		compare();
		assert_int_equal(frame_check(memory_report), 0);
	}
	for (unsigned s = 0; s < SPACES; s++) {
		random_unmap(s, 0, WORLD);
		pt_destroy(&space[s]);
	}
	memory_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_kernel_quarter),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_remap),
		cmocka_unit_test(test_map_over),
		cmocka_unit_test(test_unmap),
		cmocka_unit_test(test_unmap_untouched),
		cmocka_unit_test(test_detach),
		cmocka_unit_test(test_protect),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_prune),
		cmocka_unit_test(test_destroy),
		cmocka_unit_test(test_tlb),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
