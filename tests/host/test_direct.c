/*
 * O_DIRECT on ext2: between an address space and a disk that e2fsck and debugfs judge afterwards.  Every boundary of the
 * block map; the n-th transfer and the n-th frame fail, for every n; what is pinned stays.
 */
#include "tests/host/ext2_machine.h"

#include "kernel/clock.h"
#include "mm/space/space.h"

enum { AT = 0x40000000, PAGES = 700, DIRECT = 12, SINGLE = DIRECT + 1024 };

static struct space *space;

/* ---- memory of the process ---- */

/* The bytes that the process has at @va; brought in, for writing if @write. */
static char *at(uva_t va, bool write)
{
	struct frame *f;
	pte_t pte = pt_lookup(&space->pt, va, &f);

	if (pte) {
		frame_put(f);
	}
	if (!pte || (write && !(pte & PTE_WRITE))) {
		if (fault_handle(space, va, write) != FAULT_OK) {
			return NULL;
		}
		MUST(pt_lookup(&space->pt, va, &f));
		frame_put(f);
	}
	return (char *)frame_data(f) + (va & PAGE_MASK);
}

static void *user_page(uva_t va, bool write, bool fault)
{
	struct frame *f;

	if (!fault) {
		if (!pt_lookup(&space->pt, va, &f)) {
			return NULL;
		}
		frame_put(f);
	}
	return at(va, write);
}

static void process_begin(void)
{
	struct map_request r = {
		.at = AT, .len = PAGES * PAGE_SIZE, .prot = PROT_READ | PROT_WRITE, .flags = VMA_MAYWRITE,
		.fixed = true, .pager = &pager_anon,
	};
	uva_t got;

	space = space_create();
	MUST(space && space_map(space, &r, &got) == 0);
	task_current()->space = space;
	fake_set_user(user_page);
}

static void process_end(void)
{
	MUST(space_check(space, machine_report) == 0);
	fake_set_user(NULL);
	task_current()->space = NULL;
	space_put(space);
}

static void fill(uint32_t seed, pgoff_t first, unsigned n)
{
	for (uint32_t k = 0; k < n * PAGE_SIZE; k++) {
		*at(AT + k, true) = (char)content(seed, ((uint64_t)first << PAGE_SHIFT) + k);
	}
}

static void memory_has(uint32_t seed, pgoff_t first, unsigned n)
{
	for (uint32_t k = 0; k < n * PAGE_SIZE; k++) {
		unsigned char want = seed ? content(seed, ((uint64_t)first << PAGE_SHIFT) + k) : 0;

		MUST((unsigned char)*at(AT + k, false) == want);
	}
}

static int write_pages(struct file *f, pgoff_t first, unsigned n)
{
	loff_t pos = (loff_t)first << PAGE_SHIFT;

	return file_write(f, AT, n << PAGE_SHIFT, &pos);
}

static int read_pages(struct file *f, pgoff_t first, unsigned n)
{
	loff_t pos = (loff_t)first << PAGE_SHIFT;

	return file_read(f, AT, n << PAGE_SHIFT, &pos);
}

/* ---- every boundary ---- */

static const struct { pgoff_t first; unsigned n; } parts[] = {
	{ 0, 1 }, { 1, DIRECT - 2 }, { DIRECT - 1, 2 }, { DIRECT + 1, 600 }, { SINGLE - 3, 6 }, { SINGLE + 3, 513 },
};

static void write_all(void *arg)
{
	struct file *f;

	(void)arg;
	machine_begin();
	process_begin();
	f = open_file("/new", O_RDWR | O_CREAT | O_DIRECT);
	for (unsigned k = 0; k < ARRAY_SIZE(parts); k++) {
		fill(9, parts[k].first, parts[k].n);
		MUST(write_pages(f, parts[k].first, parts[k].n) == (int)parts[k].n << PAGE_SHIFT);
		MUST(f->inode->mapping.nframes == 0);
	}
	fill(9, DIRECT + 601, SINGLE - 3 - DIRECT - 601);       /* the hole that is left */
	MUST(write_pages(f, DIRECT + 601, SINGLE - 3 - DIRECT - 601) > 0);
	MUST(f->inode->mapping.nframes == 0);
	for (unsigned k = 0; k < ARRAY_SIZE(parts); k++) {
		MUST(read_pages(f, parts[k].first, parts[k].n) == (int)parts[k].n << PAGE_SHIFT);
		memory_has(9, parts[k].first, parts[k].n);
	}
	file_put(f);
	process_end();
	machine_end();
}

static void test_boundaries(void **state)
{
	static const struct ramdisk_options how[] = { { 0 }, { .latency_us = 100 }, { .latency_us = 100, .seed = 5 } };

	(void)state;
	make_file("want", 9, (SINGLE + 3 + 513) * PAGE_SIZE);
	for (unsigned k = 0; k < ARRAY_SIZE(how); k++) {
		machine_options = how[k];
		make_disk("", 16 * 1024);
		machine(write_all, NULL);
		disk_is_clean();
		disk_has("/new", "want");
	}
	machine_options = (struct ramdisk_options){ 0 };
}

/* ---- the n-th of everything fails ---- */

enum { OLD = 20, MORE = 40 };           /* pages that the file has, and pages that are written from its middle on */

/* Returns to the host: 0 when nothing failed any more, 7 while something did. */
static void fail_nth(void *arg)
{
	unsigned n = *(unsigned *)arg;
	uint32_t before;
	struct file *f;
	int r;

	machine_begin();
	process_begin();
	f = open_file("/f", O_RDWR | O_CREAT | O_DIRECT);
	fill(1, 0, OLD);
	MUST(write_pages(f, 0, OLD) == OLD * PAGE_SIZE);
	before = blocks_free();
	fill(2, OLD / 2, MORE);
	if (n & 1) {
		blk_fail(IO_WRITE, n / 2 + 1);
	} else {
		frame_fail_nth(n / 2 + 1);
	}
	r = write_pages(f, OLD / 2, MORE);
	blk_fail(IO_WRITE, 0);
	frame_fail_nth(0);
	MUST(r == MORE * PAGE_SIZE || r == -EIO || r == -ENOMEM || (r > 0 && r % PAGE_SIZE == 0));
	MUST(f->inode->mapping.size == MAX((loff_t)OLD * PAGE_SIZE, OLD / 2 * (loff_t)PAGE_SIZE + MAX(r, 0)));
	if (r < (int)(OLD * PAGE_SIZE / 2)) {
		MUST(blocks_free() == before);
	}
	if (r > 0) {
		MUST(read_pages(f, OLD / 2, (unsigned)r / PAGE_SIZE) == r);
		memory_has(2, OLD / 2, (unsigned)r / PAGE_SIZE);
	}
	MUST(read_pages(f, 0, OLD / 2) == OLD / 2 * PAGE_SIZE);
	memory_has(1, 0, OLD / 2);
	file_put(f);
	process_end();
	machine_end();
	_exit(r == MORE * PAGE_SIZE ? 0 : 7);
}

static void test_failures(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 2; kind++) {
		unsigned failed = 0;

		for (unsigned n = kind;; n += 2, failed++) {
			int status;

			make_disk("", 4 * 1024);
			status = machine_run(fail_nth, &n);
			disk_is_clean();
			if (status == 0) {
				break;
			}
			assert_int_equal(status, 7);
		}
		assert_true(failed > 0);
	}
}

/* ---- a buffer that is another file's pages ---- */

enum { AT_FILE = 0x60000000, SHOWN = 4, TIMES = 200 };

static struct mapping *shown;

static void write_out(struct timeout *t)
{
	(void)t;
	wb_start(shown, 0, SHOWN - 1);
}

static int read_into(struct file *f, uva_t va)
{
	return file_read(f, va, SHOWN * PAGE_SIZE, &(loff_t){ 0 });
}

/* While the device fills them, those pages are written out: whatever the order, that file's disk has them in the end. */
static void filled_and_written(void *arg)
{
	struct timeout t = { .fn = write_out };
	struct map_request r = {
		.at = AT_FILE, .len = SHOWN * PAGE_SIZE, .prot = PROT_READ | PROT_WRITE,
		.flags = VMA_MAYWRITE | VMA_SHARED, .fixed = true, .pager = &pager_shared,
	};
	struct file *f, *g;
	uva_t got;

	(void)arg;
	machine_begin();
	process_begin();
	f = open_file("/f", O_RDWR | O_CREAT | O_DIRECT);
	g = open_file("/g", O_RDWR | O_CREAT | O_DIRECT);
	fill(4, 0, SHOWN);
	MUST(write_pages(f, 0, SHOWN) == SHOWN * PAGE_SIZE);
	MUST(file_truncate(g, SHOWN * PAGE_SIZE) == 0);
	r.mapping = shown = &g->inode->mapping;
	MUST(space_map(space, &r, &got) == 0);
	for (unsigned k = 0; k < TIMES; k++) {
		memset(at(AT_FILE, true), 0, PAGE_SIZE);
		timeout_add(&t, 10);
		MUST(read_into(f, AT_FILE) == SHOWN * PAGE_SIZE);
		MUST(read_into(g, AT) == SHOWN * PAGE_SIZE);
		memory_has(4, 0, SHOWN);
	}
	file_put(f);
	file_put(g);
	process_end();
	machine_end();
}

static void test_shared_buffer(void **state)
{
	(void)state;
	machine_options = (struct ramdisk_options){ .latency_us = 100, .seed = 3 };
	make_disk("", 4 * 1024);
	machine(filled_and_written, NULL);
	disk_is_clean();
	machine_options = (struct ramdisk_options){ 0 };
}

/* ---- pinned ---- */

static void pin_and_let_go(void *arg)
{
	struct frame *f[4], *left[4];
	struct tlb_batch b;

	(void)arg;
	machine_begin();
	process_begin();
	fill(3, 0, 2);
	MUST(space_pin(space, AT, 4, true, f) == 4);
	MUST(mutex_mine(&space->lock));
	b = tlb_begin(&space->pt);
	MUST(pt_detach(&space->pt, AT, 4, left, &b) == 0);      /* mwrite's way: it leaves them where they are */
	MUST(pt_unmap(&space->pt, AT, 4, &b) == 4);
	tlb_flush(&b);
	for (unsigned k = 0; k < 4; k++) {
		MUST(frame_sole(f[k]) && atomic_read(&f[k]->maps) == 0);
	}
	MUST(*(char *)frame_data(f[1]) == (char)content(3, PAGE_SIZE));
	space_unpin(space, f, 4);
	MUST(!mutex_mine(&space->lock));
	process_end();
	machine_end();
}

/* From the front, up to the first page that cannot be had; none: an error, and the lock is free. */
static void pin_what_there_is(void *arg)
{
	struct frame *f[4];

	(void)arg;
	machine_begin();
	process_begin();
	MUST(space_pin(space, AT + (PAGES - 3) * PAGE_SIZE, 4, true, f) == 3);
	space_unpin(space, f, 3);
	MUST(space_pin(space, AT + PAGES * PAGE_SIZE, 4, false, f) == -EFAULT);
	MUST(!mutex_mine(&space->lock));
	MUST(space_pin(space, AT, 1, false, f) == 1);
	MUST(f[0] == zero_frame);
	space_unpin(space, f, 1);
	MUST(space_pin(space, AT, 1, true, f) == 1);
	MUST(f[0] != zero_frame);
	space_unpin(space, f, 1);
	process_end();
	machine_end();
}

static void test_w20_pinned(void **state)
{
	(void)state;
	make_disk("", 4 * 1024);
	machine(pin_and_let_go, NULL);
	machine(pin_what_there_is, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boundaries),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_shared_buffer),
		cmocka_unit_test(test_w20_pinned),
	};

	return cmocka_run_group_tests(tests, machine_setup, machine_teardown);
}
