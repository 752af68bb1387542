/*
 * maps.c: mappings, and what they must show.
 *
 * A page of a private mapping is its process's own from the first write on,
 * and so is one of MAP_UNCACHED that was taken from the cache when it was
 * touched.  Whether it could be taken is not for the model to foresee: where
 * the page table and the file's cache have the same frame, it was not.
 *
 * Floor: user space.  Read next: move.c.
 */
#include "model.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct map maps[MAPS];

static jmp_buf after_bus;

/*
 * What page @k must hold.
 */
const unsigned char *map_page(const struct map *m, unsigned k)
{
	return m->own[k] ? m->bytes + k * PAGE
			 : m->file->bytes + (m->first + k) * PAGE;
}

/*
 * Does it show a page of its file that the file has not got?
 */
bool map_past_end(const struct map *m, unsigned k)
{
	return !m->own[k] && (m->first + k) * PAGE >= file_length(m->file);
}

/*
 * Page @k is the mapping's own from now on, and holds @bytes.
 */
void map_own(struct map *m, unsigned k, const void *bytes)
{
	memmove(m->bytes + k * PAGE, bytes, PAGE);
	m->own[k] = true;
}

/*
 * Page @k was touched: has it left the cache?
 */
void map_settle(struct map *m, unsigned k)
{
	long here, there;

	if (m->kind != UNCACHED || m->own[k])
		return;
	here = page_of_address(m->at + k * PAGE);
	there = page_of_file(m->file->fd, m->file->base + m->first + k);
	if (here != 0 && here != there)
		map_own(m, k, map_page(m, k));
}

/*
 * munmap(), if there is such a mapping.
 */
void map_remove(struct map *m)
{
	if (m->at)
		MUST(munmap(m->at, m->pages * PAGE) == 0);
	m->at = NULL;
}

static void make(struct map *m)
{
	static const int flags[KINDS] = {
		[ANONYMOUS] = MAP_PRIVATE | MAP_ANONYMOUS,
		[PRIVATE] = MAP_PRIVATE,
		[UNCACHED] = MAP_PRIVATE | MAP_UNCACHED,
		[SHARED] = MAP_SHARED,
	};
	bool anonymous = m->kind == ANONYMOUS;

	m->at = mmap(NULL, m->pages * PAGE, PROT_READ | PROT_WRITE,
		     flags[m->kind], anonymous ? -1 : m->file->fd,
		     anonymous ? 0 : file_base(m->file) + m->first * PAGE);
	MUST(m->at != MAP_FAILED);
	for (unsigned k = 0; k < m->pages; k++)
		m->own[k] = anonymous;
	if (anonymous)
		memset(m->bytes, 0, m->pages * PAGE);
}

/*
 * A new mapping, in the place of an old one when there are too many.
 */
void op_map(void)
{
	struct map *m = &maps[draw(MAPS)];

	map_remove(m);
	m->kind = draw(KINDS);
	m->file = draw_file();
	m->pages = 1 + draw(MAP_PAGES);
	m->first = draw(WINDOW - m->pages + 1);
	note("map: map kind file first", m - maps, m->kind, m->file - files,
	     m->first);
	make(m);
}

void op_unmap(void)
{
	struct map *m = draw_map();

	if (!m)
		return;
	note("unmap: map", m - maps, 0, 0, 0);
	map_remove(m);
}

/* ---- looking and writing ---- */

static void bus(int signal)
{
	(void)signal;
	longjmp(after_bus, 1);
}

/* Behind the end of the file there is SIGBUS [POSIX mmap]. */
static void check_bus(struct map *m, unsigned k)
{
	struct sigaction sa = { .sa_handler = bus, .sa_flags = SA_NODEFER };
	volatile bool came = true;

	MUST(sigaction(SIGBUS, &sa, NULL) == 0);
	if (setjmp(after_bus) == 0) {
		*(volatile char *)(m->at + k * PAGE);
		came = false;
	}
	sa.sa_handler = SIG_DFL;
	sigaction(SIGBUS, &sa, NULL);
	MUST(came);
}

/*
 * Look at some pages: each whole, with what is behind the end of the file.
 */
void op_look(void)
{
	struct map *m = draw_map();
	unsigned k, end;

	if (!m)
		return;
	k = draw(m->pages);
	end = k + 1 + draw(m->pages - k < 3 ? m->pages - k : 3);
	note("look: map page end", m - maps, k, end, 0);
	for (; k < end; k++) {
		if (map_past_end(m, k)) {
			check_bus(m, k);
			continue;
		}
		MUST(bytes_equal(m->at + k * PAGE, map_page(m, k), PAGE));
		map_settle(m, k);
	}
}

/* Of page @k, how many bytes from its start are part of something? */
static size_t writable(const struct map *m, unsigned k)
{
	size_t len, at = (m->first + k) * PAGE;

	if (m->kind != SHARED)
		return PAGE;
	len = file_length(m->file);
	return len > at + PAGE ? PAGE : len - at;
}

/*
 * Write to a page, whole or in part.
 */
void op_touch(void)
{
	struct map *m = draw_map();
	const unsigned char *from;
	unsigned k, at, n;

	if (!m)
		return;
	k = draw(m->pages);
	if (map_past_end(m, k)) {
		check_bus(m, k);
		return;
	}
	n = draw(3) ? 1 + draw(64) : PAGE;
	at = n < PAGE ? draw(PAGE - n) : 0;
	if (at + n > writable(m, k))
		return;
	note("touch: map page at n", m - maps, k, at, n);
	from = draw_bytes(n);
	memcpy(m->at + k * PAGE + at, from, n);
	if (m->kind == SHARED) {
		file_set(m->file, (m->first + k) * PAGE + at, from, n);
		return;
	}
	if (!m->own[k])
		map_own(m, k, map_page(m, k));
	memcpy(m->bytes + k * PAGE + at, from, n);
}

/*
 * Write behind the end of the file, in its last page; then let the file grow
 * or shrink.  The file has never had these bytes, not on the disk either
 * [POSIX mmap].
 */
void op_scribble(void)
{
	struct file *f = draw_file();
	unsigned used = file_length(f) % PAGE, how = draw(8);
	off_t size = f->size - used;
	char *p;

	if (used == 0)
		return;
	note("scribble: file from how", f - files, used, how, 0);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, size);
	MUST(p != MAP_FAILED);
	memcpy(p + used, draw_bytes(PAGE), PAGE - used);
	if (how & 1)
		MUST(msync(p, PAGE, MS_SYNC) == 0);
	if (how & 2)
		MUST(munmap(p, PAGE) == 0);
	if (how & 4)
		drop_cached_pages(f->fd);
	size += draw(4) ? draw(2 * PAGE) : PAGE;
	if (size > file_base(f) + WINDOW * PAGE)
		size = file_base(f) + WINDOW * PAGE;
	MUST(ftruncate(f->fd, size) == 0);
	file_resize(f, size);
	if (!(how & 2))
		MUST(munmap(p, PAGE) == 0);
	file_check(f, (size_t)(size - file_base(f)) / PAGE * PAGE, PAGE);
	file_check(f, 0, draw(4) ? 0 : WINDOW * PAGE);
}
