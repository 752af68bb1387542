/*
 * Reclaim: who goes first, who is waited for, who stays; what write-out needs; who gives up.
 */
#include "tests/host/memfile.h"

#include "kernel/counters.h"
#include "mm/cache/readahead.h"
#include "mm/cache/reclaim.h"
#include "mm/cache/rmap.h"
#include "mm/cache/vma.h"
#include "mm/phys/pagetable.h"

enum { MEMORY = 1024, BATCH = 64 };     /* reclaim() frees at least a batch when there is one */

static struct memfile file, other;
static unsigned rounds;                 /* of the flusher */

/* What runs while somebody waits for memory: first the flusher, then the disk. */
static bool flusher_then_disk(void *ctx)
{
	unsigned started;

	this_cpu()->irq_depth--;                /* the flusher is a task */
	started = wb_start_background(&file.m) + wb_start_background(&other.m);
	this_cpu()->irq_depth++;
	rounds += started > 0;
	return memfile_step(ctx) || started > 0;
}

static void begin(unsigned pages, unsigned other_pages)
{
	memfile_begin(MEMORY);
	memfile_init(&file, pages);
	memfile_init(&other, other_pages);
	reclaim_init();
	fake_set_world(flusher_then_disk, NULL);
	rounds = 0;
}

static void end(void)
{
	frame_set_reclaim(NULL);
	memfile_destroy(&file);
	memfile_destroy(&other);
	memfile_finish_test();
}

/* Use pages [i, i + n) by their names, as read(2) does. */
static void use(struct memfile *f, pgoff_t i, unsigned n)
{
	for (; n > 0; i++, n--) {
		struct frame *page;

		assert_int_equal(pcache_get(&f->m, NULL, i, &page), 0);
		assert_true(frame_is(page, FR_UPTODATE));
		frame_put(page);
	}
}

/* Page @i comes by mwrite from MAP_UNCACHED: dirty, first out. */
static void move_in(struct memfile *f, pgoff_t i)
{
	struct frame *page = memfile_frame(1), *old;

	assert_int_equal(memfile_prepare(&f->m, i, &page, 1), 1);
	assert_int_equal(pcache_reserve(&f->m, i, 1), 0);
	if (pcache_give(&f->m, i, &page, 1, FR_UPTODATE | FR_DIRTY | FR_FIRSTOUT) == 0) {
		if (!pcache_replace(&f->m, i, &page, 1, FR_UPTODATE | FR_DIRTY | FR_FIRSTOUT, &old)) {
			page->place = 0;        /* being written: mwrite would copy into it */
			old = page;
		}
		frame_put(old);
	}
	pcache_unreserve(&f->m, i, 1);
}

static void move_in_many(struct memfile *f, pgoff_t i, unsigned n)
{
	while (n-- > 0) {
		move_in(f, i++);
	}
}

static void write_all(struct memfile *f)
{
	wb_start(&f->m, 0, ~0u);
	wb_wait(&f->m, 0, ~0u);
}

static unsigned cached(struct memfile *f, pgoff_t i, unsigned n)
{
	unsigned found = 0;

	for (; n > 0; i++, n--) {
		struct frame *page = pcache_find_one(&f->m, i);

		if (page) {
			found++;
			frame_put(page);
		}
	}
	return found;
}

/* ---- ages ---- */

/* First what passed through, then what was used once, then what was used again. */
static void test_order(void **state)
{
	(void)state;
	begin(200, 100);
	use(&file, 0, 200);
	use(&file, 100, 100);                   /* again */
	move_in_many(&other, 0, 64);
	write_all(&other);
	assert_int_equal(reclaim(BATCH), 64);
	assert_int_equal(cached(&other, 0, 64), 0);
	assert_int_equal(cached(&file, 0, 200), 200);
	assert_int_equal(reclaim(100), 100);
	assert_int_equal(cached(&file, 0, 100), 0);
	assert_int_equal(cached(&file, 100, 100), 100);
	assert_int_equal(reclaim(100), 100);            /* nothing else is left */
	assert_int_equal(cached(&file, 100, 100), 0);
	assert_int_equal(reclaim(BATCH), 0);
	assert_int_equal(rounds, 0);
	end();
}

/* A stream of pages used once does not push out what is used again and again. */
static void test_scan(void **state)
{
	(void)state;
	begin(60, 300);
	use(&file, 0, 60);
	for (pgoff_t i = 0; i < 300; i += 20) {
		use(&file, 0, 60);
		use(&other, i, 20);
		if (i >= 60) {
			reclaim(BATCH);
		}
		assert_int_equal(cached(&file, 0, 60), 60);
	}
	end();
}

/* A page that passed through and is then read is an ordinary page from there on. */
static void test_used_after_all(void **state)
{
	(void)state;
	begin(100, 100);
	use(&file, 0, 100);
	move_in_many(&other, 0, 100);
	write_all(&other);
	use(&other, 0, 20);                     /* once */
	use(&other, 20, 10);
	use(&other, 20, 10);                    /* again */
	memfile_check();                        /* counts those that are first out */
	assert_int_equal(reclaim(70), 70);
	assert_int_equal(cached(&other, 0, 30), 30);
	assert_int_equal(cached(&other, 30, 70), 0);
	assert_int_equal(reclaim(120), 120);
	assert_int_equal(cached(&other, 0, 20), 0);
	assert_int_equal(cached(&other, 20, 10), 10);
	end();
}

/* Truncate, steal, replace and a refused write: the number of those that go first stays right. */
static void test_count(void **state)
{
	struct frame *f;

	(void)state;
	begin(10, 100);
	move_in_many(&other, 0, 100);
	memfile_check();
	move_in_many(&other, 50, 10);           /* replaced while dirty */
	memfile_check();
	memdisk.fail_writes = 2;
	write_all(&other);
	memfile_check();
	write_all(&other);
	f = pcache_find_one(&other.m, 7);
	frame_lock(f);
	assert_int_equal(pcache_steal(f), 0);
	frame_unlock(f);
	frame_put(f);
	memfile_check();
	assert_int_equal(pcache_truncate(&other.m, 20 * PAGE_SIZE), 0);
	memfile_free_blocks(&other, 20);
	memfile_check();
	assert_int_equal(reclaim(BATCH), 19);
	end();
}

/* ---- who is waited for ---- */

/* M1 in small: as long as something that passed through can be written, nothing that was read goes. */
static void test_waits_for_first_out(void **state)
{
	(void)state;
	begin(200, 100);
	use(&file, 0, 200);
	move_in_many(&other, 0, 100);
	assert_int_equal(rounds, 0);
	assert_true(reclaim(BATCH) > 0);
	assert_true(rounds > 0);
	while (pcache_totals().dirty + pcache_totals().writeback > 0) {
		assert_true(reclaim(BATCH) > 0);
	}
	assert_int_equal(cached(&file, 0, 200), 200);
	end();
}

/* Much metadata stands before them in the flusher's queue: they are waited for all the same. */
static void test_waits_in_the_queue(void **state)
{
	(void)state;
	begin(300, 20);
	for (pgoff_t i = 0; i < 300; i += 2) {
		assert_int_equal(memfile_fill(&file, i, 3), 0);         /* 150 requests */
	}
	use(&file, 1, 1);
	move_in_many(&other, 0, 20);
	assert_true(reclaim(BATCH) > 0);
	assert_true(cached(&other, 0, 20) < 20);
	assert_int_equal(cached(&file, 0, 300), 151);
	end();
}

/* Those that the disk refuses are not waited for: the next class goes, and nobody hangs. */
static void test_refused(void **state)
{
	(void)state;
	begin(100, 100);
	use(&file, 0, 100);
	move_in_many(&other, 0, 100);
	memdisk.fail_writes = 100;
	assert_true(reclaim(BATCH) > 0);
	assert_true(cached(&file, 0, 100) < 100);
	assert_int_equal(cached(&other, 0, 100), 100);
	memdisk.fail_writes = 0;
	end();
}

static bool disk_only(void *ctx)
{
	return memfile_step(ctx);
}

/* Nor those that the flusher cannot start, whatever keeps it. */
static void test_stuck(void **state)
{
	(void)state;
	begin(100, 100);
	use(&file, 0, 100);
	move_in_many(&other, 0, 100);
	fake_set_world(disk_only, NULL);
	assert_true(reclaim(BATCH) > 0);
	assert_int_equal(cached(&other, 0, 100), 100);
	end();
}

/* Nothing but dirty pages: whoever needs memory waits for the first to be clean. */
static void test_all_dirty(void **state)
{
	(void)state;
	begin(200, 1);
	for (pgoff_t i = 0; i < 200; i++) {
		assert_int_equal(memfile_fill(&file, i, 3), 0);
	}
	assert_true(reclaim(BATCH) > 0);
	assert_true(rounds > 0);
	end();
}

/* ---- mapped pages ---- */

static struct pagetable pt;
static struct vma area;

static void map_file(unsigned n)
{
	area = (struct vma){ .start = 0x1000, .end = 0x1000 + n * PAGE_SIZE, .mapping = &file.m, .pt = &pt };
	assert_int_equal(pt_create(&pt), 0);
	rmap_link(&area);
	for (pgoff_t i = 0; i < n; i++) {
		struct frame *f;

		assert_int_equal(pcache_get(&file.m, NULL, i, &f), 0);
		pt_map(&pt, pt_entry(&pt, area.start + i * PAGE_SIZE), f, PROT_READ);
	}
	fake_mmu.cr3 = pt.cr3;
}

static void unmap_file(void)
{
	struct tlb_batch b = tlb_begin(&pt);

	pt_unmap(&pt, area.start, (area.end - area.start) / PAGE_SIZE, &b);
	tlb_flush(&b);
	fake_mmu.cr3 = 0;
	rmap_unlink(&area);
	pt_destroy(&pt);
}

static pte_t entry(pgoff_t i)
{
	return pt_lookup(&pt, area.start + i * PAGE_SIZE, NULL);
}

/* Clean mapped pages go, with their entries and the TLB's; those accessed lately stay while others are left. */
static void test_mapped(void **state)
{
	unsigned flushed;

	(void)state;
	begin(100, 1);
	map_file(100);
	for (pgoff_t i = 0; i < 30; i++) {
		*pt_walk(&pt, area.start + i * PAGE_SIZE, false) |= PTE_ACCESSED;
	}
	flushed = fake_mmu.invlpgs + fake_mmu.loads;
	assert_int_equal(reclaim(70), 70);
	assert_true(fake_mmu.invlpgs + fake_mmu.loads > flushed);
	for (pgoff_t i = 0; i < 100; i++) {
		assert_int_equal(entry(i) != 0, i < 30);
	}
	assert_int_equal(cached(&file, 0, 100), 30);
	memfile_check();
	assert_int_equal(reclaim(BATCH), 30);           /* the marks are gone, and so are they */
	unmap_file();
	end();
}

/* A page that is held or locked by somebody stays, mapped or not. */
static void test_held(void **state)
{
	struct frame *held, *locked;

	(void)state;
	begin(10, 1);
	use(&file, 0, 10);
	held = pcache_find_one(&file.m, 3);
	locked = pcache_find_one(&file.m, 4);
	frame_lock(locked);
	assert_int_equal(reclaim(BATCH), 8);
	assert_int_equal(cached(&file, 3, 2), 2);
	frame_unlock(locked);
	frame_put(locked);
	frame_put(held);
	end();
}

/* ---- bounds ---- */

/* M2: what passes through is bounded, though memory were free. */
static void test_surplus(void **state)
{
	uint32_t most = 0;

	(void)state;
	begin(50, 300);
	use(&file, 0, 50);
	for (pgoff_t i = 0; i < 300; i++) {
		move_in(&other, i);
		wb_balance(&other.m);
		reclaim_surplus();
		most = MAX(most, other.m.nframes);
		if (i % 16 == 15) {
			write_all(&other);
		}
	}
	assert_true(most <= wb_limit() + 16);
	assert_true(most >= wb_limit());
	assert_int_equal(cached(&file, 0, 50), 50);
	assert_true(frame_count_free() > MEMORY / 4);
	end();
}

/* Write-out needs no memory: with the last frame gone it works all the same. */
static void test_writing_allocates_nothing(void **state)
{
	struct frame *all[MEMORY];
	unsigned n;

	(void)state;
	begin(200, 1);
	for (pgoff_t i = 0; i < 200; i++) {
		assert_int_equal(memfile_fill(&file, i, 3), 0);
	}
	frame_set_reclaim(NULL);
	n = frame_alloc_many(all, MEMORY, ALLOC_ATOMIC);
	assert_int_equal(frame_count_free(), 0);
	assert_int_equal(wb_start_background(&file.m), 200);
	wb_wait(&file.m, 0, ~0u);
	assert_int_equal(pcache_totals().dirty, 0);
	frame_put_many(all, n);
	end();
}

/* R5: readahead takes neither the last frames nor what was used again, and does not wait. */
static void test_readahead_gives_up(void **state)
{
	struct frame *all[MEMORY];
	unsigned n, sleeps;

	(void)state;
	begin(50, 300);
	use(&file, 0, 50);
	use(&file, 0, 50);
	n = frame_alloc_many(all, MEMORY, ALLOC_WAIT | ALLOC_HINT);
	assert_true(frame_count_free() > 0);
	assert_int_equal(cached(&file, 0, 50), 50);
	sleeps = fake_sleeps;
	assert_int_equal(ra_start(&other.m, 0, 300, FR_AHEAD, ALLOC_HINT), 0);
	assert_int_equal(fake_sleeps, sleeps);
	assert_int_equal(cached(&file, 0, 50), 50);
	assert_int_equal(cached(&other, 0, 300), 0);
	use(&other, 0, 1);                              /* who needs a page gets it */
	frame_put_many(all, n);
	end();
}

/* ---- random: a bystander used once, and what passes through ---- */

static void test_random(void **state)
{
	struct frame *hog[MEMORY];
	unsigned n = 0;

	(void)state;
	host_seed();
	begin(100, 250);
	use(&file, 0, 100);
	while (frame_count_free() > 150) {
		hog[n++] = memfile_frame(0);
	}
	for (unsigned step = 0; step < 4000; step++) {
		move_in(&other, host_random(250));      /* allocates, and so reclaims */
		if (host_random(8) == 0) {
			memfile_step(NULL);
		}
		assert_int_equal(cached(&file, 0, 100), 100);
		if (step % 64 == 0) {
			memfile_check();
		}
	}
	frame_put_many(hog, n);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_used_after_all),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_waits_for_first_out),
		cmocka_unit_test(test_waits_in_the_queue),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_all_dirty),
		cmocka_unit_test(test_mapped),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_surplus),
		cmocka_unit_test(test_writing_allocates_nothing),
		cmocka_unit_test(test_readahead_gives_up),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
