/*
 * ext2 against a model: random operations on a few files, with a small memory, a slow disk whose completions
 * come in any order, several block groups and a disk that fills up.  At the end the host's tools must find in
 * the image what the model has.
 */
#include "tests/host/ext2_machine.h"

enum { FILES = 6, FILE_MAX = 5 * 1024 * 1024, STEPS = 4000 };

struct model {
	struct file   *open;            /* NULL: no such file */
	uint32_t       size;
	unsigned char *bytes;           /* FILE_MAX of them; zeros past the size */
};

static struct model models[FILES];

static const char *path_of(unsigned k)
{
	static char path[32];

	snprintf(path, sizeof(path), "/file%u", k);
	return path;
}

static void create(struct model *m, unsigned k)
{
	int r = file_open(root_fs->root, path_of(k), O_RDWR | O_CREAT | O_EXCL, 0644, &m->open);

	MUST(r == 0 || r == -ENOSPC);
	if (r < 0) {
		m->open = NULL;
	}
	m->size = 0;
	memset(m->bytes, 0, FILE_MAX);
}

static void write_some(struct model *m)
{
	uint32_t at = host_random(5) ? host_random(m->size + 1) : host_random(FILE_MAX);
	uint32_t n = 1 + host_random(host_random(3) ? 9000 : 200000);
	loff_t pos = at;
	int r;

	n = MIN(n, FILE_MAX - at);
	for (uint32_t k = 0; k < n; k++) {
		*fake_user(BUF + k) = (char)host_random(256);
	}
	r = file_write(m->open, BUF, n, &pos);
	MUST((r > 0 && (uint32_t)r <= n) || r == -ENOSPC || n == 0);
	if (r > 0) {
		memcpy(m->bytes + at, fake_user(BUF), (uint32_t)r);
		m->size = MAX(m->size, at + (uint32_t)r);
	}
}

static void read_some(struct model *m)
{
	uint32_t at = host_random(m->size + 5000), n = 1 + host_random(200000);
	uint32_t want = at < m->size ? MIN(n, m->size - at) : 0;
	loff_t pos = at;

	MUST(file_read(m->open, BUF, n, &pos) == (int)want);
	MUST(memcmp(fake_user(BUF), m->bytes + at, want) == 0);
}

static void truncate_some(struct model *m)
{
	uint32_t size = host_random(4) ? host_random(m->size + 1) : host_random(FILE_MAX);

	MUST(inode_truncate(m->open->inode, size) == 0);
	if (size < m->size) {
		memset(m->bytes + size, 0, m->size - size);
	}
	m->size = size;
}

/* Pages move in as mwrite does it: nameless frames, placed, then given over whatever hole is there. */
static void give_some(struct model *m)
{
	struct mapping *map = &m->open->inode->mapping;
	pgoff_t i = size_pages(m->size);
	struct frame *f[32];
	unsigned n = 1 + host_random(32), got;
	int placed;

	if ((i + n) * PAGE_SIZE > FILE_MAX) {
		return;
	}
	mutex_lock(&m->open->inode->lock);
	got = frame_alloc_many(f, n, ALLOC_WAIT);
	MUST(got == n && pcache_reserve(map, i, n) == 0);
	for (unsigned k = 0; k < n; k++) {
		memset(frame_data(f[k]), (int)host_random(256), PAGE_SIZE);
	}
	order_begin();
	placed = map->ops->prepare(map, i, f, n);
	MUST(placed > 0 || placed == -ENOSPC);
	placed = MAX(placed, 0);
	for (unsigned k = 0; k < (unsigned)placed; k++) {
		memcpy(m->bytes + (i + k) * PAGE_SIZE, frame_data(f[k]), PAGE_SIZE);
	}
	if (placed > 0) {
		MUST(pcache_extend(map, (loff_t)i << PAGE_SHIFT) == 0);
		MUST(pcache_give(map, i, f, (unsigned)placed, FR_UPTODATE | FR_DIRTY) == (unsigned)placed);
		MUST(pcache_extend(map, (loff_t)(i + (unsigned)placed) << PAGE_SHIFT) == 0);
		m->size = (i + (unsigned)placed) * PAGE_SIZE;
	}
	order_end();
	frame_put_many(f + placed, n - (unsigned)placed);
	mapping_not_pending(map);
	pcache_unreserve(map, i, n);
	inode_dirty(m->open->inode);
	mutex_unlock(&m->open->inode->lock);
}

static void step(unsigned k)
{
	struct model *m = &models[k];

	if (!m->open) {
		create(m, k);
		return;
	}
	switch (host_random(16)) {
	case 0:
		MUST(fs_unlink(root_fs->root, path_of(k)) == 0);
		read_some(m);                   /* still there, for us */
		file_put(m->open);
		m->open = NULL;
		return;
	case 1:
		truncate_some(m);
		return;
	case 2:
		MUST(file_sync_range(m->open, host_random(m->size + 1), 0, true) == 0);
		return;
	case 3:
		forget_pages(m->open);
		return;
	case 4:
		machine_drop_caches();
		return;
	case 5:
		give_some(m);
		return;
	case 6: case 7: case 8: case 9: case 10:
		read_some(m);
		return;
	default:
		write_some(m);
	}
}

static void save_model(unsigned k)
{
	char name[32];
	FILE *f;

	snprintf(name, sizeof(name), "model%u", k);
	unlink(name);
	if (models[k].open) {
		f = fopen(name, "wb");
		MUST(f && fwrite(models[k].bytes, 1, models[k].size, f) == models[k].size);
		fclose(f);
		file_put(models[k].open);
	}
}

static void run_model(void *arg)
{
	(void)arg;
	machine_begin();
	for (unsigned k = 0; k < FILES; k++) {
		models[k].bytes = malloc(FILE_MAX);
	}
	for (unsigned n = 0; n < STEPS; n++) {
		step(host_random(FILES));
		if (n % 100 == 0) {
			MUST(pcache_check(machine_report) == 0);
		}
	}
	for (unsigned k = 0; k < FILES; k++) {
		save_model(k);
	}
	machine_end();
}

static void random_run(const char *mke2fs_options, struct ramdisk_options disk)
{
	machine_options = disk;
	shell("rm -rf src");
	make_disk(mke2fs_options, 12 * 1024);
	machine(run_model, NULL);
	disk_is_clean();
	for (unsigned k = 0; k < FILES; k++) {
		char name[32];

		snprintf(name, sizeof(name), "model%u", k);
		if (access(name, F_OK) == 0) {
			disk_has(path_of(k), name);
		}
	}
}

static void test_fast(void **state)
{
	(void)state;
	random_run("-I 128 -O none,filetype", (struct ramdisk_options){ 0, 0, 0, 0 });
}

static void test_slow(void **state)
{
	(void)state;
	random_run("-I 256 -g 512", (struct ramdisk_options){ .latency_us = 100 });
}

static void test_disordered(void **state)
{
	(void)state;
	random_run("-I 128 -g 256", (struct ramdisk_options){ .latency_us = 100, .seed = 1 + host_random(9999) });
}

static int setup(void **state)
{
	host_seed();
	return machine_setup(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fast), cmocka_unit_test(test_slow), cmocka_unit_test(test_disordered),
	};

	return cmocka_run_group_tests(tests, setup, machine_teardown);
}
