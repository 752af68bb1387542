/*
 * The power goes, at every moment.  A machine moves pages into files and makes them durable, on a disk that writes down
 * everything that it is asked to write.  Then, for each moment, the disk as it was is put into another machine, which
 * looks what the files hold: what they held, or what was moved there; never what somebody else once had.
 *
 * Two disks: one on which what was written is there, and one with a write cache that keeps the order of nothing but
 * flushes.  Pages are written whole.  (W18; F1, F2, F4)
 */
#include "tests/host/ext2_machine.h"

#include "mm/space/space.h"

enum {
	OLD = 1, NEW = 2, OTHERS = 3, DELETED = 66,             /* contents */
	OLD_PAGES = 8, OTHER_PAGES = 10, DELETED_PAGES = 478,
	MOVE_AT = 6, MOVED_PAGES = 12,          /* into /dst: over two of its pages, and ten more: an indirect block */
	NEW_PAGES = 14,
	AT = 0x40000000,
};

#define BYTES(pages) ((uint32_t)(pages) * PAGE_SIZE)

/* ---- the disk that writes down ---- */

enum note { WROTE, FLUSHED, DURABLE };

/* In file "log".  WROTE is followed by a page; DURABLE: pages [page, page + n) of /dst are promised from now on. */
struct entry { enum note note; uint32_t page, n; };

static const struct blkdev_ops *real_disk;
static FILE *log_file;

static void note(enum note what, uint32_t page, uint32_t n)
{
	struct entry e = { what, page, n };

	MUST(fwrite(&e, sizeof(e), 1, log_file) == 1);
}

static bool start_and_note(struct blkdev *d, struct ioreq *r)
{
	uint32_t page = r->sector / PAGE_SECTORS;

	if (r->op == IO_FLUSH) {
		note(FLUSHED, 0, 0);
	}
	for (unsigned s = 0; r->op == IO_WRITE && s < r->nsegs; s++) {
		for (uint32_t at = 0; at < r->seg[s].len; at += PAGE_SIZE) {
			note(WROTE, page++, 1);
			MUST(fwrite(phys_data(r->seg[s].addr + at), PAGE_SIZE, 1, log_file) == 1);
		}
	}
	return real_disk->start(d, r);
}

static const struct blkdev_ops noting_disk = { .start = start_and_note };

/* The disk as it is now is the beginning. */
static void begin_log(void)
{
	struct blkdev *d = blk_find("ram0");

	machine_save();
	log_file = fopen("log", "wb");
	MUST(log_file);
	real_disk = d->ops;
	d->ops = &noting_disk;
}

/* ---- what happens before the power goes ---- */

static struct space *space;
static struct file *dst;

/* The page of anonymous memory at @va, touched. */
static char *touch(uva_t va)
{
	struct frame *f;

	MUST(fault_handle(space, va, true) == FAULT_OK && pt_lookup(&space->pt, va, &f));
	frame_put(f);
	return frame_data(f);
}

/* Pages [at, at + n) of @f are NEW, by mwrite. */
static void move(struct file *f, pgoff_t at, unsigned n)
{
	struct map_request r = {
		.at = AT, .len = BYTES(n), .prot = PROT_READ | PROT_WRITE, .flags = VMA_MAYWRITE,
		.fixed = true, .pager = &pager_anon,
	};
	uva_t va;

	MUST(space_map(space, &r, &va) == 0);
	for (uint32_t page = 0; page < BYTES(n); page += PAGE_SIZE) {
		char *p = touch(AT + page);

		for (uint32_t k = 0; k < PAGE_SIZE; k++) {
			p[k] = (char)content(NEW, BYTES(at) + page + k);
		}
	}
	mutex_lock(&f->inode->lock);
	MUST(mwrite(space, AT, n, &f->inode->mapping, at) == (int)n);
	inode_dirty(f->inode);
	mutex_unlock(&f->inode->lock);
}

static void sync_pages(pgoff_t at, unsigned n)
{
	MUST(file_sync_range(dst, BYTES(at), BYTES(n), true) == 0);
	note(DURABLE, at, n);
}

static void all_of_it(void)
{
	move(dst, MOVE_AT, MOVED_PAGES);
	sync_pages(MOVE_AT, MOVED_PAGES);
}

static void a_part(void)
{
	move(dst, MOVE_AT, MOVED_PAGES);
	sync_pages(MOVE_AT + 9, 2);
}

static void everything(void)
{
	move(dst, MOVE_AT, MOVED_PAGES);
	MUST(fs_sync_all() == 0);
	note(DURABLE, MOVE_AT, MOVED_PAGES);
}

/* Not a word about /dst, but somebody's sync writes the metadata of all. */
static void somebody_elses(void)
{
	struct file *other = open_file("/other", O_RDWR);

	move(dst, MOVE_AT, MOVED_PAGES);
	MUST(write_content(other, OTHERS, 0, 100) == 100);
	MUST(file_sync_range(other, 0, 0, true) == 0);
	file_put(other);
}

static void a_new_file(void)
{
	struct file *f = open_file("/new", O_CREAT | O_RDWR);

	MUST(fs_sync_all() == 0);               /* its name is there */
	move(f, 0, NEW_PAGES);
	MUST(file_sync_range(f, 0, 0, true) == 0);
	file_put(f);
}

/* The same by write(2), a bit at a time, and the size is no multiple of anything. */
static void by_write(void)
{
	for (uint32_t at = BYTES(OLD_PAGES); at < BYTES(OLD_PAGES + 3); at += 1500) {
		MUST(write_content(dst, NEW, at, 1500) == 1500);
		if (at % 4 == 0) {
			MUST(fs_sync_all() == 0);
		}
	}
	MUST(file_sync_range(dst, 0, 0, true) == 0);
	note(DURABLE, OLD_PAGES, 3);
}

static void (*const stories[])(void) = { all_of_it, a_part, everything, somebody_elses, a_new_file, by_write };

static void tell(void *story)
{
	machine_begin();
	space = space_create();
	MUST(space);
	dst = open_file("/dst", O_RDWR);
	begin_log();
	(*(void (*const *)(void))story)();
	MUST(fclose(log_file) == 0);
}

/* ---- what the files hold afterwards ---- */

struct promise { uint32_t page, n; };           /* these pages of /dst must be NEW */

/* From byte @at of its file on, how many of @n bytes are @seed's. */
static uint32_t common(const char *p, uint32_t seed, uint32_t at, uint32_t n)
{
	uint32_t k = 0;

	while (k < n && (unsigned char)p[k] == content(seed, at + k)) {
		k++;
	}
	return k;
}

static bool zeros(const char *p, uint32_t n)
{
	return n == 0 || (*p == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/*
 * May page @i of a file, of which @n bytes are inside the file, be like this?  Where there was nothing the file may be
 * longer already than what was written: zeros then.
 */
static bool may_be(const char *p, pgoff_t i, uint32_t n, uint32_t old_pages, bool must_be_new)
{
	uint32_t new = common(p, NEW, BYTES(i), n);

	if (new == n || must_be_new) {
		return new == n;
	}
	return i < old_pages ? common(p, OLD, BYTES(i), n) == n : zeros(p + new, n - new);
}

static void judge_file(struct file *f, uint32_t old_pages, const struct promise *p)
{
	uint32_t size = (uint32_t)f->inode->mapping.size;

	MUST(!p || p->n == 0 || size >= BYTES(p->page + p->n));
	for (uint32_t at = 0; at < size; at += PAGE_SIZE) {
		uint32_t n = MIN(PAGE_SIZE, size - at);
		loff_t pos = at;
		pgoff_t i = at / PAGE_SIZE;

		MUST(file_read(f, BUF, n, &pos) == (int)n);
		if (!may_be(fake_user(BUF), i, n, old_pages, p && i >= p->page && i - p->page < p->n)) {
			fprintf(stderr, "page %u is not what it should be\n", i);
			abort();
		}
	}
	file_put(f);
}

static void look(void *arg)
{
	struct file *f;

	MUST(machine_try_mount(true) == 0);
	MUST(fs_mount(machine_fs, "/") == 0);
	f = open_file("/other", O_RDONLY);
	has_content(f, OTHERS, 0, BYTES(OTHER_PAGES));
	file_put(f);
	judge_file(open_file("/dst", O_RDONLY), OLD_PAGES, arg);
	if (file_open(root_fs->root, "/new", O_RDONLY, 0, &f) == 0) {
		judge_file(f, 0, NULL);
	}
}

/* ---- each moment ---- */

struct written { struct entry e; unsigned char *data; };

static struct written *history;
static unsigned nhistory;
static unsigned char *image;
static long image_size;

static void read_whole(const char *name, unsigned char **data, long *size)
{
	FILE *f = fopen(name, "rb");

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	*size = ftell(f);
	rewind(f);
	*data = malloc((size_t)*size + 1);
	assert_int_equal(fread(*data, 1, (size_t)*size, f), *size);
	fclose(f);
}

static unsigned char *read_history(void)
{
	unsigned char *raw;
	long size;

	read_whole("log", &raw, &size);
	history = calloc((size_t)size / sizeof(struct entry) + 1, sizeof(*history));
	nhistory = 0;
	for (long at = 0; at < size;) {
		struct written *w = &history[nhistory++];

		memcpy(&w->e, raw + at, sizeof(w->e));
		at += (long)sizeof(w->e);
		w->data = raw + at;
		at += w->e.note == WROTE ? (long)PAGE_SIZE : 0;
	}
	return raw;
}

static void apply(const struct written *w)
{
	if (w->e.note == WROTE) {
		memcpy(image + BYTES(w->e.page), w->data, PAGE_SIZE);
	}
}

/* What is on the disk when entries [0, end) were made: all of them, or those since the last flush by chance. */
static void make_image(unsigned end, const unsigned char *start, bool cached)
{
	unsigned sure = cached ? 0 : end;
	FILE *f;

	for (unsigned k = 0; k < end && cached; k++) {
		sure = history[k].e.note == FLUSHED ? k : sure;
	}
	memcpy(image, start, (size_t)image_size);
	for (unsigned k = 0; k < end; k++) {
		if (k < sure || host_random(2)) {
			apply(&history[k]);
		}
	}
	f = fopen("disk", "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(image, 1, (size_t)image_size, f), image_size);
	fclose(f);
}

static struct promise promised(unsigned end)
{
	struct promise p = { 0, 0 };

	for (unsigned k = 0; k < end; k++) {
		if (history[k].e.note == DURABLE) {
			p = (struct promise){ history[k].e.page, history[k].e.n };
		}
	}
	return p;
}

static void write_disk(void)
{
	shell("rm -rf src && mkdir src");
	make_file("src/dst", OLD, BYTES(OLD_PAGES));
	make_file("src/other", OTHERS, BYTES(OTHER_PAGES));
	make_file("src/deleted", DELETED, BYTES(DELETED_PAGES));
	make_disk("-I 128 -N 64 -O none,filetype", 2048);   /* full, but for a few blocks */
	shell("debugfs -w -R 'rm /deleted' disk 2>/dev/null");
}

/* Cut @story at every moment, on the disk with a cache several times. */
static void cut(void (*const *story)(void), bool cached, unsigned tries)
{
	unsigned char *start, *raw;

	write_disk();
	machine(tell, (void *)(uintptr_t)story);
	raw = read_history();
	read_whole("disk", &start, &image_size);
	image = malloc((size_t)image_size);
	assert_true(nhistory > 5);
	for (unsigned end = 0; end <= nhistory; end++) {
		struct promise p = promised(end);

		for (unsigned t = 0; t < tries; t++) {
			make_image(end, start, cached);
			if (machine_run(look, &p) != 0) {
				print_error("story %d, %s cache, after %u of %u\n", (int)(story - stories),
				            cached ? "with a" : "without", end, nhistory);
				fail();
			}
		}
	}
	free(image);
	free(start);
	free(history);
	free(raw);
}

/* With nothing but what was written: old or new; and what was promised is there and can be reached. */
static void test_w18_f02_cut_at_every_moment(void **state)
{
	(void)state;
	for (unsigned k = 0; k < ARRAY_SIZE(stories); k++) {
		cut(&stories[k], false, 1);
	}
}

/* The same on a disk that may forget what it was not told to flush, and not in the order in which it was told. */
static void test_w18_f04_cut_with_a_write_cache(void **state)
{
	(void)state;
	host_seed();
	for (unsigned k = 0; k < ARRAY_SIZE(stories); k++) {
		cut(&stories[k], true, 2);
	}
}

/* ---- the range, and nothing but the range ---- */

static void sync_three_pages(void *arg)
{
	(void)arg;
	machine_begin();
	dst = open_file("/dst", O_RDWR);
	MUST(write_content(dst, NEW, 0, BYTES(OLD_PAGES)) == BYTES(OLD_PAGES));
	begin_log();
	MUST(file_sync_range(dst, BYTES(3) + 1, BYTES(2), true) == 0);
	for (pgoff_t i = 0; i < OLD_PAGES; i++) {
		struct frame *f = pcache_find_one(&dst->inode->mapping, i);

		MUST(f && f->place);
		note(DURABLE, f->place, i >= 3 && i < 6);
		frame_put(f);
	}
	MUST(fclose(log_file) == 0);
}

/* What the device was asked to write, against where the pages of the range are. */
static void test_f01_only_the_range_is_written(void **state)
{
	unsigned writes[1u << 10] = { 0 }, judged = 0;
	unsigned char *raw;

	(void)state;
	write_disk();
	machine(sync_three_pages, NULL);
	raw = read_history();
	for (unsigned k = 0; k < nhistory; k++) {
		struct entry e = history[k].e;

		if (e.note == WROTE) {
			writes[e.page]++;
		} else if (e.note == DURABLE) {
			assert_int_equal(writes[e.page], e.n);
			judged++;
		}
	}
	assert_int_equal(judged, OLD_PAGES);
	free(history);
	free(raw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_f01_only_the_range_is_written),
		cmocka_unit_test(test_w18_f02_cut_at_every_moment),
		cmocka_unit_test(test_w18_f04_cut_with_a_write_cache),
	};

	return cmocka_run_group_tests(tests, machine_setup, machine_teardown);
}
