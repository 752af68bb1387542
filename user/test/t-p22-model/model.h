/*
 * model.h: what the files and mappings of t-p22-model must hold.
 *
 * A file is modelled in a window of some pages; below it there is nothing
 * but a hole.  A mapping is modelled page by page: a page is its process's
 * own, and then has bytes here, or it shows what stands behind it.
 *
 * Invariants:
 *   - Bytes of a window past the end of the file are zero here, so a file
 *     that grows needs no work in the model.
 *   - An operation draws its numbers from (seed, its own number) alone.  One
 *     that is left out changes nothing that the others draw.
 *
 * Floor: user space.  Read next: main.c.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>

#include "test.h"

enum {
	FILES = 4,
	WINDOW = 96,		/* pages of a file that are looked at */
	MAPS = 6,
	MAP_PAGES = 12,		/* of the largest mapping */
	MOVE_PAGES = 8,		/* of the largest mwrite, read, write */
};

struct file {
	const char *name;
	unsigned base;		/* first page of the window */
	int fd;
	off_t size;		/* of the file, bytes */
	unsigned char *bytes;	/* of the window */
};

enum kind { ANONYMOUS, PRIVATE, UNCACHED, SHARED, KINDS };

struct map {
	char *at;		/* NULL: there is no such mapping now */
	unsigned pages;
	enum kind kind;
	struct file *file;
	unsigned first;		/* page of the window at @at */
	bool own[MAP_PAGES];
	unsigned char *bytes;	/* of the pages that are its own */
};

extern struct file files[FILES];
extern struct map maps[MAPS];

/* ---- main.c ---- */
extern const unsigned char *garbage;	/* for writing: GARBAGE random bytes */
enum { GARBAGE = 32 * PAGE };
unsigned draw(unsigned below);
const unsigned char *draw_bytes(size_t n);
struct file *draw_file(void);
struct map *draw_map(void);
void note(const char *what, long a, long b, long c, long d);
_Noreturn void model_fail(const char *file, int line, const char *what);
#define MUST(cond) \
	((cond) ? (void)0 : model_fail(__FILE__, __LINE__, #cond))

/* ---- bytes.c ---- */
void files_begin(void);
void file_make(struct file *f);
off_t file_base(const struct file *f);
size_t file_length(const struct file *f);
void file_set(struct file *f, size_t at, const void *from, size_t n);
void file_resize(struct file *f, off_t size);
void file_reaches(struct file *f, size_t end);
int bytes_equal(const void *a, const void *b, size_t n);
void file_check(struct file *f, size_t at, size_t n);

/* ---- maps.c ---- */
const unsigned char *map_page(const struct map *m, unsigned k);
bool map_past_end(const struct map *m, unsigned k);
void map_own(struct map *m, unsigned k, const void *bytes);
void map_settle(struct map *m, unsigned k);
void map_remove(struct map *m);
void op_map(void);
void op_unmap(void);
void op_look(void);
void op_touch(void);
void op_scribble(void);

/* ---- fileops.c ---- */
void op_read(void);
void op_write(void);
void op_truncate(void);
void op_fsync(void);
void op_sync_area(void);
void op_msync(void);
void op_cold(void);
void op_ahead(void);
void op_again(void);
void op_whole(void);

/* ---- move.c ---- */
void op_mwrite(void);
void op_read_into(void);
void op_write_from(void);

/* ---- past.c ---- */
void op_direct_read(void);
void op_direct_write(void);
void op_copy(void);

/* ---- other.c ---- */
void op_fork(void);
void op_join(void);
void op_pressure(void);
void other_end(void);

#endif
