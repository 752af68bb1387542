/*
 * Cases of moving that only the kernel's own state can show: what a frame is in the middle of, whose it is, and what
 * it remembers of its former life.  (W6, W16, W19, W20, W21, F5)
 */
#include "tests/host/moving.h"

#include "mm/cache/rmap.h"

static struct frame *page_of(struct memfile *file, pgoff_t i)
{
	struct frame *f = pcache_find_one(&file->m, i);

	if (f) {
		frame_put(f);
	}
	return f;
}

static bool on_disk(struct memfile *file, pgoff_t i, unsigned char byte)
{
	return memfile_is(memdisk.disk[file->block[i]], byte);
}

/* Move one anonymous page full of @byte to page @i of dst. */
static void move_byte(unsigned char byte, pgoff_t i)
{
	store(space, AT_ANON, byte);
	assert_int_equal(mwrite(space, AT_ANON, 1, &dst.m, i), 1);
}

/* ---- W6: the destination's page is dirty, or on its way to the disk ---- */

static void test_w06_destination_dirty(void **state)
{
	struct frame *old;

	(void)state;
	begin(2048);
	assert_int_equal(memfile_fill(&dst, 0, 1), 0);
	old = page_of(&dst, 0);
	move_byte(2, 0);
	assert_ptr_not_equal(page_of(&dst, 0), old);
	assert_null(old->mapping);
	check();
	wb_start(&dst.m, 0, PGOFF_LAST);
	memfile_finish();
	assert_true(on_disk(&dst, 0, 2));
	assert_int_equal(dst.writes, 1);
	end();
}

/* The device is fetching the page: it cannot be replaced, so the bytes go into it, and it is written again. */
static void test_w06_destination_under_writeback(void **state)
{
	uint64_t copies;
	struct frame *old;

	(void)state;
	begin(2048);
	assert_int_equal(memfile_fill(&dst, 0, 1), 0);
	assert_int_equal(wb_start(&dst.m, 0, 0), 1);
	old = page_of(&dst, 0);
	assert_true(frame_is(old, FR_WRITEBACK));
	copies = count_read(C_FALLBACK_TARGET);
	move_byte(2, 0);
	assert_ptr_equal(page_of(&dst, 0), old);
	assert_int_equal(count_read(C_FALLBACK_TARGET) - copies, 1);
	assert_true(frame_is(old, FR_DIRTY));
	assert_int_equal(load(space, AT_ANON), 0);
	memfile_finish();
	assert_true(frame_is(old, FR_DIRTY));
	assert_int_equal(file_byte(&dst, 0), 2);
	wb_start(&dst.m, 0, PGOFF_LAST);
	memfile_finish();
	assert_true(on_disk(&dst, 0, 2));
	assert_int_equal(dst.writes, 2);
	end();
}

/* ---- W16: somebody else has a share of the range while mwrite sleeps ---- */

static struct space *sibling;
static unsigned sibling_steps;

/* The sibling reads, writes, has a child of its own, and goes, one thing each time that mwrite waits for the disk. */
static bool sibling_runs(void *ctx)
{
	(void)ctx;
	this_cpu()->irq_depth--;                        /* a task, not an interrupt */
	if (sibling && sibling_steps < 4) {
		struct space *grandchild = space_fork(sibling);

		assert_non_null(grandchild);
		assert_int_equal(load(sibling, AT_UNCACHED + sibling_steps * PAGE_SIZE), 100 + sibling_steps);
		store(sibling, AT_UNCACHED + sibling_steps * PAGE_SIZE, 200);
		store(grandchild, AT_UNCACHED + sibling_steps * PAGE_SIZE, 201);
		assert_int_equal(load(sibling, AT_UNCACHED + sibling_steps * PAGE_SIZE), 200);
		space_put(grandchild);
		sibling_steps++;
	} else if (sibling) {
		space_put(sibling);
		sibling = NULL;
	}
	this_cpu()->irq_depth++;
	return memfile_step(NULL);
}

/* Pages 0 to 7 are ours and the sibling's, the rest comes from the disk, in several requests. */
static void test_w16_sibling_meanwhile(void **state)
{
	(void)state;
	begin(2048);
	for (unsigned k = 0; k < 8; k++) {
		store(space, AT_UNCACHED + k * PAGE_SIZE, (unsigned char)(100 + k));
	}
	memfile_finish();
	pcache_drop_clean(&src.m);
	sibling = space_fork(space);
	assert_non_null(sibling);
	sibling_steps = 0;
	fake_set_world(sibling_runs, NULL);
	assert_int_equal(mwrite(space, AT_UNCACHED, SRC_PAGES, &dst.m, 0), SRC_PAGES);
	assert_true(sibling_steps > 0);
	for (pgoff_t i = 0; i < SRC_PAGES; i++) {
		assert_int_equal(file_byte(&dst, i), i < 8 ? 100 + i : memfile_byte(i));
		assert_int_equal(file_byte(&src, i), memfile_byte(i));
	}
	fake_set_world(memfile_step, NULL);
	if (sibling) {
		space_put(sibling);
	}
	end();
}

/* ---- W19: every name has one frame, every frame one name ---- */

static unsigned char seen[1u << 16];

/* From the names' side; pcache_check() and frame_check() look from the frames'. */
static unsigned see_names(struct memfile *file)
{
	unsigned n = 0;

	for (pgoff_t i = 0; i < MEMFILE_PAGES; i++) {
		struct frame *f = page_of(file, i);

		if (f) {
			assert_ptr_equal(f->mapping, &file->m);
			assert_int_equal(f->index, i);
			assert_int_equal(seen[frame_pfn(f)]++, 0);
			n++;
		}
	}
	return n;
}

/* Then all of memory: whoever says that he has a name was seen, and who has none was not. */
static void scan_memory(void)
{
	unsigned named = 0;

	assert_true(nframes <= ARRAY_SIZE(seen));
	memset(seen, 0, sizeof(seen));
	named = see_names(&src) + see_names(&dst);
	for (pfn_t pfn = 0; pfn < nframes; pfn++) {
		struct frame *f = pfn_frame(pfn);

		assert_int_equal(seen[pfn], f->mapping != NULL);
		assert_true(!f->mapping || atomic_read(&f->refs) > 0);
		named -= f->mapping != NULL;
	}
	assert_int_equal(named, 0);
	check();
}

static void some_move(void)
{
	unsigned k = host_random(SRC_PAGES), n = 1 + host_random(SRC_PAGES - k);
	struct memfile *to = host_random(3) ? &dst : &src;
	uva_t from = host_random(2) ? AT_UNCACHED : AT_ANON;
	int moved;

	for (unsigned j = 0; j < n; j += 1 + host_random(4)) {
		if (host_random(2)) {
			store(space, from + (k + j) * PAGE_SIZE, (unsigned char)j);
		} else {
			load(space, from + (k + j) * PAGE_SIZE);
		}
	}
	moved = mwrite(space, from + k * PAGE_SIZE, n, &to->m, host_random(SRC_PAGES - n + 1));
	assert_true(moved > 0 || moved == -EINVAL);     /* an overlap within the source */
}

static void test_w19_whole_memory_scan(void **state)
{
	(void)state;
	host_seed();
	begin(2048);
	for (unsigned step = 0; step < 600; step++) {
		some_move();
		scan_memory();
		if (step % 4 == 0) {
			wb_start(host_random(2) ? &src.m : &dst.m, 0, PGOFF_LAST);
		}
		memfile_step(NULL);
		scan_memory();
		if (step % 16 == 0) {
			assert_int_equal(pcache_truncate(&dst.m, host_random(DST_PAGES) * PAGE_SIZE), 0);
			memfile_free_blocks(&dst, size_pages(dst.m.size));
			scan_memory();
		}
	}
	end();
}

/* ---- W20: the device works on a frame: nobody may have it for anything else ---- */

static bool in_transfer(const struct frame *f)
{
	for (unsigned r = 0; r < memdisk.pending; r++) {
		for (unsigned k = 0; k < memdisk.request[r].n; k++) {
			if (memdisk.request[r].frame[k] == f) {
				return true;
			}
		}
	}
	return false;
}

/* Whoever could, would have it: ask for all the memory there is, and look what comes. */
static void nobody_gets_it(void)
{
	static struct frame *all[1u << 12];
	unsigned n = frame_alloc_many(all, ARRAY_SIZE(all), ALLOC_ATOMIC);

	assert_true(memdisk.pending > 0 && n > 0 && n < ARRAY_SIZE(all));
	for (unsigned k = 0; k < n; k++) {
		assert_false(in_transfer(all[k]));
		memset(frame_data(all[k]), 0xDD, PAGE_SIZE);
	}
	frame_put_many(all, n);
}

static bool slow_disk(void *ctx)
{
	if (memdisk.pending > 0) {
		nobody_gets_it();
	}
	return memfile_step(ctx);
}

/* What may happen to dst, or to whom has it mapped, while its pages are transferred. */
static void cut_off(void)
{
	assert_int_equal(pcache_truncate(&dst.m, 0), 0);
	memfile_free_blocks(&dst, 0);
}

static void move_over(void)
{
	for (unsigned k = 0; k < 8; k++) {
		store(space, AT_ANON + k * PAGE_SIZE, 9);
	}
	assert_int_equal(mwrite(space, AT_ANON, 8, &dst.m, 0), 8);
}

static void move_away(void)
{
	map(space, 0x70000000, 8, &pager_uncached, &dst);
	assert_int_equal(mwrite(space, 0x70000000, 8, &src.m, 0), 8);
}

static void steal_and_unmap(void)
{
	map(space, 0x70000000, 8, &pager_uncached, &dst);
	for (unsigned k = 0; k < 8; k++) {
		load(space, 0x70000000 + k * PAGE_SIZE);
	}
	assert_int_equal(space_unmap(space, 0x70000000, 8 * PAGE_SIZE), 0);
}

static void evict(void)
{
	pcache_drop_clean(&dst.m);
	reclaim_idle(64, true);
}

static void map_and_exit(void)
{
	struct space *other = space_create();

	assert_non_null(other);
	map(other, 0x70000000, 8, &pager_shared, &dst);
	for (unsigned k = 0; k < 8; k++) {
		store(other, 0x70000000 + k * PAGE_SIZE, 5);
	}
	wb_start(&dst.m, 0, PGOFF_LAST);
	space_put(other);
}

static void (*const disturbances[])(void) = {
	cut_off, move_over, move_away, steal_and_unmap, evict, map_and_exit,
};

/* Eight pages of dst, dirty. */
static void fill_dst(void)
{
	for (pgoff_t i = 0; i < 8; i++) {
		assert_int_equal(memfile_fill(&dst, i, 3), 0);
	}
}

static void disturb(void (*disturbance)(void))
{
	assert_true(memdisk.pending > 0);
	nobody_gets_it();
	fake_set_world(slow_disk, NULL);
	disturbance();
	if (memdisk.pending > 0) {
		nobody_gets_it();
	}
	memfile_finish();
	scan_memory();
	end();
}

static void test_w20_freed_while_written(void **state)
{
	(void)state;
	host_seed();
	for (unsigned k = 0; k < ARRAY_SIZE(disturbances); k++) {
		begin(1024);
		fill_dst();
		assert_int_equal(wb_start(&dst.m, 0, PGOFF_LAST), 8);
		disturb(disturbances[k]);
	}
}

static void test_w20_freed_while_read(void **state)
{
	(void)state;
	host_seed();
	for (unsigned k = 0; k < ARRAY_SIZE(disturbances); k++) {
		begin(1024);
		fill_dst();
		wb_start(&dst.m, 0, PGOFF_LAST);
		memfile_finish();
		pcache_drop_clean(&dst.m);
		assert_int_equal(dst.m.nframes, 0);
		ra_start(&dst.m, 0, 8, FR_AHEAD, ALLOC_WAIT);
		disturb(disturbances[k]);
	}
}

/* ---- W21: what a frame was called, and what was said of it, does not go with it ---- */

/* Everything that can be said of an idle, clean page of the cache besides that it is up to date. */
static const uint32_t sayings[] = { FR_ERROR, FR_MARK, FR_AHEAD, FR_REFERENCED, FR_FIRSTOUT };

/* Page @i of src, clean, with @bit set. */
static struct frame *marked(pgoff_t i, uint32_t bit)
{
	struct frame *f;

	assert_int_equal(file_byte(&src, i), memfile_byte(i));
	memfile_finish();
	f = page_of(&src, i);
	if (bit == FR_FIRSTOUT) {               /* is counted, so it is set in the way of the house */
		assert_int_equal(pcache_take(&src.m, i, 1, TAKE_CLEAN, &f), 1);
		assert_int_equal(pcache_reserve(&src.m, i, 1), 0);
		assert_int_equal(pcache_give(&src.m, i, &f, 1, FR_UPTODATE | FR_FIRSTOUT), 1);
		pcache_unreserve(&src.m, i, 1);
		f->place = src.block[i];
	}
	frame_set(f, bit);
	return f;
}

static void check_fresh(const struct frame *f)
{
	assert_null(f->mapping);
	assert_int_equal(f->index, 0);
	assert_int_equal(f->place, 0);
	assert_int_equal(f->flags & ~(uint32_t)FR_LOCKED, FR_UPTODATE);
}

static void lose_by_take(pgoff_t i, uint32_t bit)
{
	struct frame *was = marked(i, bit), *f;

	assert_int_equal(pcache_take(&src.m, i, 1, TAKE_CLEAN, &f), 1);
	assert_ptr_equal(f, was);
	check_fresh(f);
	frame_put(f);
	assert_int_equal(f->flags, 0);
}

static void lose_by_steal(pgoff_t i, uint32_t bit)
{
	struct frame *f = marked(i, bit);

	frame_get(f);
	frame_lock(f);
	assert_int_equal(pcache_steal(f), 0);
	check_fresh(f);
	frame_unlock(f);
	frame_put(f);
}

static void lose_by_forget(pgoff_t i, uint32_t bit)
{
	struct frame *f = marked(i, bit);

	frame_get(f);
	frame_lock(f);
	pcache_forget(f);
	check_fresh(f);
	frame_unlock(f);
	frame_put(f);
}

static void lose_by_replace(pgoff_t i, uint32_t bit)
{
	struct frame *was = marked(i, bit), *new = memfile_frame(memfile_byte(i)), *old;

	new->place = src.block[i];
	assert_int_equal(pcache_replace(&src.m, i, &new, 1, FR_UPTODATE | FR_DIRTY, &old), 1);
	assert_ptr_equal(old, was);
	check_fresh(old);
	assert_int_equal(new->flags, FR_UPTODATE | FR_DIRTY);
	frame_put(old);
}

/* A fault takes it, and then it is somebody's memory. */
static void lose_by_fault(pgoff_t i, uint32_t bit)
{
	struct frame *f = marked(i, bit);
	uva_t va = AT_UNCACHED + i * PAGE_SIZE;

	assert_ptr_equal(touch(space, va, true), f);
	check_fresh(f);
	assert_int_equal(space_unmap(space, va, PAGE_SIZE), 0);
	assert_int_equal(f->flags, 0);
	map(space, va, 1, &pager_uncached, &src);
}

/* In its new file only what is true there is said of it. */
static void lose_by_mwrite(pgoff_t i, uint32_t bit)
{
	struct frame *f = marked(i, bit);

	assert_int_equal(mwrite(space, AT_UNCACHED + i * PAGE_SIZE, 1, &dst.m, i), 1);
	assert_ptr_equal(page_of(&dst, i), f);
	assert_int_equal(f->flags, FR_UPTODATE | FR_DIRTY | FR_FIRSTOUT);
	assert_int_equal(f->place, dst.block[i]);
}

static void test_w21_flags_of_a_lost_name(void **state)
{
	static void (*const ways[])(pgoff_t i, uint32_t bit) = {
		lose_by_take, lose_by_steal, lose_by_forget, lose_by_replace, lose_by_fault, lose_by_mwrite,
	};

	(void)state;
	for (unsigned w = 0; w < ARRAY_SIZE(ways); w++) {
		begin(1024);
		for (unsigned b = 0; b < ARRAY_SIZE(sayings); b++) {
			ways[w](7 * b, sayings[b]);
			scan_memory();
		}
		end();
	}
}

/* The bits that say that somebody is at work: such a page does not get lost at all. */
static void test_w21_busy_pages_stay(void **state)
{
	struct frame *f, *out;

	(void)state;
	begin(1024);
	f = marked(0, FR_LOCKED);
	assert_int_equal(pcache_take(&src.m, 0, 1, TAKE_ANY, &out), 0);
	frame_unlock(f);
	assert_int_equal(memfile_fill(&src, 0, 1), 0);
	f = page_of(&src, 0);
	assert_int_equal(pcache_take(&src.m, 0, 1, TAKE_CLEAN, &out), 0);
	wb_start(&src.m, 0, 0);
	assert_true(frame_is(f, FR_WRITEBACK));
	assert_int_equal(pcache_take(&src.m, 0, 1, TAKE_ANY, &out), 0);
	assert_ptr_equal(page_of(&src, 0), f);
	end();
}

/* ---- F5: the whole of it, start and wait, while a writer and the flusher work on the same pages ---- */

static unsigned rewritten;

static bool writer_and_flusher(void *ctx)
{
	if (!memfile_step(ctx)) {
		return false;
	}
	assert_true(++rewritten < 1000);                /* it does not end */
	this_cpu()->irq_depth--;
	for (pgoff_t i = 0; i < 20; i++) {
		struct frame *f = page_of(&dst, i);

		if (!frame_is(f, FR_WRITEBACK | FR_DIRTY | FR_LOCKED)) {
			assert_int_equal(memfile_fill(&dst, i, (unsigned char)rewritten), 0);
		}
	}
	wb_start_background(&dst.m);
	for (pgoff_t i = 0; i < 20; i++) {
		assert_int_equal(memfile_fill(&dst, i, (unsigned char)rewritten), 0);
	}
	this_cpu()->irq_depth++;
	return true;
}

static void test_f05_sync_ends(void **state)
{
	(void)state;
	host_seed();
	begin(1024);
	for (pgoff_t i = 0; i < 20; i++) {
		assert_int_equal(memfile_fill(&dst, i, 1), 0);
	}
	wb_start(&dst.m, 0, 9);
	for (pgoff_t i = 0; i < 20; i++) {
		assert_int_equal(memfile_fill(&dst, i, 2), 0);
	}
	rewritten = 0;
	fake_set_world(writer_and_flusher, NULL);
	wb_start(&dst.m, 0, 19);
	wb_wait(&dst.m, 0, 19);
	for (pgoff_t i = 0; i < 20; i++) {              /* what was there when it was called, or newer */
		assert_false(on_disk(&dst, i, 1));
	}
	fake_set_world(memfile_step, NULL);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_w06_destination_dirty),
		cmocka_unit_test(test_w06_destination_under_writeback),
		cmocka_unit_test(test_w16_sibling_meanwhile),
		cmocka_unit_test(test_w19_whole_memory_scan),
		cmocka_unit_test(test_w20_freed_while_written),
		cmocka_unit_test(test_w20_freed_while_read),
		cmocka_unit_test(test_w21_flags_of_a_lost_name),
		cmocka_unit_test(test_w21_busy_pages_stay),
		cmocka_unit_test(test_f05_sync_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
