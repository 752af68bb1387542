/*
 * past.c: past the cache, by O_DIRECT, and from file to file inside the kernel.
 * Both must see what everybody else has written, and be seen.
 *
 * Floor: user space.  Read next: other.c.
 */
#define _GNU_SOURCE
#include "model.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

/* Some pages of a mapping and as many of a file. */
struct piece {
	struct map *map;
	unsigned k, n;		/* its pages */
	struct file *file;
	unsigned at;		/* page of the file's window */
};

/* Does the page show one of the file itself?  Then who is first counts. */
static bool shows(const struct map *m, unsigned k, const struct file *f)
{
	return !m->own[k] && m->file == f;
}

static bool draw_piece(struct piece *p)
{
	*p = (struct piece){ .map = draw_map(), .file = draw_file() };
	if (!p->map)
		return false;
	p->k = draw(p->map->pages);
	p->n = 1 + draw(p->map->pages - p->k);
	p->at = draw(WINDOW - p->n + 1);
	for (unsigned k = p->k; k < p->k + p->n; k++) {
		if (map_past_end(p->map, k) || shows(p->map, k, p->file))
			return false;
	}
	return true;
}

static char *address(const struct piece *p)
{
	return p->map->at + p->k * PAGE;
}

static void by_o_direct(struct file *f, int on)
{
	MUST(fcntl(f->fd, F_SETFL, on ? O_DIRECT : 0) == 0);
}

/* The last page of the destination's file has a tail that is nobody's. */
static bool has_tail(const struct piece *p)
{
	return p->map->kind == SHARED
	    && (p->map->first + p->k + p->n) * PAGE > file_length(p->map->file);
}

/* Page @j is what the file has there; of a shared mapping its file's, too. */
static void arrived(const struct piece *p, unsigned j)
{
	const unsigned char *from = p->file->bytes + (p->at + j) * PAGE;
	struct map *m = p->map;

	if (m->kind == SHARED)
		file_set(m->file, (m->first + p->k + j) * PAGE, from, PAGE);
	else
		map_own(m, p->k + j, from);
}

/*
 * From the disk to the pages of a mapping.  The end of a file may be inside a
 * page: what follows it there is zeros.
 */
void op_direct_read(void)
{
	struct piece p;
	size_t len, there;

	if (!draw_piece(&p) || has_tail(&p))
		return;
	len = file_length(p.file);
	there = len > p.at * PAGE ? len - p.at * PAGE : 0;
	if (there > p.n * PAGE)
		there = p.n * PAGE;
	note("direct-read: map page n, file", p.map - maps, p.k, p.n,
	     p.file - files);
	note("             at, bytes", p.at, there, 0, 0);
	by_o_direct(p.file, 1);
	MUST(pread(p.file->fd, address(&p), p.n * PAGE,
		   file_base(p.file) + p.at * PAGE) == (ssize_t)there);
	by_o_direct(p.file, 0);
	for (unsigned j = 0; j * PAGE < there; j++)
		arrived(&p, j);
}

/*
 * From the pages of a mapping to the disk.
 */
void op_direct_write(void)
{
	struct piece p;

	if (!draw_piece(&p))
		return;
	note("direct-write: map page n, file", p.map - maps, p.k, p.n,
	     p.file - files);
	note("              at", p.at, 0, 0, 0);
	by_o_direct(p.file, 1);
	MUST(pwrite(p.file->fd, address(&p), p.n * PAGE,
		    file_base(p.file) + p.at * PAGE) == (ssize_t)(p.n * PAGE));
	by_o_direct(p.file, 0);
	for (unsigned j = 0; j < p.n; j++) {
		map_settle(p.map, p.k + j);
		file_set(p.file, (p.at + j) * PAGE, map_page(p.map, p.k + j),
			 PAGE);
	}
}

/*
 * From file to file, any bytes.
 */
void op_copy(void)
{
	struct file *in = draw_file(), *out = draw_file();
	size_t n = 1 + draw(draw(2) ? 100 : MOVE_PAGES * PAGE), len, there;
	size_t at = draw(WINDOW * PAGE), to = draw(WINDOW * PAGE - n);
	off_t from = file_base(in) + at, into = file_base(out) + to;
	int send = draw(2);

	if (in == out)
		return;
	len = file_length(in);
	there = at >= len ? 0 : len - at < n ? len - at : n;
	note("copy: file at, file to", in - files, at, out - files, to);
	note("      n, bytes, sendfile", n, there, send, 0);
	if (send) {
		MUST(lseek(out->fd, into, SEEK_SET) == into);
		MUST(sendfile(out->fd, in->fd, &from, n) == (ssize_t)there);
		MUST(lseek(out->fd, 0, SEEK_CUR) == into + (off_t)there);
	} else {
		MUST(copy_file_range(in->fd, &from, out->fd, &into, n, 0)
		     == (ssize_t)there);
		MUST(into == file_base(out) + (off_t)(to + there));
	}
	MUST(from == file_base(in) + (off_t)(at + there));
	if (there > 0)
		file_set(out, to, in->bytes + at, there);
}
