/*
 * move.c: mwrite, and the two calls that copy between a file and a mapping.
 *
 * Floor: user space.  Read next: past.c.
 */
#include "model.h"

#include <string.h>
#include <unistd.h>

struct move {
	struct map *map;
	unsigned k, n;		/* its pages */
	struct file *to;
	unsigned at;		/* page of the destination's window */
};

/* What comes of it. */
enum outcome { MOVES, SHORT, INVALID, UNDECIDED };

/*
 * Page @j of the move is a page of the destination itself that lies elsewhere
 * in what is overwritten.  Of untouched MAP_UNCACHED pages that is refused
 * (decision 7); otherwise what becomes of it is nobody's promise.
 */
static enum outcome overlap(const struct move *v, unsigned j)
{
	const struct map *m = v->map;
	unsigned index = m->first + v->k + j;

	if (m->own[v->k + j] || m->file != v->to || index == v->at + j
	    || index < v->at || index >= v->at + v->n)
		return MOVES;
	if (m->kind == UNCACHED
	    && page_of_address(m->at + (v->k + j) * PAGE) == 0)
		return INVALID;
	return UNDECIDED;
}

/* How many pages have something behind them, from the first on. */
static unsigned movable(const struct move *v)
{
	unsigned j = 0;

	while (j < v->n && !map_past_end(v->map, v->k + j))
		j++;
	return j;
}

static enum outcome foresee(const struct move *v)
{
	enum outcome worst = MOVES;

	for (unsigned j = 0; j < v->n; j++) {
		enum outcome o = overlap(v, j);

		if (o == INVALID)
			return INVALID;
		worst = o == UNDECIDED ? o : worst;
	}
	if (worst == MOVES && movable(v) < v->n) {
		/* A file that grows while its own pages move may have them. */
		return v->map->file == v->to ? UNDECIDED : SHORT;
	}
	return worst;
}

/* The model's part: the bytes go, and the pages show what is behind them. */
static void apply(const struct move *v, unsigned n)
{
	static unsigned char moved[MOVE_PAGES * PAGE];
	struct map *m = v->map;

	for (unsigned j = 0; j < n; j++)
		memcpy(moved + j * PAGE, map_page(m, v->k + j), PAGE);
	if (n > 0)
		file_set(v->to, v->at * PAGE, moved, n * PAGE);
	for (unsigned k = v->k; k < v->k + n; k++) {
		if (m->kind == ANONYMOUS)
			memset(m->bytes + k * PAGE, 0, PAGE);
		else
			m->own[k] = false;
	}
}

static void check_move(const struct move *v, unsigned n, int error)
{
	char *p = v->map->at + v->k * PAGE;
	off_t from = file_base(v->to) + v->at * PAGE;

	MUST(lseek(v->to->fd, from, SEEK_SET) == from);
	if (n > 0)
		MUST(mwrite(v->to->fd, p, v->n * PAGE)
		     == (ssize_t)(n * PAGE));
	apply(v, n);
	MUST(lseek(v->to->fd, 0, SEEK_CUR) == from + n * PAGE);
	if (error) {
		errno = 0;
		MUST(mwrite(v->to->fd, p + n * PAGE, (v->n - n) * PAGE) == -1);
		MUST(errno == error);
	}
	MUST(file_size(v->to->fd) == v->to->size);
	if (draw(4) == 0)
		file_check(v->to, v->at * PAGE, v->n * PAGE);
}

void op_mwrite(void)
{
	struct move v = { .map = draw_map(), .to = draw_file() };
	enum outcome outcome;

	if (!v.map)
		return;
	v.k = draw(v.map->pages);
	v.n = 1 + draw(v.map->pages - v.k < MOVE_PAGES ? v.map->pages - v.k
						       : MOVE_PAGES);
	v.at = draw(WINDOW - v.n + 1);
	if (draw(8) == 0 && v.map->first + v.k + v.n <= WINDOW)
		v.at = v.map->first + v.k;
	outcome = foresee(&v);
	if (outcome == UNDECIDED)
		return;
	note("mwrite: map page n, file", v.map - maps, v.k, v.n, v.to - files);
	note("        at, foreseen", v.at, outcome, 0, 0);
	if (outcome == INVALID)
		check_move(&v, 0, EINVAL);
	else
		check_move(&v, movable(&v), outcome == SHORT ? EIO : 0);
}

/* ---- copying ---- */

/* A part of one page of a mapping that has something behind it. */
static struct map *draw_piece(unsigned *k, size_t *at, size_t *n)
{
	struct map *m = draw_map();

	if (!m)
		return NULL;
	*k = draw(m->pages);
	*n = 1 + draw(draw(2) ? PAGE : 100);
	*at = draw(PAGE - *n + 1);
	if (map_past_end(m, *k))
		return NULL;
	return m;
}

/* Would the two be the same page of the same file?  Then who is first counts. */
static bool same_page(const struct map *m, unsigned k, const struct file *f,
		      size_t pos, size_t n)
{
	size_t page = (m->first + k) * PAGE;

	return !m->own[k] && m->file == f && pos < page + PAGE
	    && page < pos + n;
}

/*
 * pread() into a mapping: the kernel's touch is as good as ours.
 */
void op_read_into(void)
{
	struct file *f = draw_file();
	size_t at, n, pos = draw(WINDOW * PAGE), len = file_length(f);
	unsigned k;
	struct map *m = draw_piece(&k, &at, &n);

	if (!m || pos >= len || same_page(m, k, f, pos, n))
		return;
	if (n > len - pos)
		n = len - pos;
	if (m->kind == SHARED
	    && (m->first + k) * PAGE + at + n > file_length(m->file))
		return;
	note("read-into: map page, file pos", m - maps, k, f - files, pos);
	note("           at n", at, n, 0, 0);
	MUST(pread(f->fd, m->at + k * PAGE + at, n, file_base(f) + pos)
	     == (ssize_t)n);
	if (m->kind == SHARED) {
		file_set(m->file, (m->first + k) * PAGE + at, f->bytes + pos,
			 n);
		return;
	}
	if (!m->own[k])
		map_own(m, k, map_page(m, k));
	memcpy(m->bytes + k * PAGE + at, f->bytes + pos, n);
}

/*
 * pwrite() from a mapping.
 */
void op_write_from(void)
{
	struct file *f = draw_file();
	size_t at, n, pos = draw((WINDOW - 1) * PAGE);
	unsigned k;
	struct map *m = draw_piece(&k, &at, &n);
	static unsigned char from[PAGE];

	if (!m || same_page(m, k, f, pos, n))
		return;
	note("write-from: map page, file pos", m - maps, k, f - files, pos);
	note("            at n", at, n, 0, 0);
	memcpy(from, map_page(m, k) + at, n);
	MUST(pwrite(f->fd, m->at + k * PAGE + at, n, file_base(f) + pos)
	     == (ssize_t)n);
	map_settle(m, k);
	file_set(f, pos, from, n);
}
