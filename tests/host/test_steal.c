/*
 * Faults that steal, where only the kernel sees what happens: the page changes hands between the moment in which
 * the fault found it and the one in which it would take it.
 *
 * One task, so "meanwhile" is the world's step: what another process or a device does while the fault sleeps.
 */
#include "tests/host/memfile.h"

#include "kernel/counters.h"
#include "mm/cache/readahead.h"
#include "mm/space/space.h"

enum { PAGES = 20, AT = 0x40000000, PAGE_2 = AT + 2 * PAGE_SIZE };

static struct memfile file;
static struct space *space;

static void hold(struct mapping *m)
{
	(void)m;
}

static const struct mapping_ops ops = {
	.prepare = memfile_prepare, .read = memfile_read, .write = memfile_write, .hold = hold, .drop = hold,
};

static void begin(void)
{
	struct map_request r = {
		.at = AT, .len = PAGES * PAGE_SIZE, .prot = PROT_READ | PROT_WRITE, .flags = VMA_MAYWRITE,
		.fixed = true, .pager = &pager_uncached, .mapping = &file.m,
	};
	uva_t got;

	memfile_begin(2048);
	memfile_init(&file, PAGES);
	file.m.ops = &ops;
	space = space_create();
	assert_non_null(space);
	assert_int_equal(space_map(space, &r, &got), 0);
}

static void end(void)
{
	memfile_check();
	assert_int_equal(space_check(space, memory_report), 0);
	space_put(space);
	memfile_destroy(&file);
	memfile_finish_test();
}

/* The frame behind @va, or NULL. */
static struct frame *mapped(uva_t va)
{
	struct frame *f;

	if (!pt_lookup(&space->pt, va, &f)) {
		return NULL;
	}
	frame_put(f);           /* the entry keeps it */
	return f;
}

/* Page 2 in the cache; the reference is not kept. */
static struct frame *warm(void)
{
	struct frame *f;

	assert_int_equal(pcache_get(&file.m, NULL, 2, &f), 0);
	frame_put(f);
	return f;
}

static struct frame *cached(void)
{
	struct frame *f = pcache_find_one(&file.m, 2);

	if (f) {
		frame_put(f);
	}
	return f;
}

static void disk_has(pgoff_t i, unsigned char byte)
{
	wb_start(&file.m, 0, ~0u);
	wb_wait(&file.m, 0, ~0u);
	memfile_finish();
	assert_true(memfile_is(memdisk.disk[file.block[i]], byte));
}

/* ---- what happens while the fault sleeps ---- */

static void (*meanwhile)(void);         /* once, as soon as nothing is being read */

static bool step(void *ctx)
{
	bool moved = memfile_step(ctx);

	if (memdisk.pending == 0 && meanwhile) {
		void (*fn)(void) = meanwhile;

		meanwhile = NULL;
		fn();
		moved = true;
	}
	return moved;
}

/* Touch page 2, which is cold or locked, while @fn happens. */
static enum fault_result touch_while(void (*fn)(void), bool write)
{
	enum fault_result r;

	meanwhile = fn;
	fake_set_world(step, NULL);
	fake_sleeps = 0;
	r = fault_handle(space, PAGE_2, write);
	assert_null((void *)meanwhile);         /* it did sleep */
	assert_true(fake_sleeps > 0);
	return r;
}

static void somebody_writes(void)
{
	assert_int_equal(memfile_fill(&file, 2, 77), 0);
}

/* ---- the cases ---- */

static void test_s05_dirtied_before_it_is_taken(void **state)
{
	(void)state;
	for (int write = 0; write < 2; write++) {
		begin();
		assert_int_equal(touch_while(somebody_writes, write), FAULT_OK);
		assert_int_equal(count_read(C_FALLBACK_DIRTY), 1);
		assert_int_equal(count_read(C_FRAMES_STOLEN), 0);
		assert_non_null(cached());
		assert_true(frame_is(cached(), FR_DIRTY));
		assert_true((mapped(PAGE_2) == cached()) == !write);
		assert_true(memfile_is(frame_data(mapped(PAGE_2)), 77));
		disk_has(2, 77);
		end();
	}
}

/* write(2) has the frame lock, and the page changes while the fault waits for that. */
static void writer_is_through(void)
{
	struct frame *f = cached();

	memset(frame_data(f), 78, PAGE_SIZE);
	pcache_dirty(f);
	frame_unlock(f);
}

static void test_s05_dirtied_under_the_lock(void **state)
{
	struct frame *f;

	(void)state;
	begin();
	f = warm();
	frame_lock(f);
	assert_int_equal(touch_while(writer_is_through, true), FAULT_OK);
	assert_int_equal(count_read(C_FALLBACK_DIRTY), 1);
	assert_ptr_equal(cached(), f);
	assert_true(memfile_is(frame_data(mapped(PAGE_2)), 78));
	disk_has(2, 78);
	end();
}

/* Clean when it was looked at by the fault, dirty when it is looked at under the lock. */
static void test_s05_dirtied_after_it_was_found(void **state)
{
	struct frame *f;

	(void)state;
	begin();
	assert_int_equal(pcache_get(&file.m, NULL, 2, &f), 0);
	assert_false(frame_is(f, FR_DIRTY));
	somebody_writes();
	frame_lock(f);
	assert_int_equal(pcache_steal(f), -EBUSY);
	assert_ptr_equal(f->mapping, &file.m);
	frame_unlock(f);
	disk_has(2, 77);
	frame_lock(f);
	assert_int_equal(pcache_steal(f), 0);   /* clean again, and the disk has it */
	frame_unlock(f);
	frame_put(f);
	end();
}

/* It sleeps, and sleeps no longer than the transfer. */
static void test_s06_waits_for_the_read(void **state)
{
	struct frame *f;

	(void)state;
	begin();
	assert_int_equal(ra_start(&file.m, 2, 1, FR_AHEAD, ALLOC_HINT), 1);
	f = cached();
	assert_true(f && frame_is(f, FR_LOCKED));
	fake_sleeps = 0;
	assert_int_equal(fault_handle(space, PAGE_2, true), FAULT_OK);
	assert_int_equal(fake_sleeps, 1);
	assert_ptr_equal(mapped(PAGE_2), f);
	assert_true(memfile_is(frame_data(f), memfile_byte(2)));
	assert_int_equal(file.reads, 1);
	end();
}

/* A frame whose read failed has somebody's old bytes: it is not mapped. */
static void test_s07_read_error(void **state)
{
	(void)state;
	begin();
	memdisk.fail_reads = PAGES;
	assert_int_equal(fault_handle(space, PAGE_2, false), FAULT_BUS);
	assert_null(mapped(PAGE_2));
	assert_int_equal(count_read(C_FRAMES_STOLEN), 0);
	memfile_finish();
	memdisk.fail_reads = 0;
	assert_int_equal(fault_handle(space, PAGE_2, false), FAULT_OK);
	assert_true(memfile_is(frame_data(mapped(PAGE_2)), memfile_byte(2)));
	end();
}

/* read() holds a reference while it copies: what it copies from stays the file's. */
static void test_s08_read_in_the_middle(void **state)
{
	struct frame *reader;

	(void)state;
	begin();
	assert_int_equal(pcache_get(&file.m, NULL, 2, &reader), 0);
	assert_int_equal(fault_handle(space, PAGE_2, true), FAULT_OK);
	assert_int_equal(count_read(C_FALLBACK_BUSY), 1);
	assert_ptr_not_equal(mapped(PAGE_2), reader);
	memset(frame_data(mapped(PAGE_2)), 99, PAGE_SIZE);
	assert_ptr_equal(cached(), reader);
	assert_true(memfile_is(frame_data(reader), memfile_byte(2)));
	frame_put(reader);
	end();
}

static void somebody_truncates(void)
{
	assert_int_equal(pcache_truncate(&file.m, 2 * PAGE_SIZE), 0);
	memfile_free_blocks(&file, 2);
}

/* Cut off while the fault slept: no page, no access past the end; the frame is freed once, says end(). */
static void test_s09_truncated_meanwhile(void **state)
{
	(void)state;
	for (int write = 0; write < 2; write++) {
		begin();
		assert_int_equal(touch_while(somebody_truncates, write), FAULT_BUS);
		assert_null(mapped(PAGE_2));
		assert_null(cached());
		assert_int_equal(count_read(C_FRAMES_STOLEN), 0);
		end();
	}
}

/* What a truncation does with a page whose lock it has. */
static void cut_under_the_lock(void)
{
	struct frame *f = pcache_find_one(&file.m, 2);

	pcache_set_size(&file.m, 2 * PAGE_SIZE);
	pcache_forget(f);
	frame_unlock(f);
	frame_put(f);
}

/* The fault has found the frame and waits for its lock; when it gets that, the frame is nobody's page. */
static void test_s09_truncated_under_the_lock(void **state)
{
	struct frame *f;

	(void)state;
	begin();
	f = warm();
	frame_lock(f);
	assert_int_equal(touch_while(cut_under_the_lock, true), FAULT_BUS);
	assert_null(mapped(PAGE_2));
	assert_int_equal(count_read(C_FRAMES_STOLEN), 0);
	assert_int_equal(atomic_read(&f->refs), 0);     /* free, once */
	memfile_free_blocks(&file, 2);
	end();
}

/* Cut and grown again: the page is a hole now. */
static void cut_and_grown_under_the_lock(void)
{
	cut_under_the_lock();
	memfile_free_blocks(&file, 2);
	assert_int_equal(pcache_extend(&file.m, PAGES * PAGE_SIZE), 0);
}

/* The frame that the fault has waited for holds what the file had: nobody may see that any more. */
static void test_s09_cut_and_grown_again(void **state)
{
	(void)state;
	begin();
	frame_lock(warm());
	assert_int_equal(touch_while(cut_and_grown_under_the_lock, false), FAULT_OK);
	assert_true(memfile_is(frame_data(mapped(PAGE_2)), 0));
	end();
}

/* The size has changed, but this page is still there: truncate waits for the lock that the fault has. */
static void size_changes_under_the_lock(void)
{
	pcache_set_size(&file.m, 2 * PAGE_SIZE);
	frame_unlock(cached());
}

static void test_s09_not_past_the_new_end(void **state)
{
	(void)state;
	begin();
	frame_lock(warm());
	assert_int_equal(touch_while(size_changes_under_the_lock, true), FAULT_BUS);
	assert_null(mapped(PAGE_2));
	pcache_set_size(&file.m, PAGES * PAGE_SIZE);
	end();
}

/* Stolen first, cut off then: the file has no claim on it any more. */
static void test_s09_truncated_afterwards(void **state)
{
	struct frame *f;

	(void)state;
	begin();
	f = warm();
	assert_int_equal(fault_handle(space, PAGE_2, true), FAULT_OK);
	assert_ptr_equal(mapped(PAGE_2), f);
	somebody_truncates();
	assert_ptr_equal(mapped(PAGE_2), f);
	assert_true(frame_sole(f) && !f->mapping);
	assert_true(memfile_is(frame_data(f), memfile_byte(2)));
	end();
}

/* Both found it; while both hold it nobody can take it; the one that stays gets it, the other finds no name. */
static void test_s10_two_stealers(void **state)
{
	struct frame *one, *two;

	(void)state;
	begin();
	assert_int_equal(pcache_get(&file.m, NULL, 2, &one), 0);
	assert_int_equal(pcache_get(&file.m, NULL, 2, &two), 0);
	assert_ptr_equal(one, two);
	frame_lock(one);
	assert_int_equal(pcache_steal(one), -EBUSY);
	frame_unlock(one);
	frame_put(one);
	frame_lock(two);
	assert_int_equal(pcache_steal(two), 0);
	assert_null(cached());
	frame_unlock(two);
	frame_put(two);
	assert_int_equal(count_read(C_FRAMES_STOLEN), 1);
	end();
}

static void another_steals(void)
{
	struct frame *f;

	assert_int_equal(pcache_take(&file.m, 2, 1, TAKE_CLEAN, &f), 0);        /* the sleeper holds it */
	f = pcache_find_one(&file.m, 2);
	assert_non_null(f);
	pcache_drop_clean(&file.m);
	assert_ptr_equal(cached(), f);
	frame_put(f);
}

/* The one that slept comes late, but nobody could take the page from under it. */
static void test_s10_late_stealer(void **state)
{
	(void)state;
	begin();
	assert_int_equal(touch_while(another_steals, true), FAULT_OK);
	assert_true(memfile_is(frame_data(mapped(PAGE_2)), memfile_byte(2)));
	assert_int_equal(count_read(C_FRAMES_STOLEN), 1);
	end();
}

/* No memory for a page table: the fault fails before the page has left the cache. */
static void test_s18_no_page_table(void **state)
{
	unsigned failed = 0;
	struct frame *f;

	(void)state;
	begin();
	f = warm();
	for (unsigned n = 1; !mapped(PAGE_2); n++) {
		enum fault_result r;

		frame_fail_nth(n);
		r = fault_handle(space, PAGE_2, true);
		frame_fail_nth(0);
		if (r != FAULT_OK) {
			assert_int_equal(r, FAULT_NOMEM);
			assert_ptr_equal(cached(), f);
			assert_true(frame_sole(f));
			failed++;
		}
		memfile_check();
	}
	assert_true(failed > 0);
	assert_ptr_equal(mapped(PAGE_2), f);
	end();
}

/* The page is not in the cache, or must be copied: each allocation on that way may fail too. */
static void test_s18_no_frame_for_the_page(void **state)
{
	(void)state;
	for (unsigned n = 1, done = 0; !done; n++) {
		enum fault_result r;

		begin();
		if (n % 2) {
			somebody_writes();
		}
		frame_fail_nth((n + 1) / 2);
		r = fault_handle(space, PAGE_2, true);
		frame_fail_nth(0);
		if (r != FAULT_OK) {
			assert_int_equal(r, FAULT_NOMEM);
			assert_null(mapped(PAGE_2));
		}
		done = r == FAULT_OK && n > 8;
		assert_int_equal(fault_handle(space, PAGE_2, true), FAULT_OK);
		assert_true(memfile_is(frame_data(mapped(PAGE_2)), n % 2 ? 77 : memfile_byte(2)));
		disk_has(2, n % 2 ? 77 : memfile_byte(2));
		end();
	}
}

/* ---- readahead, where the file goes while it is being read ---- */

/* Truncated with the transfer under way: who cuts waits, and the transfer's end finds what it began with. */
static void test_r06_truncated_in_flight(void **state)
{
	(void)state;
	begin();
	assert_int_equal(ra_start(&file.m, 0, PAGES, FR_AHEAD, ALLOC_HINT), PAGES);
	assert_true(memdisk.pending > 0);
	fake_sleeps = 0;
	assert_int_equal(pcache_truncate(&file.m, 0), 0);
	assert_true(fake_sleeps > 0);
	assert_int_equal(memdisk.pending, 0);
	assert_int_equal(file.m.nframes, 0);
	memfile_free_blocks(&file, 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_s05_dirtied_before_it_is_taken),
		cmocka_unit_test(test_s05_dirtied_under_the_lock),
		cmocka_unit_test(test_s05_dirtied_after_it_was_found),
		cmocka_unit_test(test_s06_waits_for_the_read),
		cmocka_unit_test(test_s07_read_error),
		cmocka_unit_test(test_s08_read_in_the_middle),
		cmocka_unit_test(test_s09_truncated_meanwhile),
		cmocka_unit_test(test_s09_truncated_under_the_lock),
		cmocka_unit_test(test_s09_cut_and_grown_again),
		cmocka_unit_test(test_s09_not_past_the_new_end),
		cmocka_unit_test(test_s09_truncated_afterwards),
		cmocka_unit_test(test_s10_two_stealers),
		cmocka_unit_test(test_s10_late_stealer),
		cmocka_unit_test(test_s18_no_page_table),
		cmocka_unit_test(test_s18_no_frame_for_the_page),
		cmocka_unit_test(test_r06_truncated_in_flight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
