/*
 * A file on a disk in the test's memory, behind the door mapping_ops: for tests of the page cache alone.
 *
 * Blocks are handed out and taken back as a file system would, and hold old bytes until they are written, so a
 * page that shows what nobody wrote is noticed.  Transfers wait in a list; memfile_step() ends one, chosen at
 * random, so requests complete in any order, as interrupts, while somebody sleeps or between operations.
 * The bytes move when a transfer ends, not when it starts: a device reads memory late.
 */
#ifndef TESTS_HOST_MEMFILE_H
#define TESTS_HOST_MEMFILE_H

#include "tests/host/memory.h"

#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/cache/check.h"
#include "mm/cache/pcache.h"
#include "mm/cache/writeback.h"

enum { MEMFILE_PAGES = 300, MEMFILE_BLOCKS = 400, MEMFILE_REQUESTS = 400, MEMFILE_RUN = 16 };

struct memfile {
	struct mapping m;               /* first: ops find the file by it */
	uint32_t       block[MEMFILE_PAGES];    /* 0 = hole */
	unsigned       reads, writes;           /* pages */
};

enum memfile_op { MEMFILE_READ, MEMFILE_WRITE };

static struct {
	unsigned char disk[MEMFILE_BLOCKS][PAGE_SIZE];
	bool          taken[MEMFILE_BLOCKS];
	unsigned      fail_reads, fail_writes;  /* so many requests from now on end in EIO */
	unsigned      pending;
	struct memfile_request {
		struct memfile *file;
		enum memfile_op op;
		pgoff_t         first;
		unsigned        n;
		struct frame   *frame[MEMFILE_RUN];
	} request[MEMFILE_REQUESTS];
} memdisk;

static inline struct memfile *memfile_of(struct mapping *m)
{
	return (struct memfile *)(void *)m;
}

static inline unsigned memdisk_free(void)
{
	unsigned n = 0;

	for (unsigned b = 1; b < MEMFILE_BLOCKS; b++) {
		n += !memdisk.taken[b];
	}
	return n;
}

/* A block for page @i of @f, with whatever its last owner left there; false when the disk is full. */
static inline bool memfile_place(struct memfile *f, pgoff_t i)
{
	for (unsigned b = 1; b < MEMFILE_BLOCKS && f->block[i] == 0; b++) {
		if (!memdisk.taken[b]) {
			memdisk.taken[b] = true;
			f->block[i] = b;
		}
	}
	return f->block[i] != 0;
}

/* After pcache_truncate(): the blocks past page @end are free. */
static inline void memfile_free_blocks(struct memfile *f, pgoff_t end)
{
	for (pgoff_t i = end; i < MEMFILE_PAGES; i++) {
		memdisk.taken[f->block[i]] = false;
		f->block[i] = 0;
	}
}

/* ---- transfers ---- */

static inline void memfile_transfer(const struct memfile_request *r)
{
	for (unsigned k = 0; k < r->n; k++) {
		struct frame *f = r->frame[k];

		assert_ptr_equal(f->mapping, &r->file->m);
		assert_int_equal(f->index, r->first + k);
		assert_int_equal(f->place, r->file->block[r->first + k]);
		if (r->op == MEMFILE_READ) {
			assert_true(frame_is(f, FR_LOCKED) && !frame_is(f, FR_UPTODATE));
			memcpy(frame_data(f), memdisk.disk[f->place], PAGE_SIZE);
		} else {
			assert_true(frame_is(f, FR_WRITEBACK) && frame_is(f, FR_UPTODATE));
			memcpy(memdisk.disk[f->place], frame_data(f), PAGE_SIZE);
		}
	}
}

/* End request number @k: as the device's interrupt would. */
static inline void memfile_end(unsigned k)
{
	struct memfile_request r = memdisk.request[k];
	unsigned *fail = r.op == MEMFILE_READ ? &memdisk.fail_reads : &memdisk.fail_writes;
	int error = 0;

	memdisk.request[k] = memdisk.request[--memdisk.pending];
	if (*fail > 0) {
		--*fail;
		error = -EIO;
	} else {
		memfile_transfer(&r);
	}
	if (r.op == MEMFILE_READ) {
		pcache_read_done(&r.file->m, r.first, r.n, error);
	} else {
		pcache_write_done(&r.file->m, r.first, r.n, error);
	}
}

/* One step of the world: some transfer ends.  False when there is none. */
static inline bool memfile_step(void *ctx)
{
	(void)ctx;
	if (memdisk.pending == 0) {
		return false;
	}
	memfile_end(host_random(memdisk.pending));
	return true;
}

static inline void memfile_finish(void)
{
	while (memfile_step(NULL)) {
	}
}

static inline void memfile_submit(struct memfile *f, enum memfile_op op, pgoff_t i,
                                  struct frame **frame, unsigned n)
{
	struct memfile_request *r;

	assert_true(memdisk.pending < MEMFILE_REQUESTS && n > 0 && n <= MEMFILE_RUN);
	r = &memdisk.request[memdisk.pending++];
	*r = (struct memfile_request){ .file = f, .op = op, .first = i, .n = n };
	memcpy(r->frame, frame, n * sizeof(*frame));
}

/* ---- mapping_ops ---- */

static inline int memfile_prepare(struct mapping *m, pgoff_t i, struct frame **frame, unsigned n)
{
	struct memfile *f = memfile_of(m);
	unsigned k;

	for (k = 0; k < n && memfile_place(f, i + k); k++) {
		frame[k]->place = f->block[i + k];
	}
	return k > 0 ? (int)k : -ENOSPC;
}

static inline void memfile_read(struct mapping *m, pgoff_t i, struct frame **frame, unsigned n)
{
	struct memfile *f = memfile_of(m);

	f->reads += n;
	for (unsigned k = 0, run; k < n; k += run) {
		run = 1;
		assert_true(frame_is(frame[k], FR_LOCKED));
		if (f->block[i + k] == 0) {
			memset(frame_data(frame[k]), 0, PAGE_SIZE);
			pcache_read_done(m, i + k, 1, 0);
			continue;
		}
		while (k + run < n && run < MEMFILE_RUN && f->block[i + k + run] != 0) {
			run++;
		}
		for (unsigned j = k; j < k + run; j++) {
			frame[j]->place = f->block[i + j];
		}
		memfile_submit(f, MEMFILE_READ, i + k, frame + k, run);
	}
}

static inline void memfile_write(struct mapping *m, pgoff_t i, struct frame **frame, unsigned n)
{
	struct memfile *f = memfile_of(m);

	f->writes += n;
	for (unsigned k = 0, run; k < n; k += run) {
		run = MIN(n - k, (unsigned)MEMFILE_RUN);
		memfile_submit(f, MEMFILE_WRITE, i + k, frame + k, run);
	}
}

static const struct mapping_ops memfile_ops = {
	.prepare = memfile_prepare,
	.read    = memfile_read,
	.write   = memfile_write,
};

/* ---- the start and the end of a test ---- */

/* Frames, an empty disk, sleepers that let transfers end. */
static inline void memfile_begin(unsigned pages)
{
	memory_begin(pages);
	memset(&memdisk, 0, sizeof(memdisk));
	memset(memdisk.disk, 0xA5, sizeof(memdisk.disk));
	memdisk.taken[0] = true;
	host_random_state |= 1;
	fake_set_world(memfile_step, NULL);
	wb_init();
}

/* @f is @pages long; page i is on the disk, full of the byte that content() says. */
static inline unsigned char memfile_byte(pgoff_t i)
{
	return (unsigned char)(i * 7 + 1);
}

static inline void memfile_init(struct memfile *f, unsigned pages)
{
	memset(f, 0, sizeof(*f));
	mapping_init(&f->m, &memfile_ops, (loff_t)pages * PAGE_SIZE);
	for (pgoff_t i = 0; i < pages; i++) {
		assert_true(memfile_place(f, i));
		memset(memdisk.disk[f->block[i]], memfile_byte(i), PAGE_SIZE);
	}
}

/* Every byte of @page is @byte. */
static inline bool memfile_is(const void *page, unsigned char byte)
{
	const unsigned char *p = page;

	return p[0] == byte && memcmp(p, p + 1, PAGE_SIZE - 1) == 0;
}

static inline void memfile_check(void)
{
	assert_int_equal(pcache_check(memory_report), 0);
	assert_int_equal(frame_check(memory_report), 0);
}

/* Let everything end, drop the file from memory and from the disk. */
static inline void memfile_destroy(struct memfile *f)
{
	wb_start(&f->m, 0, ~0u);
	wb_wait(&f->m, 0, ~0u);
	memfile_finish();
	memfile_check();
	assert_int_equal(f->m.ndirty, 0);
	assert_int_equal(pcache_truncate(&f->m, 0), 0);
	assert_int_equal(f->m.nframes, 0);
	assert_null(f->m.frames.root);
	wb_detach(&f->m);
	memfile_free_blocks(f, 0);
}

static inline void memfile_finish_test(void)
{
	struct pcache_totals t = pcache_totals();

	assert_int_equal(memdisk.pending, 0);
	assert_int_equal(t.named + t.dirty + t.writeback, 0);
	assert_int_equal(memdisk_free(), MEMFILE_BLOCKS - 1);
	memory_end();
}

/* A fresh, nameless frame full of @byte. */
static inline struct frame *memfile_frame(unsigned char byte)
{
	struct frame *f = frame_alloc(ALLOC_WAIT);

	assert_non_null(f);
	memset(frame_data(f), byte, PAGE_SIZE);
	return f;
}

/* What write(2) does: page @i becomes full of @byte and dirty. */
static inline int memfile_fill(struct memfile *file, pgoff_t i, unsigned char byte)
{
	struct frame *f;
	int err = pcache_grab(&file->m, i, &f);

	if (err) {
		return err;
	}
	assert_true(frame_is(f, FR_LOCKED));
	err = memfile_prepare(&file->m, i, &f, 1);
	if (err > 0) {
		memset(frame_data(f), byte, PAGE_SIZE);
		frame_set(f, FR_UPTODATE);
		pcache_dirty(f);
		err = 0;
	}
	frame_unlock(f);
	frame_put(f);
	if (err == 0) {
		err = pcache_extend(&file->m, (loff_t)(i + 1) * PAGE_SIZE);
	}
	return err;
}

#endif
