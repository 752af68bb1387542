/*
 * Writing back: ranges, pages that change meanwhile, errors, the throttle, mapped pages.
 */
#include "tests/host/memfile.h"

#include "mm/cache/rmap.h"
#include "mm/cache/vma.h"
#include "mm/phys/pagetable.h"

static struct memfile file, other;

static void begin(unsigned memory, unsigned pages)
{
	memfile_begin(memory);
	memfile_init(&file, pages);
}

static void end(void)
{
	memfile_destroy(&file);
	memfile_finish_test();
}

static void fill(pgoff_t i, unsigned char byte)
{
	assert_int_equal(memfile_fill(&file, i, byte), 0);
}

static bool on_disk(pgoff_t i, unsigned char byte)
{
	return memfile_is(memdisk.disk[file.block[i]], byte);
}

static uint32_t flags(pgoff_t i)
{
	struct frame *f = pcache_find_one(&file.m, i);
	uint32_t found;

	assert_non_null(f);
	found = f->flags;
	frame_put(f);
	return found;
}

static void expect_totals(uint32_t dirty, uint32_t writeback)
{
	assert_int_equal(pcache_totals().dirty, dirty);
	assert_int_equal(pcache_totals().writeback, writeback);
	memfile_check();
}

/* ---- start, wait ---- */

static void test_start_wait(void **state)
{
	(void)state;
	begin(2048, 200);
	for (pgoff_t i = 10; i < 110; i++) {
		fill(i, 99);
	}
	fill(150, 99);
	expect_totals(101, 0);
	assert_int_equal(wb_start(&file.m, 0, ~0u), 101);
	assert_int_equal(fake_sleeps, 0);                       /* starting waits for no transfer */
	expect_totals(0, 101);
	assert_true(flags(50) & FR_WRITEBACK);
	assert_false(flags(50) & FR_DIRTY);
	assert_int_equal(wb_start(&file.m, 0, ~0u), 0);
	assert_false(on_disk(10, 99));
	wb_wait(&file.m, 0, ~0u);
	expect_totals(0, 0);
	for (pgoff_t i = 0; i < 200; i++) {
		assert_true(on_disk(i, (i >= 10 && i < 110) || i == 150 ? 99 : memfile_byte(i)));
	}
	assert_int_equal(file.writes, 101);
	assert_int_equal(file.reads, 0);                        /* whole pages: nothing had to be read */
	end();
}

/* The last page goes to the disk without what lies behind the end of the file; others go whole. */
static void test_tail(void **state)
{
	(void)state;
	begin(2048, 8);
	for (pgoff_t i = 0; i < 8; i++) {
		fill(i, 99);
	}
	pcache_set_size(&file.m, 5 * PAGE_SIZE + 100);
	assert_int_equal(wb_start(&file.m, 0, ~0u), 8);
	wb_wait(&file.m, 0, ~0u);
	assert_true(on_disk(4, 99));
	assert_true(on_disk(6, 99));
	for (unsigned k = 0; k < PAGE_SIZE; k++) {
		assert_int_equal(memdisk.disk[file.block[5]][k], k < 100 ? 99 : 0);
	}
	pcache_set_size(&file.m, 8 * PAGE_SIZE);
	end();
}

/* F1: a range is a range. */
static void test_f01_range(void **state)
{
	(void)state;
	begin(2048, 200);
	for (pgoff_t i = 0; i < 200; i++) {
		fill(i, 99);
	}
	assert_int_equal(wb_start(&file.m, 63, 130), 68);
	wb_wait(&file.m, 63, 130);
	for (pgoff_t i = 0; i < 200; i++) {
		bool inside = i >= 63 && i <= 130;

		assert_int_equal((flags(i) & FR_DIRTY) != 0, !inside);
		assert_true(on_disk(i, inside ? 99 : memfile_byte(i)));
	}
	assert_int_equal(file.writes, 68);
	assert_int_equal(wb_start(&file.m, 5, 5), 1);
	assert_int_equal(wb_start(&file.m, 5000, 6000), 0);
	expect_totals(131, 1);
	wb_wait(&file.m, 6, ~0u);                               /* not our page */
	expect_totals(131, 1);
	end();
}

/* A page written again while it is on its way is written again. */
static void test_dirty_again(void **state)
{
	(void)state;
	begin(2048, 10);
	fill(4, 1);
	assert_int_equal(wb_start(&file.m, 0, ~0u), 1);
	fill(4, 2);
	assert_true((flags(4) & FR_DIRTY) && (flags(4) & FR_WRITEBACK));
	expect_totals(1, 1);
	assert_int_equal(wb_start_background(&file.m), 0);      /* the flusher does not wait for the first write */
	assert_int_equal(fake_sleeps, 0);
	assert_int_equal(wb_start(&file.m, 0, ~0u), 1);         /* sync does */
	assert_true(fake_sleeps > 0);
	wb_wait(&file.m, 0, ~0u);
	assert_true(on_disk(4, 2));
	assert_int_equal(file.writes, 2);
	expect_totals(0, 0);
	end();
}

static struct frame *locked;

static bool unlock_step(void *ctx)
{
	if (locked) {
		frame_unlock(locked);
		locked = NULL;
		return true;
	}
	return memfile_step(ctx);
}

/* Somebody is changing a page: sync waits for him, the flusher goes round him. */
static void test_locked(void **state)
{
	struct frame *f;

	(void)state;
	begin(2048, 100);
	for (pgoff_t i = 20; i < 30; i++) {
		fill(i, 7);
	}
	f = locked = pcache_find_one(&file.m, 25);
	frame_lock(locked);
	fake_set_world(unlock_step, NULL);
	assert_int_equal(wb_start_background(&file.m), 9);
	assert_true(flags(25) & FR_DIRTY);
	assert_int_equal(fake_sleeps, 0);
	assert_int_equal(wb_start(&file.m, 0, ~0u), 1);
	assert_null(locked);
	frame_put(f);
	end();
}

/* F5: whoever keeps writing cannot keep a sync from ending. */
static unsigned rewrites;

static bool stubborn_writer(void *ctx)
{
	if (!memfile_step(ctx)) {
		return false;
	}
	this_cpu()->irq_depth--;                        /* played by a task that runs meanwhile */
	for (pgoff_t i = 0; i < 20; i++) {
		if (!(flags(i) & FR_WRITEBACK)) {
			fill(i, (unsigned char)++rewrites);
		}
	}
	wb_start_background(&file.m);
	this_cpu()->irq_depth++;
	return true;
}

static void test_f05_wait_ends(void **state)
{
	(void)state;
	begin(2048, 20);
	for (pgoff_t i = 0; i < 20; i++) {
		fill(i, 1);
	}
	wb_start(&file.m, 0, ~0u);
	fake_set_world(stubborn_writer, NULL);
	wb_wait(&file.m, 0, ~0u);
	assert_true(rewrites > 0 && fake_sleeps < 1000);
	fake_set_world(memfile_step, NULL);
	end();
}

/* ---- errors ---- */

static void test_f03_error(void **state)
{
	uint32_t seen = 0, seen_by_other = 0;
	struct frame *f;

	(void)state;
	begin(2048, 20);
	fill(3, 33);
	fill(9, 99);
	assert_int_equal(wberr_check(&file.m, &seen), 0);
	wb_start(&file.m, 3, 3);
	memdisk.fail_writes = 1;
	wb_wait(&file.m, 3, 3);
	assert_int_equal(wberr_check(&file.m, &seen), -EIO);
	assert_int_equal(wberr_check(&file.m, &seen), 0);               /* once each */
	assert_int_equal(wberr_check(&file.m, &seen_by_other), -EIO);
	assert_true((flags(3) & FR_DIRTY) && (flags(3) & FR_ERROR));
	expect_totals(1, 0);                    /* a page that cannot be written does not hold up writers */
	assert_int_equal(file.m.ndirty, 2);
	assert_int_equal(pcache_get(&file.m, NULL, 3, &f), 0);          /* and can be read */
	assert_true(memfile_is(frame_data(f), 33));
	frame_put(f);

	assert_int_equal(wb_start_background(&file.m), 1);              /* the other one */
	memfile_finish();
	assert_int_equal(pcache_take(&file.m, 3, 1, TAKE_CLEAN, &f), 0);

	/* Written to and failed again, while being written. */
	wb_start(&file.m, 3, 3);
	fill(3, 34);
	expect_totals(1, 1);
	memdisk.fail_writes = 1;
	memfile_finish();
	expect_totals(0, 0);
	assert_int_equal(wberr_check(&file.m, &seen), -EIO);

	assert_int_equal(wb_start(&file.m, 0, ~0u), 1);                 /* sync tries again */
	wb_wait(&file.m, 0, ~0u);
	assert_true(on_disk(3, 34));
	assert_false(flags(3) & (FR_DIRTY | FR_ERROR));
	assert_int_equal(wberr_check(&file.m, &seen), 0);
	end();
}

/* A page that failed goes with its file, and the sums stay right. */
static void test_error_truncate(void **state)
{
	(void)state;
	begin(2048, 20);
	fill(3, 33);
	wb_start(&file.m, 0, ~0u);
	memdisk.fail_writes = 1;
	memfile_finish();
	assert_int_equal(pcache_truncate(&file.m, 0), 0);
	expect_totals(0, 0);
	assert_int_equal(file.m.ndirty, 0);
	end();
}

/* ---- the throttle, sync, the flusher's list ---- */

static void test_balance(void **state)
{
	uint32_t most = 0;

	(void)state;
	begin(512, 300);
	for (pgoff_t i = 0; i < 300; i++) {
		fill(i, 5);
		wb_balance(&file.m);
		most = MAX(most, pcache_totals().dirty + pcache_totals().writeback);
	}
	assert_true(most <= 512 / 4 + 1);       /* a bounded part of memory */
	assert_true(most > 512 / 16);           /* but writers are not held up for nothing */
	end();
}

static void test_sync_all(void **state)
{
	(void)state;
	begin(2048, 50);
	memfile_init(&other, 50);
	for (pgoff_t i = 0; i < 50; i += 3) {
		fill(i, 7);
		assert_int_equal(memfile_fill(&other, i + 1, 8), 0);
	}
	wb_sync_all();
	expect_totals(0, 0);
	for (pgoff_t i = 0; i < 48; i += 3) {
		assert_true(on_disk(i, 7));
		assert_true(memfile_is(memdisk.disk[other.block[i + 1]], 8));
	}
	wb_sync_all();
	memfile_destroy(&other);                /* off the list: the next round must not meet it */
	memset(&other, 0x5A, sizeof(other));
	fill(1, 1);
	wb_sync_all();
	assert_true(on_disk(1, 1));
	end();
}

/* ---- mapped pages ---- */

static struct pagetable pt;

/* Page @i of the file, mapped writable at 4 KiB * @i, as the fault leaves it. */
static void map(pgoff_t i)
{
	struct frame *f = pcache_find_one(&file.m, i);

	pt_map(&pt, pt_entry(&pt, i * PAGE_SIZE), f, PROT_READ | PROT_WRITE);
}

/* A page being written is write-protected first, so that the next store is noticed; private copies are left alone. */
static void test_mapped(void **state)
{
	struct tlb_batch b = tlb_begin(&pt);
	struct vma v = { .start = 0x1000, .end = 0x5000, .mapping = &file.m, .pgoff = 1, .pt = &pt };
	struct frame *private;

	(void)state;
	begin(2048, 10);
	assert_int_equal(pt_create(&pt), 0);
	b = tlb_begin(&pt);
	rmap_link(&v);
	for (pgoff_t i = 0; i < 6; i++) {
		fill(i, 3);
	}
	map(1);
	map(2);
	private = memfile_frame(1);
	pt_map(&pt, pt_entry(&pt, 0x3000), private, PROT_READ | PROT_WRITE);
	fake_mmu.cr3 = pt.cr3;
	wb_start(&file.m, 0, ~0u);
	assert_false(pt_lookup(&pt, 0x1000, NULL) & PTE_WRITE);
	assert_false(pt_lookup(&pt, 0x2000, NULL) & PTE_WRITE);
	assert_true(pt_lookup(&pt, 0x3000, NULL) & PTE_WRITE);
	assert_true(fake_mmu.invlpgs + fake_mmu.loads > 0);
	wb_wait(&file.m, 0, ~0u);

	*pt_walk(&pt, 0x2000, false) |= PTE_ACCESSED;
	assert_true(rmap_referenced(&file.m, 2));
	assert_false(rmap_referenced(&file.m, 2));
	assert_false(rmap_referenced(&file.m, 9));

	assert_int_equal(pcache_truncate(&file.m, 2 * PAGE_SIZE), 0);
	assert_true(pt_lookup(&pt, 0x1000, NULL) & PTE_PRESENT);
	assert_int_equal(pt_lookup(&pt, 0x2000, NULL), 0);
	assert_true(pt_lookup(&pt, 0x3000, NULL) & PTE_PRESENT);
	fake_mmu.cr3 = 0;
	pt_unmap(&pt, 0, 16, &b);
	rmap_unlink(&v);
	pt_destroy(&pt);
	memfile_free_blocks(&file, 2);
	end();
}

/* ---- random: writers, flusher, syncs and errors; at the end the disk is right ---- */

static void test_random(void **state)
{
	unsigned char byte[MEMFILE_PAGES];
	uint32_t seen = 0;

	(void)state;
	host_seed();
	begin(2048, 200);
	for (pgoff_t i = 0; i < 200; i++) {
		byte[i] = memfile_byte(i);
	}
	for (unsigned step = 0; step < 8000; step++) {
		pgoff_t i = host_random(200), last = i + host_random(200 - i);

		switch (host_random(8)) {
		case 0: wb_start(&file.m, i, last); break;
		case 1: wb_start_background(&file.m); break;
		case 2: memfile_step(NULL); break;
		case 3:
			memdisk.fail_writes = host_random(10) == 0;
			break;
		case 4:
			memdisk.fail_writes = 0;
			wb_start(&file.m, i, last);
			wb_wait(&file.m, i, last);
			for (; i <= last; i++) {
				assert_true(on_disk(i, byte[i]));
			}
			break;
		default:
			byte[i] = (unsigned char)step;
			fill(i, byte[i]);
			break;
		}
		memfile_check();
	}
	(void)wberr_check(&file.m, &seen);
	assert_int_equal(wberr_check(&file.m, &seen), 0);
	memdisk.fail_writes = 0;
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_wait), cmocka_unit_test(test_tail),
		cmocka_unit_test(test_f01_range),
		cmocka_unit_test(test_dirty_again),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_f05_wait_ends),
		cmocka_unit_test(test_f03_error),
		cmocka_unit_test(test_error_truncate),
		cmocka_unit_test(test_balance),
		cmocka_unit_test(test_sync_all),
		cmocka_unit_test(test_mapped),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
