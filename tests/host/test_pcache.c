/*
 * The page cache: find, give, take and their relatives one by one; then random operations on two files
 * against arrays, with transfers that end in any order, and some of them badly.
 */
#include "tests/host/memfile.h"

#include "kernel/counters.h"
#include "mm/cache/readahead.h"

static struct memfile file, other;

static void begin(unsigned pages)
{
	memfile_begin(2048);
	memfile_init(&file, pages);
}

static void end(void)
{
	memfile_destroy(&file);
	memfile_finish_test();
}

/* Page @i, read and referenced. */
static struct frame *get(pgoff_t i)
{
	struct frame *f;

	assert_int_equal(pcache_get(&file.m, NULL, i, &f), 0);
	assert_true(frame_is(f, FR_UPTODATE));
	assert_int_equal(f->index, i);
	return f;
}

static void read_all(unsigned pages)
{
	ra_start(&file.m, 0, pages, 0, ALLOC_WAIT);
	memfile_finish();
}

/* Name one frame; true if the slot was free. */
static bool give(struct mapping *m, pgoff_t i, struct frame *f, uint32_t flags)
{
	unsigned given;

	assert_int_equal(pcache_reserve(m, i, 1), 0);
	given = pcache_give(m, i, &f, 1, flags);
	pcache_unreserve(m, i, 1);
	return given == 1;
}

/* ---- find, get ---- */

static void test_find(void **state)
{
	struct frame *out[200], *f;

	(void)state;
	begin(200);
	assert_int_equal(pcache_find(&file.m, 0, 200, out), 0);
	assert_null(pcache_find_one(&file.m, 63));
	f = get(63);
	frame_put(f);
	f = get(64);
	assert_int_equal(atomic_read(&f->refs), 2);
	assert_int_equal(pcache_find(&file.m, 60, 100, out), 2);
	for (unsigned k = 0; k < 100; k++) {
		assert_true(!out[k] == (k != 3 && k != 4));
	}
	assert_ptr_equal(out[4], f);
	assert_int_equal(atomic_read(&f->refs), 3);
	frame_put_many(out, 100);
	frame_put(f);
	end();
}

static void test_get(void **state)
{
	struct frame *f;

	(void)state;
	begin(10);
	f = get(3);
	assert_true(memfile_is(frame_data(f), memfile_byte(3)));
	assert_int_equal(count_read(C_CACHE_MISSES), 1);
	frame_put(f);
	f = get(3);
	frame_put(f);
	assert_int_equal(count_read(C_CACHE_HITS), 1);
	assert_int_equal(file.reads, 1);
	assert_int_equal(pcache_get(&file.m, NULL, 10, &f), -ERANGE);
	assert_int_equal(pcache_get(&file.m, NULL, ~0u, &f), -ERANGE);

	memfile_free_blocks(&file, 5);          /* holes read as zeros, without the disk */
	f = get(7);
	assert_true(memfile_is(frame_data(f), 0));
	assert_int_equal(f->place, 0);
	frame_put(f);
	end();
}

/* An error is whose who waited; the next one who wants the page tries again. */
static void test_get_error(void **state)
{
	struct frame *f;

	(void)state;
	begin(10);
	memdisk.fail_reads = 1;
	assert_int_equal(pcache_get(&file.m, NULL, 3, &f), -EIO);
	f = pcache_find_one(&file.m, 3);
	assert_true(f && !frame_is(f, FR_UPTODATE | FR_LOCKED));
	frame_put(f);
	memdisk.fail_reads = 1;
	assert_int_equal(pcache_get(&file.m, NULL, 3, &f), -EIO);
	f = get(3);
	assert_true(memfile_is(frame_data(f), memfile_byte(3)));
	frame_put(f);
	end();
}

static void test_get_without_memory(void **state)
{
	struct frame *f;
	unsigned n;

	(void)state;
	begin(10);
	for (n = 1;; n++) {
		int err;

		frame_fail_nth(n);
		err = pcache_get(&file.m, NULL, 5, &f);
		frame_fail_nth(0);
		memfile_check();
		if (err == 0) {
			break;
		}
		assert_int_equal(err, -ENOMEM);
		assert_null(pcache_find_one(&file.m, 5));
	}
	assert_true(n > 1);             /* it did fail, at least once */
	frame_put(f);
	end();
}

/* ---- give ---- */

static void test_give(void **state)
{
	struct frame *f[100], *in_the_way;

	(void)state;
	begin(150);
	in_the_way = get(90);
	for (unsigned k = 0; k < 100; k++) {
		f[k] = memfile_frame((unsigned char)k);
	}
	assert_int_equal(memfile_prepare(&file.m, 30, f, 100), 100);
	assert_int_equal(pcache_reserve(&file.m, 30, 100), 0);
	assert_int_equal(pcache_give(&file.m, 30, f, 100, FR_UPTODATE | FR_DIRTY), 60);
	for (unsigned k = 0; k < 100; k++) {
		assert_ptr_equal(f[k]->mapping, k < 60 ? &file.m : NULL);
		assert_int_equal(frame_is(f[k], FR_DIRTY), k < 60);
		assert_true(frame_sole(f[k]));
	}
	assert_int_equal(pcache_give(&file.m, 91, f + 61, 39, FR_UPTODATE | FR_DIRTY), 39);
	pcache_unreserve(&file.m, 30, 100);
	assert_int_equal(file.m.ndirty, 99);
	assert_int_equal(pcache_totals().dirty, 99);
	assert_int_equal(file.m.nframes, 100);
	assert_ptr_equal(pcache_find_one(&file.m, 90), in_the_way);
	frame_put(in_the_way);
	frame_put(in_the_way);
	frame_put(f[60]);
	memfile_check();
	end();
}

/* A clean page past the end would be readahead that comes after a truncation; a dirty one makes the file longer. */
static void test_give_past_end(void **state)
{
	struct frame *f[4];

	(void)state;
	begin(10);
	for (unsigned k = 0; k < 4; k++) {
		f[k] = memfile_frame(9);
	}
	assert_int_equal(pcache_reserve(&file.m, 8, 4), 0);
	assert_int_equal(pcache_give(&file.m, 8, f, 4, FR_UPTODATE), 2);
	assert_int_equal(pcache_give(&file.m, 10, f + 2, 2, FR_UPTODATE), 0);
	assert_int_equal(memfile_prepare(&file.m, 10, f + 2, 2), 2);
	assert_int_equal(pcache_give(&file.m, 10, f + 2, 2, FR_UPTODATE | FR_DIRTY), 2);
	pcache_unreserve(&file.m, 8, 4);
	end();
}

/* Place before dirt: without a block a page cannot become dirty. */
static void test_give_without_place(void **state)
{
	struct frame *f;

	(void)state;
	begin(10);
	f = memfile_frame(1);
	assert_int_equal(pcache_reserve(&file.m, 0, 1), 0);
	assert_true(FAKE_CHECK_FAILS(pcache_give(&file.m, 0, &f, 1, FR_UPTODATE | FR_DIRTY)));
	spin_init(&file.m.lock);
	pcache_unreserve(&file.m, 0, 1);
	frame_put(f);
	end();
}

/* Once reserved, giving needs no memory: not even when the leaf was emptied in between. */
static void test_reserve(void **state)
{
	struct frame *f = NULL, *out;

	(void)state;
	begin(300);
	for (unsigned n = 1;; n++) {
		int err;

		frame_fail_nth(n);
		err = pcache_reserve(&file.m, 250, 40);
		frame_fail_nth(0);
		memfile_check();
		if (err == 0) {
			break;
		}
		assert_int_equal(err, -ENOMEM);
		assert_int_equal(kmalloc_in_use(), 0);
	}
	f = memfile_frame(1);
	frame_fail_nth(1);
	assert_int_equal(pcache_give(&file.m, 260, &f, 1, FR_UPTODATE), 1);
	assert_int_equal(pcache_take(&file.m, 260, 1, TAKE_CLEAN, &out), 1);
	assert_int_equal(pcache_give(&file.m, 260, &f, 1, FR_UPTODATE), 1);
	frame_fail_nth(0);
	pcache_unreserve(&file.m, 250, 40);
	assert_int_equal(pcache_take(&file.m, 260, 1, TAKE_CLEAN, &out), 1);
	frame_put(out);
	assert_int_equal(kmalloc_in_use(), 0);          /* an empty tree has no nodes */
	end();
}

static void test_gap(void **state)
{
	pgoff_t at = 0;

	(void)state;
	begin(300);
	assert_int_equal(pcache_gap(&file.m, 5, 200, &at), 200);
	assert_int_equal(at, 5);
	ra_start(&file.m, 10, 100, 0, ALLOC_WAIT);
	assert_int_equal(pcache_gap(&file.m, 5, 200, &at), 5);
	assert_int_equal(at, 5);
	assert_int_equal(pcache_gap(&file.m, 10, 200, &at), 100);
	assert_int_equal(at, 110);
	assert_int_equal(pcache_gap(&file.m, 50, 61, &at), 1);
	assert_int_equal(pcache_gap(&file.m, 50, 60, &at), 0);
	ra_start(&file.m, 150, 1, 0, ALLOC_WAIT);
	assert_int_equal(pcache_gap(&file.m, 64, 200, &at), 40);
	assert_int_equal(at, 110);
	end();
}

/* ---- take, steal, replace, forget ---- */

static void test_take(void **state)
{
	struct frame *held, *out[100];

	(void)state;
	begin(100);
	read_all(90);
	held = get(70);
	assert_int_equal(memfile_fill(&file, 20, 77), 0);               /* dirty */
	ra_start(&file.m, 95, 2, 0, ALLOC_WAIT);                        /* being read */
	assert_int_equal(pcache_take(&file.m, 10, 90, TAKE_CLEAN, out), 78);
	for (unsigned k = 0; k < 90; k++) {
		bool gone = k < 80 && k != 10 && k != 60;

		assert_true(!out[k] == !gone);
		if (gone) {
			assert_true(frame_sole(out[k]) && !out[k]->mapping && frame_is(out[k], FR_UPTODATE));
			assert_int_equal(out[k]->place, 0);
			assert_true(memfile_is(frame_data(out[k]), memfile_byte(10 + k)));
			assert_null(pcache_find_one(&file.m, 10 + k));
		}
	}
	frame_put_many(out, 90);
	assert_int_equal(pcache_take(&file.m, 20, 1, TAKE_ANY, out), 1);        /* its content is dead */
	assert_false(frame_is(out[0], FR_DIRTY));
	frame_put(out[0]);
	assert_int_equal(file.m.ndirty, 0);
	frame_put(held);
	memfile_finish();
	memfile_check();
	end();
}

static void test_steal(void **state)
{
	struct frame *f;
	char *bytes;

	(void)state;
	begin(10);
	f = get(4);
	bytes = frame_data(f);
	frame_lock(f);
	assert_int_equal(pcache_steal(f), 0);
	assert_true(frame_sole(f) && !f->mapping && frame_is(f, FR_LOCKED));
	assert_true(memfile_is(bytes, memfile_byte(4)));                /* the same bytes in the same place */
	frame_unlock(f);
	frame_put(f);
	assert_int_equal(count_read(C_FRAMES_STOLEN), 1);
	f = get(4);                             /* from the disk again */
	assert_int_equal(file.reads, 2);

	frame_lock(f);
	frame_get(f);
	assert_int_equal(pcache_steal(f), -EBUSY);
	assert_int_equal(count_read(C_FALLBACK_BUSY), 1);
	atomic_inc(&f->maps);
	assert_int_equal(pcache_steal(f), -EBUSY);
	assert_int_equal(count_read(C_FALLBACK_MAPPED), 1);
	(void)atomic_dec_zero(&f->maps);
	frame_put(f);
	frame_unlock(f);
	frame_put(f);

	assert_int_equal(memfile_fill(&file, 4, 44), 0);
	f = get(4);
	frame_lock(f);
	assert_int_equal(pcache_steal(f), -EBUSY);
	assert_int_equal(count_read(C_FALLBACK_DIRTY), 1);
	frame_unlock(f);
	wb_start(&file.m, 0, ~0u);
	frame_lock(f);
	assert_int_equal(pcache_steal(f), -EBUSY);                      /* under writeback */
	assert_int_equal(count_read(C_FALLBACK_BUSY), 2);
	memfile_finish();
	assert_int_equal(pcache_steal(f), 0);
	frame_unlock(f);
	frame_put(f);
	end();
}

static void test_replace(void **state)
{
	struct frame *f, *new, *old;

	(void)state;
	begin(10);
	new = memfile_frame(55);
	assert_int_equal(memfile_prepare(&file.m, 2, &new, 1), 1);
	assert_int_equal(pcache_replace(&file.m, 2, &new, 1, FR_UPTODATE | FR_DIRTY, &old), 0);
	f = get(2);
	assert_int_equal(pcache_replace(&file.m, 2, &new, 1, FR_UPTODATE | FR_DIRTY, &old), 0);
	frame_put(f);
	assert_int_equal(pcache_replace(&file.m, 2, &new, 1, FR_UPTODATE | FR_DIRTY, &old), 1);
	assert_ptr_equal(old, f);
	assert_true(frame_sole(old) && !old->mapping);
	frame_put(old);
	f = get(2);
	assert_ptr_equal(f, new);
	frame_put(f);
	assert_int_equal(file.m.ndirty, 1);

	/* Over a dirty one: the disk hears of the newer only. */
	new = memfile_frame(56);
	assert_int_equal(memfile_prepare(&file.m, 2, &new, 1), 1);
	assert_int_equal(pcache_replace(&file.m, 2, &new, 1, FR_UPTODATE | FR_DIRTY, &old), 1);
	frame_put(old);
	assert_int_equal(file.m.ndirty, 1);
	wb_start(&file.m, 0, ~0u);
	assert_int_equal(pcache_replace(&file.m, 2, &new, 1, FR_UPTODATE | FR_DIRTY, &old), 0);
	wb_wait(&file.m, 0, ~0u);
	assert_true(memfile_is(memdisk.disk[file.block[2]], 56));
	end();
}

/* Runs: up to a page that is held, to an empty slot, to the end of a leaf. */
static void test_replace_run(void **state)
{
	struct frame *f[80], *old[RADIX_SIZE], *held, *was[80];

	(void)state;
	begin(100);
	for (unsigned k = 0; k < 80; k++) {
		was[k] = get(k);
		frame_put(was[k]);
		f[k] = memfile_frame(200);
	}
	assert_int_equal(memfile_prepare(&file.m, 0, f, 80), 80);
	held = get(10);
	assert_int_equal(pcache_replace(&file.m, 0, f, 80, FR_UPTODATE | FR_DIRTY, old), 10);
	assert_memory_equal(old, was, 10 * sizeof(*old));
	frame_put_many(old, 10);
	assert_int_equal(pcache_replace(&file.m, 10, f + 10, 70, FR_UPTODATE | FR_DIRTY, old), 0);
	frame_put(held);
	assert_int_equal(pcache_replace(&file.m, 10, f + 10, 70, FR_UPTODATE | FR_DIRTY, old), 54);
	assert_memory_equal(old, was + 10, 54 * sizeof(*old));
	frame_put_many(old, 54);
	assert_int_equal(pcache_take(&file.m, 70, 1, TAKE_CLEAN, old), 1);
	frame_put(old[0]);
	assert_int_equal(pcache_replace(&file.m, 64, f + 64, 16, FR_UPTODATE | FR_DIRTY, old), 6);
	frame_put_many(old, 6);
	assert_int_equal(file.m.ndirty, 70);
	for (unsigned k = 0; k < 70; k++) {
		struct frame *now = get(k);

		assert_ptr_equal(now, f[k]);
		frame_put(now);
	}
	for (unsigned k = 70; k < 80; k++) {
		f[k]->place = 0;
		frame_put(f[k]);
	}
	end();
}

static void test_forget(void **state)
{
	struct frame *f;

	(void)state;
	begin(10);
	f = get(5);
	frame_get(f);
	frame_lock(f);
	pcache_forget(f);
	frame_unlock(f);
	assert_null(f->mapping);
	assert_null(pcache_find_one(&file.m, 5));
	assert_true(memfile_is(frame_data(f), memfile_byte(5)));
	frame_put(f);
	frame_put(f);
	end();
}

/* ---- truncate, extend ---- */

static void test_truncate(void **state)
{
	struct frame *held, *f;
	unsigned char *p;

	(void)state;
	begin(200);
	read_all(150);
	held = get(120);
	assert_int_equal(memfile_fill(&file, 130, 1), 0);
	assert_int_equal(memfile_fill(&file, 140, 1), 0);
	wb_start(&file.m, 140, 140);                            /* under writeback */
	ra_start(&file.m, 160, 10, 0, ALLOC_WAIT);              /* being read */
	assert_int_equal(pcache_truncate(&file.m, 100 * PAGE_SIZE - 10), 0);
	assert_int_equal(mapping_size(&file.m), 100 * PAGE_SIZE - 10);
	assert_int_equal(memdisk.pending, 0);
	assert_int_equal(file.m.nframes, 100);
	assert_true(frame_sole(held) && !held->mapping);
	assert_true(memfile_is(frame_data(held), memfile_byte(120)));
	frame_put(held);
	memfile_free_blocks(&file, 100);
	assert_int_equal(pcache_get(&file.m, NULL, 100, &f), -ERANGE);

	f = get(99);                                            /* the tail is gone, on the disk too */
	assert_int_equal(file.m.ndirty, 1);
	wb_start(&file.m, 0, ~0u);
	wb_wait(&file.m, 0, ~0u);
	p = memdisk.disk[file.block[99]];
	for (unsigned k = 0; k < PAGE_SIZE; k++) {
		assert_int_equal(p[k], k < PAGE_SIZE - 10 ? memfile_byte(99) : 0);
	}
	assert_memory_equal(frame_data(f), p, PAGE_SIZE);

	/* Somebody wrote behind the end through a mapping; the file grows: zeros. */
	memset((char *)frame_data(f) + PAGE_SIZE - 10, 0xEE, 10);
	assert_int_equal(pcache_extend(&file.m, 100 * PAGE_SIZE + 1), 0);
	assert_memory_equal(frame_data(f), p, PAGE_SIZE);
	assert_int_equal(pcache_extend(&file.m, 5), 0);         /* never shrinks */
	assert_int_equal(mapping_size(&file.m), 100 * PAGE_SIZE + 1);
	frame_put(f);
	end();
}

/* The tail cannot be read: nothing has changed. */
static void test_truncate_error(void **state)
{
	(void)state;
	begin(20);
	memdisk.fail_reads = 1;
	assert_int_equal(pcache_truncate(&file.m, 10 * PAGE_SIZE + 5), -EIO);
	assert_int_equal(mapping_size(&file.m), 20 * PAGE_SIZE);
	assert_int_equal(pcache_truncate(&file.m, 10 * PAGE_SIZE + 5), 0);
	end();
}

static void test_drop_clean(void **state)
{
	struct frame *held;

	(void)state;
	begin(100);
	read_all(80);
	held = get(7);
	assert_int_equal(memfile_fill(&file, 50, 1), 0);
	assert_int_equal(pcache_drop_clean(&file.m), 78);
	assert_int_equal(file.m.nframes, 2);
	frame_put(held);
	end();
}

/* ---- random operations ---- */

enum { WORLD = 200, HELD = 8 };         /* pages of each file; references kept for a while */

/* What reading must show, and how long the files are. */
static struct { struct memfile *file; unsigned pages; unsigned char byte[MEMFILE_PAGES]; } model[2];

static struct frame *held[HELD];
static unsigned char stamp;

/* pcache_get(), in a world in which reads fail and memory runs out now and then.  NULL: it did. */
static struct frame *try_get(unsigned w, pgoff_t i)
{
	struct frame *f;
	bool trouble = host_random(20) == 0;
	int err;

	memdisk.fail_reads = trouble ? 1 + host_random(2) : 0;
	frame_fail_nth(trouble ? 1 + host_random(4) : 0);
	err = pcache_get(&model[w].file->m, NULL, i, &f);
	memdisk.fail_reads = 0;
	frame_fail_nth(0);
	if (i >= model[w].pages) {
		assert_int_equal(err, -ERANGE);
	} else if (err) {
		assert_true(trouble && (err == -EIO || err == -ENOMEM));
	}
	return err ? NULL : f;
}

static void drop_held(void)
{
	frame_put_many(held, HELD);
	memset(held, 0, sizeof(held));
}

static void do_get(unsigned w, pgoff_t i)
{
	struct frame *f = try_get(w, i);
	unsigned k = host_random(HELD);

	if (!f) {
		return;
	}
	assert_true(memfile_is(frame_data(f), model[w].byte[i]));
	if (host_random(4) == 0 && !held[k]) {
		held[k] = f;
	} else {
		frame_put(f);
	}
}

/* Pages between the old end and a new one are holes, or were written before a truncation freed them: zeros. */
static void grow(unsigned w, pgoff_t i)
{
	for (; model[w].pages <= i; model[w].pages++) {
		model[w].byte[model[w].pages] = 0;
	}
}

static void do_write(unsigned w, pgoff_t i)
{
	assert_int_equal(memfile_fill(model[w].file, i, ++stamp), 0);
	grow(w, i);
	model[w].byte[i] = stamp;
}

/* One frame becomes page @i, whatever is there: as mwrite does it. */
static void put_page(unsigned w, pgoff_t i, struct frame *f, unsigned char byte)
{
	struct mapping *m = &model[w].file->m;

	assert_int_equal(memfile_prepare(m, i, &f, 1), 1);
	while (!give(m, i, f, FR_UPTODATE | FR_DIRTY)) {
		struct frame *old;

		if (pcache_replace(m, i, &f, 1, FR_UPTODATE | FR_DIRTY, &old)) {
			frame_put(old);
			break;
		}
		drop_held();            /* held, or a transfer is under way */
		memfile_step(NULL);
	}
	assert_int_equal(pcache_extend(m, (loff_t)(i + 1) * PAGE_SIZE), 0);
	grow(w, i);
	model[w].byte[i] = byte;
}

/* Clean pages leave their file and become pages of the other one, or are freed. */
static void do_take(unsigned w, pgoff_t i, unsigned n)
{
	struct frame *out[WORLD];

	pcache_take(&model[w].file->m, i, n, TAKE_CLEAN, out);
	for (unsigned k = 0; k < n; k++) {
		struct frame *f = out[k];

		if (!f) {
			continue;
		}
		assert_true(frame_sole(f) && !f->mapping && !frame_is(f, FR_DIRTY));
		if (!frame_is(f, FR_UPTODATE)) {
			frame_put(f);                   /* its read had failed */
			continue;
		}
		assert_true(memfile_is(frame_data(f), model[w].byte[i + k]));
		if (host_random(3)) {
			frame_put(f);
		} else {
			put_page(!w, host_random(WORLD), f, model[w].byte[i + k]);
		}
	}
}

static void do_steal(unsigned w, pgoff_t i)
{
	struct frame *f = try_get(w, i);

	if (!f) {
		return;
	}
	frame_lock(f);
	assert_ptr_equal(f->mapping, &model[w].file->m);
	if (pcache_steal(f) == 0) {
		assert_true(frame_sole(f) && memfile_is(frame_data(f), model[w].byte[i]));
		assert_null(pcache_find_one(&model[w].file->m, i));
	}
	frame_unlock(f);
	frame_put(f);
}

static void do_truncate(unsigned w, unsigned pages)
{
	assert_int_equal(pcache_truncate(&model[w].file->m, (loff_t)pages * PAGE_SIZE), 0);
	memfile_free_blocks(model[w].file, pages);
	while (model[w].pages < pages) {
		grow(w, model[w].pages);
	}
	model[w].pages = pages;
}

/* What was dirty is on the disk afterwards. */
static void do_sync(unsigned w, pgoff_t first, pgoff_t last)
{
	struct memfile *f = model[w].file;

	memdisk.fail_writes = 0;
	wb_start(&f->m, first, last);
	wb_wait(&f->m, first, last);
	for (pgoff_t i = first; i <= last && i < model[w].pages; i++) {
		if (f->block[i] != 0) {
			assert_true(memfile_is(memdisk.disk[f->block[i]], model[w].byte[i]));
		} else {
			assert_int_equal(model[w].byte[i], 0);
		}
	}
}

static void step(unsigned w)
{
	pgoff_t i = host_random(WORLD);
	unsigned n = 1 + host_random(MIN(WORLD - i, 80u));

	switch (host_random(16)) {
	case 0: case 1: do_write(w, i); break;
	case 2: case 3: do_take(w, i, n); break;
	case 4: do_steal(w, i); break;
	case 5: stamp++; put_page(w, i, memfile_frame(stamp), stamp); break;
	case 6: do_sync(w, i, i + n - 1); break;
	case 7: memdisk.fail_writes = host_random(4) == 0; wb_start(&model[w].file->m, i, i + n - 1); break;
	case 8: ra_start(&model[w].file->m, i, n, FR_AHEAD, ALLOC_HINT); break;
	case 9: memfile_step(NULL); memfile_step(NULL); break;
	case 10: if (host_random(4) == 0) { do_truncate(w, i); } break;
	case 11: if (host_random(4) == 0) { drop_held(); pcache_drop_clean(&model[w].file->m); } break;
	default: do_get(w, i); break;
	}
}

static void test_random(void **state)
{
	(void)state;
	host_seed();
	memfile_begin(2048);
	model[0].file = &file;
	model[1].file = &other;
	for (unsigned w = 0; w < 2; w++) {
		model[w].pages = 100;
		memfile_init(model[w].file, 100);
		for (unsigned i = 0; i < 100; i++) {
			model[w].byte[i] = memfile_byte(i);
		}
	}
	for (unsigned k = 0; k < 8000; k++) {
		step(host_random(2));
		memfile_check();
	}
	drop_held();
	for (unsigned w = 0; w < 2; w++) {
		do_sync(w, 0, MEMFILE_PAGES - 1);
		memfile_destroy(model[w].file);
	}
	memfile_finish_test();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_get_error),
		cmocka_unit_test(test_get_without_memory),
		cmocka_unit_test(test_give),
		cmocka_unit_test(test_give_past_end),
		cmocka_unit_test(test_give_without_place),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_steal),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_replace_run),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_truncate),
		cmocka_unit_test(test_truncate_error),
		cmocka_unit_test(test_drop_clean),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
