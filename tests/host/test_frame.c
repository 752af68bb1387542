/*
 * Frames: description of RAM, allocation, the reserve, reclaim, owners, the frame lock, the check.
 */
#include "tests/host/memory.h"

#include "kernel/counters.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

enum { PAGES = 4096 };                  /* 16 MiB */

static pfn_t reserve(void)
{
	struct frame *f;
	pfn_t left;

	while ((f = frame_alloc(ALLOC_WAIT))) {         /* no door: stops at the reserve */
		frame_set(f, FR_MARK);
	}
	left = frame_count_free();
	for (pfn_t pfn = 0; pfn < nframes; pfn++) {
		if (frame_is(pfn_frame(pfn), FR_MARK)) {
			frame_put(pfn_frame(pfn));
		}
	}
	return left;
}

/* ---- describing RAM ---- */

static bool is_reserved(pfn_t pfn)
{
	return frame_is(pfn_frame(pfn), FR_RESERVED) && atomic_read(&pfn_frame(pfn)->refs) == 1;
}

static void test_init_holes(void **state)
{
	/* As a PC has it: low RAM that ends inside a page, a hole to 1 MiB, RAM, a module at the end. */
	struct memrange ram[] = { { 0x100000, 0x800000 }, { 0, 0x9FC00 } };
	struct memrange taken[] = { { 0x100000, 0x123456 }, { 0x7FF800, 0x800000 }, { 0x9100, 0x9200 } };

	(void)state;
	fake_ram(0x800000);
	assert_int_equal(frame_init(ram, 2, taken, 3), 0);
	assert_int_equal(nframes, 0x800);
	assert_true(is_reserved(0));
	assert_true(is_reserved(9));
	assert_false(is_reserved(8));
	assert_false(is_reserved(0x9E));
	for (pfn_t pfn = 0x9F; pfn <= 0x123; pfn++) {
		assert_true(is_reserved(pfn));
	}
	assert_true(is_reserved(0x7FF));
	assert_false(is_reserved(0x7FE));

	/* The descriptors lie in the lowest room that is large enough, and are reserved themselves. */
	struct frame_totals t = frame_totals();
	pfn_t array = DIV_ROUND_UP(nframes * sizeof(struct frame), PAGE_SIZE);

	assert_int_equal(frame_pfn(data_frame(frames)), 10);
	for (pfn_t pfn = 10; pfn < 10 + array; pfn++) {
		assert_true(is_reserved(pfn));
	}
	assert_false(is_reserved(10 + array));
	assert_int_equal(frame_check(memory_report), 0);
	assert_int_equal(t.all, 0x800);
	assert_int_equal(t.reserved, 1 + 1 + 0x85 + 1 + array + 1);
	assert_int_equal(t.free, t.all - t.reserved);
	assert_int_equal(t.free, frame_count_free());
}

static void test_init_beyond_direct_map(void **state)
{
	struct memrange ram[] = { { 0x1000, 0x400000 }, { 0x30000000, 0xFFFFF000 } };

	(void)state;
	fake_ram(DIRECT_MAX);
	assert_int_equal(frame_init(ram, 2, NULL, 0), 0);
	assert_int_equal(nframes, DIRECT_MAX >> PAGE_SHIFT);
	assert_true(is_reserved(0x400));
	assert_true(is_reserved(0x2FFFF));
	assert_false(is_reserved(nframes - 1));
	assert_int_equal(frame_check(memory_report), 0);
}

static void test_init_too_small(void **state)
{
	struct memrange one = { 0, PAGE_SIZE }, two = { 0x1000, 0x2000 };
	struct memrange most = { 0x1000, 0x100000 }, all = { 0, 0x100000 };

	(void)state;
	fake_ram(0x100000);
	assert_int_equal(frame_init(NULL, 0, NULL, 0), -ENOMEM);
	assert_int_equal(frame_init(&one, 1, NULL, 0), -ENOMEM);
	assert_int_equal(frame_init(&two, 1, NULL, 0), -ENOMEM);        /* room for the array, and nothing else */
	assert_int_equal(frame_init(&most, 1, &all, 1), -ENOMEM);
	assert_int_equal(frame_init(&most, 1, NULL, 0), 0);
}

static void test_zero_frame(void **state)
{
	(void)state;
	memory_begin(PAGES);
	for (unsigned k = 0; k < PAGE_SIZE; k++) {
		assert_int_equal(((char *)frame_data(zero_frame))[k], 0);
	}
	frame_get(zero_frame);
	frame_put(zero_frame);
	assert_true(is_reserved(frame_pfn(zero_frame)));
	memory_end();
}

/* ---- allocation ---- */

static void test_batch(void **state)
{
	struct frame *a[100], *b[100], *same[3];
	uint64_t allocated, freed;

	(void)state;
	memory_begin(PAGES);
	allocated = count_read(C_FRAMES_ALLOCATED);
	freed = count_read(C_FRAMES_FREED);
	assert_int_equal(frame_alloc_many(a, 100, ALLOC_WAIT), 100);
	assert_int_equal(frame_count_free(), memory_baseline - 100);
	for (unsigned k = 0; k < 100; k++) {
		assert_true(frame_sole(a[k]) && a[k]->flags == 0 && !a[k]->mapping);
		assert_false(list_linked(&a[k]->link));
		assert_ptr_equal(data_frame(frame_data(a[k])), a[k]);
		if (k > 0) {            /* neighbours in memory: few segments for a device */
			assert_int_equal(frame_pfn(a[k]), frame_pfn(a[k - 1]) + 1);
		}
	}
	memcpy(b, a, sizeof(a));
	frame_get(b[7]);
	frame_put_many(a, 100);
	assert_int_equal(frame_count_free(), memory_baseline - 1);
	frame_put(b[7]);
	assert_int_equal(count_read(C_FRAMES_ALLOCATED), allocated + 100);
	assert_int_equal(count_read(C_FRAMES_FREED), freed + 100);

	/* Holes are skipped; a frame that is in the array twice loses two references. */
	same[0] = same[2] = frame_alloc(ALLOC_WAIT);
	same[1] = NULL;
	frame_get(same[0]);
	frame_put_many(same, 3);
	memory_end();
}

static void test_order_survives(void **state)
{
	struct frame *a[64], *b[64];

	(void)state;
	memory_begin(PAGES);
	assert_int_equal(frame_alloc_many(a, 64, ALLOC_ATOMIC), 64);
	memcpy(b, a, sizeof(a));
	frame_put_many(a, 64);
	assert_int_equal(frame_alloc_many(a, 64, ALLOC_ATOMIC), 64);
	assert_memory_equal(a, b, sizeof(a));
	frame_put_many(a, 64);
	memory_end();
}

static void test_kinds(void **state)
{
	struct frame *k, *z;
	uint64_t zeroed;

	(void)state;
	memory_begin(PAGES);
	zeroed = count_read(C_PAGES_ZEROED);
	z = frame_alloc(ALLOC_ATOMIC);
	memset(frame_data(z), 0xAA, PAGE_SIZE);
	frame_put(z);
	z = frame_alloc_zeroed(ALLOC_ATOMIC);
	for (unsigned j = 0; j < PAGE_SIZE; j++) {
		assert_int_equal(((char *)frame_data(z))[j], 0);
	}
	assert_int_equal(count_read(C_PAGES_ZEROED), zeroed + 1);
	k = frame_alloc(ALLOC_WAIT | ALLOC_KERNEL);
	assert_int_equal(k->flags, FR_KERNEL);
	assert_int_equal(frame_totals().kernel, 1);
	assert_int_equal(frame_totals().held, 1);
	frame_put(k);
	frame_put(z);
	memory_end();
}

/* A table comes back full of zeros and goes out as such, and for anything when there is nothing else. */
static void test_tables(void **state)
{
	struct frame *z, *all[PAGES];
	uint64_t zeroed;
	unsigned n;

	(void)state;
	memory_begin(PAGES);
	z = frame_alloc_table(ALLOC_WAIT);
	zeroed = count_read(C_PAGES_ZEROED);
	frame_put_table(z);
	assert_int_equal(frame_count_free(), memory_baseline);
	assert_ptr_not_equal(all[0] = frame_alloc(ALLOC_WAIT), z);
	assert_ptr_equal(frame_alloc_table(ALLOC_WAIT), z);
	assert_int_equal(count_read(C_PAGES_ZEROED), zeroed);
	assert_int_equal(frame_totals().pagetable, 1);
	frame_put_table(z);
	frame_fail_nth(1);
	assert_null(frame_alloc_table(ALLOC_WAIT));
	((char *)frame_data(z))[PAGE_SIZE - 1] = 1;
	assert_int_equal(frame_check(NULL), 1);
	((char *)frame_data(z))[PAGE_SIZE - 1] = 0;
	frame_put(all[0]);

	n = frame_alloc_many(all, PAGES, ALLOC_ATOMIC);
	assert_int_equal(n, memory_baseline);
	assert_null(frame_alloc(ALLOC_ATOMIC));
	assert_null(frame_alloc_table(ALLOC_ATOMIC));
	assert_int_equal(frame_check(memory_report), 0);
	frame_put_many(all, n);
	frame_put_table(frame_alloc_table(ALLOC_ATOMIC));
	for (unsigned k = 0; k < n; k++) {
		all[k] = frame_alloc(ALLOC_ATOMIC);
		assert_non_null(all[k]);
	}
	frame_put_many(all, n);
	memory_end();
}

/* Trap W21: what a frame was in its former life must not show, bit by bit. */
static void test_w21_reset(void **state)
{
	const uint32_t busy = FR_LOCKED | FR_DIRTY | FR_WRITEBACK | FR_RESERVED;

	(void)state;
	memory_begin(PAGES);
	for (unsigned bit = 0; bit < 32; bit++) {
		struct frame *f = frame_alloc(ALLOC_ATOMIC), *again;

		if (busy & 1u << bit) {
			frame_put(f);
			continue;
		}
		frame_set(f, 1u << bit);
		f->place = f->index = 4711;
		frame_put(f);
		again = frame_alloc(ALLOC_ATOMIC);
		assert_ptr_equal(again, f);
		assert_int_equal(f->flags, 0);
		assert_int_equal(f->place, 0);
		assert_int_equal(f->index, 0);
		frame_put(f);
	}
	memory_end();
}

static void test_w20_bad_put(void **state)
{
	struct frame *f;
	char mapping;

	(void)state;
	memory_begin(PAGES);
	f = frame_alloc(ALLOC_ATOMIC);
	for (unsigned k = 0; k < 5; k++) {
		static const uint32_t flag[] = { 0, 0, FR_LOCKED, FR_DIRTY, FR_WRITEBACK };

		f->mapping = k == 0 ? (void *)&mapping : NULL;
		atomic_set(&f->maps, k == 1);
		f->flags = flag[k];
		assert_true(FAKE_CHECK_FAILS(frame_put(f)));
		atomic_set(&f->refs, 1);
	}
	f->flags = 0;
	frame_put(f);
	assert_true(FAKE_CHECK_FAILS(frame_put(f)));
	assert_true(FAKE_CHECK_FAILS(frame_get(f)));
	memory_end();
}

/* ---- who may have the last frames ---- */

static void test_reserve(void **state)
{
	struct frame **all;
	pfn_t kept;
	unsigned n = 0;

	(void)state;
	memory_begin(PAGES);
	kept = reserve();
	assert_true(kept >= 32 && kept <= 256);
	all = calloc(PAGES, sizeof(*all));
	n += frame_alloc_many(all, PAGES, ALLOC_HINT | ALLOC_WAIT);
	assert_int_equal(frame_count_free(), 2 * kept);
	assert_null(frame_alloc(ALLOC_HINT));
	n += frame_alloc_many(all + n, PAGES, ALLOC_WAIT);
	assert_int_equal(frame_count_free(), kept);
	assert_null(frame_alloc(ALLOC_WAIT));
	assert_null(frame_alloc_zeroed(ALLOC_WAIT));
	n += frame_alloc_many(all + n, PAGES, ALLOC_ATOMIC);
	assert_int_equal(frame_count_free(), 0);
	assert_null(frame_alloc(ALLOC_ATOMIC));
	frame_put_many(all, n);
	free(all);
	memory_end();
}

static struct frame *hoard[PAGES];
static unsigned hoarded, calls;

/* A cache that can drop what it holds, ten frames at a time. */
static unsigned drop_ten(unsigned want)
{
	unsigned n = MIN(MIN(want, 10u), hoarded);

	calls++;
	hoarded -= n;
	frame_put_many(hoard + hoarded, n);
	return n;
}

/* Claims progress for ever; somebody else has what was freed. */
static unsigned thief(unsigned want)
{
	(void)want;
	calls++;
	return 1;
}

static void test_reclaim(void **state)
{
	struct frame *out[100];

	(void)state;
	memory_begin(PAGES);
	hoarded = frame_alloc_many(hoard, PAGES, ALLOC_WAIT);
	frame_set_reclaim(drop_ten);
	calls = 0;
	assert_int_equal(frame_alloc_many(out, 100, ALLOC_WAIT), 100);
	assert_true(calls >= 10);
	calls = 0;
	assert_null(frame_alloc(ALLOC_HINT | ALLOC_WAIT));
	assert_int_equal(calls, 0);
	frame_put_many(out, 100);

	/* Everything can be had, and then the answer is no, at once. */
	while (hoarded) {
		drop_ten(10);
	}
	hoarded = frame_alloc_many(hoard, PAGES, ALLOC_WAIT);
	frame_set_reclaim(NULL);
	assert_null(frame_alloc(ALLOC_WAIT));

	frame_set_reclaim(thief);
	calls = 0;
	assert_null(frame_alloc(ALLOC_WAIT));           /* and does not hang */
	assert_true(calls > 1 && calls < 1000);
	frame_put_many(hoard, hoarded);
	memory_end();
}

/* When nobody else gets any, there is still something for pages of files; they too leave the most of the reserve. */
static void test_last_for_files(void **state)
{
	struct frame *file[PAGES];
	pfn_t reserve;
	unsigned n;

	(void)state;
	memory_begin(PAGES);
	reserve = frame_count_reserve();
	hoarded = frame_alloc_many(hoard, PAGES, ALLOC_WAIT);
	assert_int_equal(frame_count_free(), reserve);
	assert_null(frame_alloc(ALLOC_WAIT));
	n = frame_alloc_many(file, PAGES, ALLOC_WAIT | ALLOC_CACHE);
	assert_int_equal(n, reserve / 4);
	assert_int_equal(frame_alloc_many(file + n, 1, ALLOC_HINT | ALLOC_CACHE), 0);
	assert_null(frame_alloc(ALLOC_WAIT));
	frame_put(file[--n]);
	assert_null(frame_alloc(ALLOC_WAIT));           /* it is a file's again, not ours */
	frame_put_many(file, n);
	frame_put_many(hoard, hoarded);
	memory_end();
}

/* The atomic reserve is filled up again by whoever may wait. */
static void test_reclaim_below_reserve(void **state)
{
	struct frame *rest[256], *f;
	unsigned n;

	(void)state;
	memory_begin(PAGES);
	hoarded = frame_alloc_many(hoard, PAGES, ALLOC_WAIT);
	n = frame_alloc_many(rest, 256, ALLOC_ATOMIC);
	assert_int_equal(frame_count_free(), 0);
	frame_set_reclaim(drop_ten);
	f = frame_alloc(ALLOC_WAIT);
	assert_non_null(f);
	assert_true(frame_count_free() >= n);
	frame_put(f);
	frame_put_many(rest, n);
	frame_put_many(hoard, hoarded);
	memory_end();
}

/* Waiting for memory under a spinlock or in an interrupt is noticed even when there is plenty. */
static void test_wait_forbidden(void **state)
{
	struct spinlock lock = SPINLOCK_INIT;
	struct frame *f;

	(void)state;
	memory_begin(PAGES);
	spin_lock(&lock);
	f = frame_alloc(ALLOC_ATOMIC);
	frame_put(f);
	assert_true(FAKE_CHECK_FAILS(frame_alloc(ALLOC_WAIT)));
	spin_init(&lock);
	this_cpu()->irq_depth = 1;
	assert_true(FAKE_CHECK_FAILS(frame_alloc(ALLOC_WAIT)));
	this_cpu()->irq_depth = 0;
	memory_end();
}

static void test_fail_nth(void **state)
{
	struct frame *out[8];

	(void)state;
	memory_begin(PAGES);
	frame_fail_nth(1);
	assert_null(frame_alloc(ALLOC_WAIT));
	frame_fail_nth(6);
	assert_int_equal(frame_alloc_many(out, 3, ALLOC_WAIT), 3);
	assert_int_equal(frame_alloc_many(out + 3, 5, ALLOC_WAIT), 2);
	assert_int_equal(frame_alloc_many(out + 5, 3, ALLOC_WAIT), 3);
	frame_put_many(out, 8);
	frame_fail_nth(2);
	frame_fail_nth(0);
	assert_int_equal(frame_alloc_many(out, 8, ALLOC_WAIT), 8);
	frame_put_many(out, 8);
	memory_end();
}

/* ---- the frame lock ---- */

static struct frame *target;
static uint32_t release_bits;
static unsigned slept;

/* What happens while the test sleeps: first something that does not help, then what it waits for. */
static bool while_asleep(void *ctx)
{
	(void)ctx;
	assert_true(frame_is(target, FR_WAITED));
	if (++slept == 1) {             /* a neighbour on the same bench is released */
		frame_set(target + 16, FR_LOCKED | FR_WAITED);
		frame_release(target + 16, FR_LOCKED, 0);
	} else {
		frame_release(target, release_bits, 0);
		assert_false(frame_is(target, FR_WAITED));
	}
	return true;
}

static void test_lock(void **state)
{
	(void)state;
	memory_begin(PAGES);
	fake_set_world(while_asleep, NULL);
	target = frame_alloc(ALLOC_ATOMIC);
	release_bits = FR_LOCKED;
	slept = 0;
	frame_lock(target);
	assert_int_equal(slept, 0);
	assert_false(frame_trylock(target));
	frame_lock(target);
	assert_int_equal(slept, 2);
	assert_true(frame_is(target, FR_LOCKED));
	frame_unlock(target);
	assert_false(frame_is(target, FR_LOCKED | FR_WAITED));
	assert_true(FAKE_CHECK_FAILS(frame_unlock(target)));
	frame_put(target);
	memory_end();
}

static bool write_again(void *ctx)
{
	(void)ctx;
	assert_true(frame_is(target, FR_WAITED));
	if (++slept == 1) {
		frame_release(target, FR_LOCKED, 0);
		assert_true(frame_is(target, FR_WAITED));
	} else {
		frame_release(target, FR_WRITEBACK, 0);
		frame_set(target, FR_WRITEBACK);
	}
	return true;
}

static void test_wait(void **state)
{
	(void)state;
	memory_begin(PAGES);
	fake_set_world(while_asleep, NULL);
	target = frame_alloc(ALLOC_ATOMIC);
	release_bits = FR_WRITEBACK | FR_LOCKED;
	slept = 0;
	frame_wait(target, FR_LOCKED | FR_WRITEBACK);
	assert_int_equal(slept, 0);
	frame_set(target, FR_WRITEBACK);
	frame_wait(target, FR_LOCKED);
	assert_int_equal(slept, 0);
	frame_wait(target, FR_WRITEBACK);
	assert_int_equal(slept, 2);

	/* The lock goes, the write goes on; then the next write starts before the sleeper looks again. */
	fake_set_world(write_again, NULL);
	frame_set(target, FR_LOCKED | FR_WRITEBACK);
	slept = 0;
	frame_wait(target, FR_WRITEBACK);
	assert_int_equal(slept, 2);
	assert_true(frame_is(target, FR_WRITEBACK));
	frame_clear(target, FR_WRITEBACK);
	frame_put(target);
	memory_end();
}

/* ---- letters ---- */

/* The letter of @f with these flags, named or not, in @maps page tables; it is as it was afterwards. */
static char letter(struct frame *f, uint32_t flags, bool named, int maps)
{
	struct frame saved = *f;
	char mapping, found;

	f->flags = flags;
	f->mapping = named ? (void *)&mapping : NULL;
	atomic_set(&f->maps, maps);
	found = frame_letter(f);
	*f = saved;
	return found;
}

/* Every state of the life of a frame has a letter of its own, and the one that matters most wins. */
static void test_letters(void **state)
{
	struct frame *f;

	(void)state;
	memory_begin(PAGES);
	f = frame_alloc(ALLOC_ATOMIC);
	assert_int_equal(frame_letter(f + 1), '.');
	assert_int_equal(letter(f, FR_RESERVED, false, 0), '#');
	assert_int_equal(letter(f, FR_KERNEL, false, 0), 'k');
	assert_int_equal(letter(f, FR_PAGETABLE | FR_KERNEL, false, 0), 't');
	assert_int_equal(letter(f, 0, false, 0), 'x');
	assert_int_equal(letter(f, 0, false, 1), 'a');
	assert_int_equal(letter(f, FR_LOCKED | FR_AHEAD, true, 0), 'r');
	assert_int_equal(letter(f, 0, true, 0), 'u');
	assert_int_equal(letter(f, FR_ERROR, true, 0), '!');
	assert_int_equal(letter(f, FR_UPTODATE | FR_AHEAD, true, 0), 'n');
	assert_int_equal(letter(f, FR_UPTODATE, true, 0), 'c');
	assert_int_equal(letter(f, FR_UPTODATE | FR_AHEAD, true, 1), 'm');
	assert_int_equal(letter(f, FR_UPTODATE | FR_DIRTY, true, 1), 'D');
	assert_int_equal(letter(f, FR_UPTODATE | FR_WRITEBACK, true, 0), 'W');
	assert_int_equal(letter(f, FR_UPTODATE | FR_WRITEBACK | FR_DIRTY, true, 0), 'B');
	frame_put(f);
}

/* ---- the check finds what it is for ---- */

static void test_check(void **state)
{
	struct frame *f, *idle, saved;
	char mapping;

	(void)state;
	memory_begin(PAGES);
	f = frame_alloc(ALLOC_ATOMIC);
	idle = f + 1;
	saved = *f;
	assert_int_equal(frame_check(memory_report), 0);
	atomic_set(&f->maps, 2);
	assert_int_equal(frame_check(NULL), 1);
	*f = saved;
	atomic_set(&f->maps, 1);
	f->mapping = (void *)&mapping;          /* a name and an entry, and one reference for both */
	assert_int_equal(frame_check(NULL), 1);
	*f = saved;
	frame_set(f, FR_DIRTY);
	assert_int_equal(frame_check(NULL), 1);
	*f = saved;
	frame_set(f, FR_KERNEL);
	atomic_set(&f->maps, 1);
	assert_int_equal(frame_check(NULL), 1);
	*f = saved;
	atomic_set(&f->refs, 0);                /* free, but on no list */
	assert_true(frame_check(NULL) > 0);
	*f = saved;
	atomic_set(&idle->refs, 1);             /* in use, but on the list */
	assert_true(frame_check(NULL) > 0);
	atomic_set(&idle->refs, 0);
	frame_set(idle, FR_MARK);
	assert_int_equal(frame_check(NULL), 1);
	frame_clear(idle, FR_MARK);
	struct list *next = idle->link.next;
	idle->link.next = &idle->link;          /* a ring */
	assert_true(frame_check(NULL) > 0);
	idle->link.next = next;
	frame_set(f, FR_RESERVED);              /* RAM that the allocator had has become the firmware's */
	assert_int_equal(frame_check(NULL), 1);
	frame_clear(f, FR_RESERVED);
	frame_put(f);
	memory_end();
}

/* ---- random operations against counts ---- */

static void test_random(void **state)
{
	enum { SLOTS = 300, STEPS = 20000 };
	struct frame *held[SLOTS] = { NULL };
	unsigned refs[SLOTS] = { 0 }, live = 0;

	(void)state;
	host_seed();
	memory_begin(512);
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned s = host_random(SLOTS), n = 1 + host_random(20);

		if (held[s] && host_random(2)) {
			frame_get(held[s]);
			refs[s]++;
		} else if (held[s]) {
			assert_int_equal(*(uint32_t *)frame_data(held[s]), s);
			assert_int_equal(atomic_read(&held[s]->refs), refs[s]);
			frame_put(held[s]);
			if (--refs[s] == 0) {
				held[s] = NULL;
				live--;
			}
		} else {
			struct frame *out[20];
			unsigned got = frame_alloc_many(out, n, ALLOC_ATOMIC);
			unsigned used = 0;

			for (; used < got && s < SLOTS; s++) {
				if (!held[s]) {
					held[s] = out[used++];
					refs[s] = 1;
					live++;
					*(uint32_t *)frame_data(held[s]) = s;
				}
			}
			frame_put_many(out + used, got - used);
		}
		assert_int_equal(frame_count_free(), memory_baseline - live);
	}
	assert_int_equal(frame_check(memory_report), 0);
	for (unsigned s = 0; s < SLOTS; s++) {
		for (; refs[s] > 0; refs[s]--) {
			frame_put(held[s]);
		}
	}
	memory_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init_holes),
		cmocka_unit_test(test_init_beyond_direct_map),
		cmocka_unit_test(test_init_too_small),
		cmocka_unit_test(test_zero_frame),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_order_survives),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_w21_reset),
		cmocka_unit_test(test_w20_bad_put),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_reclaim),
		cmocka_unit_test(test_last_for_files),
		cmocka_unit_test(test_reclaim_below_reserve),
		cmocka_unit_test(test_wait_forbidden),
		cmocka_unit_test(test_fail_nth),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
