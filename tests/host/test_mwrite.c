/*
 * mwrite, page faults and address spaces: one by one, then random operations on two files and an address space
 * (and its forked copy) against a model that knows every byte, with transfers that end in any order.
 */
#include "tests/host/moving.h"

/* ---- one by one ---- */

static void test_w02_untouched_costs_nothing(void **state)
{
	static const enum counter nothing[] = {
		C_FAULTS_UNCACHED, C_FAULTS_ANON, C_FAULTS_COW, C_PAGE_TABLES, C_PTES_WRITTEN, C_MWRITE_PTE_READS,
		C_TLB_INVLPG, C_TLB_CR3, C_BYTES_COPIED_FALLBACK, C_BYTES_COPIED_COW, C_PAGES_ZEROED,
	};
	uint64_t before[ARRAY_SIZE(nothing)], looks;
	struct frame *was;

	(void)state;
	begin(2048);
	was = pcache_find_one(&src.m, 3);
	assert_null(was);
	assert_int_equal(file_byte(&src, 3), memfile_byte(3));
	was = pcache_find_one(&src.m, 3);
	frame_put(was);
	for (unsigned k = 0; k < ARRAY_SIZE(nothing); k++) {
		before[k] = count_read(nothing[k]);
	}
	looks = count_read(C_MWRITE_PDE_READS);
	assert_int_equal(mwrite(space, AT_UNCACHED, SRC_PAGES, &dst.m, 0), SRC_PAGES);
	for (unsigned k = 0; k < ARRAY_SIZE(nothing); k++) {
		assert_string_equal(count_read(nothing[k]) == before[k] ? "" : counter_names[nothing[k]], "");
	}
	assert_int_equal(count_read(C_MWRITE_PDE_READS) - looks, 1);
	assert_int_equal(src.m.nframes, 0);
	assert_ptr_equal(pcache_find_one(&dst.m, 3), was);
	frame_put(was);
	for (pgoff_t i = 0; i < SRC_PAGES; i++) {
		assert_int_equal(file_byte(&dst, i), memfile_byte(i));
	}
	end();
}

static void test_w01_touched_frame_moves(void **state)
{
	struct frame *f;

	(void)state;
	begin(2048);
	store(space, AT_ANON, 9);
	f = touch(space, AT_ANON, true);
	assert_int_equal(mwrite(space, AT_ANON, 1, &dst.m, 0), 1);
	assert_int_equal(pt_lookup(&space->pt, AT_ANON, NULL), 0);
	assert_ptr_equal(f->mapping, &dst.m);
	assert_true(frame_is(f, FR_DIRTY) && f->place);
	assert_int_equal(load(space, AT_ANON), 0);
	end();
}

/* Room for some only: what has no place stays where it was, in the page table or with its file. */
static void test_w11_w22_disk_full(void **state)
{
	unsigned room = 0;

	(void)state;
	begin(2048);
	for (unsigned k = 0; k < 8; k++) {
		store(space, AT_ANON + k * PAGE_SIZE, (unsigned char)(k + 1));
	}
	for (unsigned b = 1; b < MEMFILE_BLOCKS; b++) {
		if (!memdisk.taken[b] && room++ >= 3) {
			memdisk.taken[b] = true;
		}
	}
	assert_int_equal(mwrite(space, AT_ANON, 8, &dst.m, 0), 3);
	assert_int_equal(mwrite(space, AT_ANON + 3 * PAGE_SIZE, 5, &dst.m, 3), -ENOSPC);
	assert_int_equal(mwrite(space, AT_UNCACHED, 4, &dst.m, 3), -ENOSPC);
	assert_int_equal(dst.m.size, 3 * PAGE_SIZE);
	for (unsigned k = 3; k < 8; k++) {
		assert_int_equal(load(space, AT_ANON + k * PAGE_SIZE), k + 1);
	}
	assert_int_equal(file_byte(&src, 2), memfile_byte(2));
	check();
	memset(memdisk.taken, 0, sizeof(memdisk.taken));
	memdisk.taken[0] = true;
	for (pgoff_t i = 0; i < MEMFILE_PAGES; i++) {
		memdisk.taken[src.block[i]] = memdisk.taken[dst.block[i]] = true;
	}
	end();
}

static void test_w07_shared_with_child(void **state)
{
	struct space *child;
	struct frame *was;

	(void)state;
	begin(2048);
	store(space, AT_ANON, 7);
	child = space_fork(space);
	assert_non_null(child);
	was = touch(child, AT_ANON, false);
	assert_int_equal(mwrite(space, AT_ANON, 1, &dst.m, 0), 1);
	assert_ptr_equal(touch(child, AT_ANON, false), was);
	assert_null(was->mapping);
	store(child, AT_ANON, 8);
	assert_int_equal(file_byte(&dst, 0), 7);
	assert_int_equal(load(space, AT_ANON), 0);
	space_put(child);
	end();
}

/* A destination page that somebody maps is copied into: that mapping sees the new bytes. */
static void test_w05_mapped_target(void **state)
{
	struct frame *shown;

	(void)state;
	begin(2048);
	map(space, 0x60000000, 4, &pager_shared, &dst);
	assert_int_equal(pcache_extend(&dst.m, 4 * PAGE_SIZE), 0);
	store(space, 0x60000000, 1);
	shown = touch(space, 0x60000000, false);
	store(space, AT_ANON, 2);
	assert_int_equal(mwrite(space, AT_ANON, 1, &dst.m, 0), 1);
	assert_ptr_equal(touch(space, 0x60000000, false), shown);
	assert_int_equal(load(space, 0x60000000), 2);
	assert_int_equal(file_byte(&dst, 0), 2);
	end();
}

static void test_read_error(void **state)
{
	(void)state;
	begin(2048);
	memdisk.fail_reads = 1;
	host_random_state = 1;
	assert_int_equal(mwrite(space, AT_UNCACHED, 1, &dst.m, 0), -EIO);
	assert_int_equal(dst.m.nframes, 0);
	assert_int_equal(mwrite(space, AT_UNCACHED, 1, &dst.m, 0), 1);
	assert_int_equal(file_byte(&dst, 0), memfile_byte(0));
	end();
}

/* ---- at random, against a model ---- */

enum shown { ABSENT, OWN, FILES };      /* no entry; a private page; the cache's page itself */

static struct model {
	unsigned char src[SRC_PAGES], dst[MEMFILE_PAGES];
	unsigned      dst_pages;
	enum shown    state[2][MEMFILE_PAGES];          /* of the uncached area and the anonymous one */
	unsigned char own[2][MEMFILE_PAGES];
} model;

static const uva_t base[2] = { AT_UNCACHED, AT_ANON };

static unsigned char expected(unsigned area, unsigned k)
{
	if (model.state[area][k] == OWN) {
		return model.own[area][k];
	}
	return area == 0 ? model.src[k] : 0;
}

/* After a fault the model asks whose frame it got: that is the kernel's choice; the bytes are not. */
static void note_shown(unsigned area, unsigned k)
{
	struct frame *f;
	pte_t pte = pt_lookup(&space->pt, base[area] + k * PAGE_SIZE, &f);

	if (model.state[area][k] != OWN && pte) {
		model.state[area][k] = f->mapping ? FILES : OWN;
		model.own[area][k] = area == 0 ? model.src[k] : 0;
	}
	if (pte) {
		frame_put(f);
	}
}

static void random_touch(void)
{
	unsigned area = host_random(2), k = host_random(SRC_PAGES);
	uva_t va = base[area] + k * PAGE_SIZE;

	if (host_random(2)) {
		assert_int_equal(load(space, va), expected(area, k));
		note_shown(area, k);
	} else {
		unsigned char byte = (unsigned char)host_random(256);

		store(space, va, byte);
		model.state[area][k] = OWN;
		model.own[area][k] = byte;
	}
}

static void random_mwrite(void)
{
	unsigned area = host_random(2), k = host_random(SRC_PAGES);
	unsigned n = 1 + host_random(SRC_PAGES - k), at = host_random(DST_PAGES);
	int moved = mwrite(space, base[area] + k * PAGE_SIZE, n, &dst.m, at);

	assert_true(moved > 0 || moved == -ENOSPC || moved == -ENOMEM);
	for (int j = 0; j < moved; j++) {
		unsigned from = k + (unsigned)j, to = at + (unsigned)j;

		while (model.dst_pages < to) {
			model.dst[model.dst_pages++] = 0;
		}
		model.dst[to] = expected(area, from);
		model.dst_pages = MAX(model.dst_pages, to + 1);
		model.state[area][from] = ABSENT;
	}
	assert_int_equal(size_pages(dst.m.size), model.dst_pages);
}

static void random_write(void)
{
	unsigned k = host_random(SRC_PAGES);
	unsigned char byte = (unsigned char)host_random(256);

	if (memfile_fill(&src, k, byte) == 0) {
		model.src[k] = byte;
	}
}

static void random_truncate(void)
{
	unsigned pages = host_random(DST_PAGES);

	if (pages < model.dst_pages) {
		assert_int_equal(pcache_truncate(&dst.m, (loff_t)pages * PAGE_SIZE), 0);
		memfile_free_blocks(&dst, pages);
		model.dst_pages = pages;
	}
}

/* A child shares everything, writes into some of it, and goes. */
static void random_fork(void)
{
	struct space *child = space_fork(space);

	if (!child) {
		return;
	}
	for (unsigned j = 0; j < 8; j++) {
		unsigned area = host_random(2), k = host_random(SRC_PAGES);

		if (host_random(2)) {
			store(child, base[area] + k * PAGE_SIZE, 0xEE);
		} else {
			random_touch();
		}
	}
	random_mwrite();
	space_put(child);
}

static void check_files(void)
{
	for (unsigned k = 0; k < SRC_PAGES; k++) {
		assert_int_equal(file_byte(&src, k), model.src[k]);
	}
	for (unsigned k = 0; k < model.dst_pages; k++) {
		assert_int_equal(file_byte(&dst, k), model.dst[k]);
	}
}

static void random_step(void)
{
	switch (host_random(10)) {
	case 0: case 1: case 2:
		random_touch();
		break;
	case 3: case 4:
		random_mwrite();
		break;
	case 5:
		random_write();
		break;
	case 6:
		wb_start(&dst.m, 0, PGOFF_LAST);
		break;
	case 7:
		random_truncate();
		break;
	case 8:
		reclaim(host_random(64));
		for (unsigned k = 0; k < SRC_PAGES; k++) {      /* pages that the cache showed may be gone */
			if (model.state[0][k] == FILES) {
				model.state[0][k] = ABSENT;
			}
		}
		break;
	default:
		random_fork();
	}
	memfile_step(NULL);
}

static void test_random(void **state)
{
	(void)state;
	host_seed();
	begin(2048);
	memset(&model, 0, sizeof(model));
	for (unsigned k = 0; k < SRC_PAGES; k++) {
		model.src[k] = memfile_byte(k);
	}
	for (unsigned step = 0; step < 6000; step++) {
		random_step();
		if (step % 16 == 0) {
			check();
			check_files();
		}
	}
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_w02_untouched_costs_nothing),
		cmocka_unit_test(test_w01_touched_frame_moves),
		cmocka_unit_test(test_w11_w22_disk_full),
		cmocka_unit_test(test_w07_shared_with_child),
		cmocka_unit_test(test_w05_mapped_target),
		cmocka_unit_test(test_read_error),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
