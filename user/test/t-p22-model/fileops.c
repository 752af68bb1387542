/*
 * fileops.c: what is done to files by their descriptors.
 *
 * Floor: user space.  Read next: maps.c.
 */
#include "model.h"

#include <unistd.h>

enum { BYTES = WINDOW * PAGE };

/* A part of the window: of some pages, of some bytes, or to the end. */
static void draw_part(const struct file *f, size_t *at, size_t *n)
{
	size_t most = MOVE_PAGES * PAGE;

	switch (draw(4)) {
	case 0:
		*at = draw(WINDOW) * PAGE;
		*n = (1 + draw(MOVE_PAGES)) * PAGE;
		break;
	case 1:
		*n = 1 + draw(2 * PAGE);
		*at = file_length(f);
		*at -= draw(2) && *at > *n ? *n : 0;
		break;
	default:
		*at = draw(BYTES);
		*n = 1 + draw(draw(4) ? 200 : most);
	}
	if (*at > BYTES)
		*at = BYTES;
	if (*n > BYTES - *at)
		*n = BYTES - *at;
}

void op_read(void)
{
	struct file *f = draw_file();
	size_t at, n;

	draw_part(f, &at, &n);
	note("read: file at n", f - files, at, n, 0);
	file_check(f, at, n);
}

void op_write(void)
{
	struct file *f = draw_file();
	const unsigned char *from;
	size_t at, n;

	draw_part(f, &at, &n);
	if (n == 0)
		return;
	note("write: file at n", f - files, at, n, 0);
	from = draw_bytes(n);
	MUST(pwrite(f->fd, from, n, file_base(f) + at) == (ssize_t)n);
	file_set(f, at, from, n);
}

void op_truncate(void)
{
	struct file *f = draw_file();
	off_t size = file_base(f);

	switch (draw(4)) {
	case 0:
		size += draw(WINDOW + 1) * PAGE;
		break;
	case 1:
		size = draw(4) ? size + draw(BYTES) : 0;
		break;
	default:			/* not far from what it is */
		size += file_length(f) + draw(4 * PAGE);
		size -= draw(8 * PAGE);
	}
	if (size < 0)
		size = 0;
	if (size > file_base(f) + BYTES)
		size = file_base(f) + BYTES;
	note("truncate: file, from to", f - files, f->size, size, 0);
	MUST(ftruncate(f->fd, size) == 0);
	file_resize(f, size);
	MUST(file_size(f->fd) == size);
}

void op_fsync(void)
{
	struct file *f = draw_file();

	note("fsync: file", f - files, 0, 0, 0);
	MUST((draw(2) ? fsync(f->fd) : fdatasync(f->fd)) == 0);
}

void op_sync_area(void)
{
	struct file *f = draw_file();
	size_t at, n;

	draw_part(f, &at, &n);
	note("sync-area: file at n", f - files, at, n, 0);
	MUST(fdatasync_area(f->fd, file_base(f) + at, n) == 0);
}

void op_msync(void)
{
	struct map *m = draw_map();
	int how = draw(3) ? MS_SYNC : MS_ASYNC;

	if (!m)
		return;
	note("msync: map how", m - maps, how, 0, 0);
	MUST(msync(m->at, m->pages * PAGE, how) == 0);
}

/*
 * Cached pages go; with what was dirty written first, most of them.
 */
void op_cold(void)
{
	struct file *f = draw_file();
	int sync = draw(2);

	note("cold: file sync", f - files, sync, 0, 0);
	if (sync)
		MUST(fdatasync_area(f->fd, 0, 0) == 0);
	MUST(drop_cached_pages(f->fd) >= 0);
}

void op_ahead(void)
{
	struct file *f = draw_file();
	size_t at, n;

	draw_part(f, &at, &n);
	note("ahead: file at n", f - files, at, n, 0);
	MUST(readahead(f->fd, file_base(f) + at, n) == 0);
}

/*
 * The file goes, and its blocks; another takes its name.
 */
void op_again(void)
{
	struct file *f = draw_file();

	note("again: file", f - files, 0, 0, 0);
	for (int i = 0; i < MAPS; i++) {
		if (maps[i].file == f)
			map_remove(&maps[i]);
	}
	close(f->fd);
	file_make(f);
}

/*
 * A whole file, and with it the hole before the window.
 */
void op_whole(void)
{
	struct file *f = draw_file();
	uint32_t word = 1;
	off_t at = f->base ? draw(f->base) * (off_t)PAGE : 0;

	note("whole: file", f - files, 0, 0, 0);
	MUST(file_size(f->fd) == f->size);
	file_check(f, 0, BYTES);
	if (f->base && at + 4 <= f->size) {
		MUST(pread(f->fd, &word, 4, at) == 4);
		MUST(word == 0);
	}
}
