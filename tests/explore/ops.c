/*
 * What actors do.  Each op is what a system call or an instruction does, with the locks that its caller holds,
 * and tells the model what it is about to write, what it wrote and what it saw.
 *
 * Read next: stage.c
 */
#include "tests/explore/explore.h"

#include "kernel/lib/errno.h"
#include "mm/cache/pcache.h"
#include "mm/cache/reclaim.h"
#include "mm/cache/writeback.h"

static struct diskfile *const file_a = &disk.file[0];
static struct diskfile *const file_b = &disk.file[1];

static unsigned number(const struct diskfile *file)
{
	return (unsigned)(file - disk.file);
}

static struct mapping *mapping_of(struct diskfile *file)
{
	return &file->inode.mapping;
}

/* ---- files ---- */

static void read_page(struct actor *a, struct diskfile *file, pgoff_t i)
{
	unsigned cell = file_cell(number(file), i, 0);
	int r;

	a->seen[0] = a->seen[1] = V_END;
	model_read(a, cell);
	model_read(a, cell + 1);
	a->file = (struct file){ .inode = &file->inode };
	ra_init(&a->file.ra);
	r = rw_read(&a->file, (uva_t)i << PAGE_SHIFT, PAGE_SIZE, (loff_t)i << PAGE_SHIFT);
	if (r < 0) {
		violated("read says %d", r);
	}
	model_saw(a, cell, a->seen[0]);
	model_saw(a, cell + 1, a->seen[1]);
}

static void write_bytes(struct actor *a, struct diskfile *file, loff_t pos, unsigned n)
{
	unsigned first = file_cell(number(file), (pgoff_t)(pos >> PAGE_SHIFT), 0);
	unsigned from = (pos & PAGE_MASK) >= HALF, to = (pos & PAGE_MASK) + n > HALF;
	int r;

	for (unsigned half = from; half <= to; half++) {
		model_write(a, first + half, a->value);
	}
	a->file = (struct file){ .inode = &file->inode };
	r = rw_write(&a->file, 0, n, pos);
	if (r != (int)n && r != -ENOSPC) {
		violated("write says %d", r);
	}
	for (unsigned half = from; half <= to; half++) {
		model_wrote(a, first + half, r > 0);
	}
}

static void truncate_to(struct actor *a, struct diskfile *file, loff_t size)
{
	unsigned first = file_cell(number(file), 0, 0) + ((unsigned)size + HALF - 1) / HALF;
	unsigned end = file_cell(number(file), FILE_PAGES, 0);
	int r;

	for (unsigned cell = first; cell < end; cell++) {
		model_write(a, cell, V_END);
	}
	mutex_lock(&file->inode.lock);
	r = size < mapping_size(mapping_of(file)) ? disk_truncate(file, size) : -EAGAIN;
	for (unsigned cell = first; cell < end; cell++) {
		model_wrote(a, cell, r == 0);
	}
	mutex_unlock(&file->inode.lock);
}

static void write_back(struct diskfile *file)
{
	wb_start(mapping_of(file), 0, PGOFF_LAST);
	wb_wait(mapping_of(file), 0, PGOFF_LAST);
}

/* ---- memory ---- */

/* A user's load: both halves, as he sees them. */
static bool load(struct actor *a, struct space *s, uva_t va)
{
	for (;;) {
		struct frame *f;
		pte_t pte;

		explore_point(NULL);
		pte = pt_lookup(&s->pt, va, &f);
		if (pte) {
			a->seen[0] = content(f, 0);
			a->seen[1] = content(f, 1);
			(void)atomic_dec_zero(&f->refs);        /* the look's: the entry has its own */
			return true;
		}
		if (fault_handle(s, va, false) != FAULT_OK) {
			return false;
		}
	}
}

/* A user's store, in two steps as the processor does it: translate, and if that still holds, write. */
static bool store(struct actor *a, struct space *s, uva_t va)
{
	for (;;) {
		struct frame *f;
		pte_t pte;

		explore_point(NULL);
		pte = pt_lookup(&s->pt, va, &f);
		if (pte) {
			(void)atomic_dec_zero(&f->refs);
		}
		if (!(pte & PTE_WRITE)) {
			if (fault_handle(s, va, true) != FAULT_OK) {
				return false;
			}
			continue;
		}
		a->tlb.pt = &s->pt;
		a->tlb.va = va;
		a->tlb.frame = f;
		explore_point(NULL);
		if (a->tlb.pt) {
			set_content(frame_data(a->tlb.frame), 0, CONTENT, a->value);
			return true;
		}
	}
}

static void load_from(struct actor *a, uva_t va, unsigned cell, unsigned next)
{
	model_read(a, cell);
	model_read(a, cell + next);
	if (!load(a, parent, va)) {
		a->seen[0] = a->seen[1] = V_END;                /* SIGBUS: past the end */
	}
	model_saw(a, cell, a->seen[0]);
	if (next) {
		model_saw(a, cell + next, a->seen[1]);
	}
}

static void store_to(struct actor *a, uva_t va, unsigned cell, unsigned next)
{
	bool done;

	model_write(a, cell, a->value);
	if (next) {
		model_write(a, cell + next, a->value);
	}
	done = store(a, parent, va);
	model_stored(a, cell, done);
	if (next) {
		model_stored(a, cell + next, done);
	}
}

static void mwrite_to(struct actor *a, uva_t va, unsigned from, struct diskfile *file, pgoff_t at)
{
	unsigned cell = file_cell(number(file), at, 0);
	int r;

	model_move(a, from, cell);
	model_move(a, from, cell + 1);
	if (from == CELL_ANON) {
		model_write(a, from, V_ZERO);
	}
	mutex_lock(&file->inode.lock);
	r = mwrite(parent, va, 1, mapping_of(file), at);
	if (from == CELL_ANON) {
		model_wrote(a, from, r == 1);
	}
	model_wrote(a, cell, r == 1);
	model_wrote(a, cell + 1, r == 1);
	mutex_unlock(&file->inode.lock);
	if (r != 1 && r != -ENOSPC && r != -EIO) {
		violated("mwrite says %d", r);
	}
}

/* ---- the list ---- */

#define OP(name) static void name(struct actor *a)

OP(read_a)         { read_page(a, file_a, 0); }
OP(read_b)         { read_page(a, file_b, 0); }
OP(read_hole)      { read_page(a, file_b, 1); }
OP(write_a)        { write_bytes(a, file_a, 0, PAGE_SIZE); }
OP(write_b)        { write_bytes(a, file_b, 0, PAGE_SIZE); }
OP(write_half)     { write_bytes(a, file_b, 0, HALF); }
OP(write_hole)     { write_bytes(a, file_b, PAGE_SIZE, PAGE_SIZE); }
OP(truncate_a)     { truncate_to(a, file_a, 0); }
OP(truncate_b)     { truncate_to(a, file_b, 0); }
OP(truncate_half)  { truncate_to(a, file_b, HALF); }
OP(writeback_a)    { (void)a; write_back(file_a); }
OP(writeback_b)    { (void)a; write_back(file_b); }
OP(flush_b)        { (void)a; wb_start_background(mapping_of(file_b)); }
OP(evict)          { (void)a; reclaim_idle(1, true); }
OP(shared_load)    { load_from(a, AT_SHARED_B, file_cell(1, 0, 0), 1); }
OP(shared_store)   { store_to(a, AT_SHARED_B, file_cell(1, 0, 0), 1); }
OP(shared_hole)    { store_to(a, AT_SHARED_B + PAGE_SIZE, file_cell(1, 1, 0), 1); }
OP(steal_a)        { load_from(a, AT_UNCACHED_A, CELL_UNCACHED, 0); }
OP(steal_b)        { load_from(a, AT_UNCACHED_B, CELL_UNCACHED_B, 0); }
OP(private_a)      { (void)a; (void)load(a, parent, AT_PRIVATE_A); }
OP(steal_write)    { store_to(a, AT_UNCACHED_A, CELL_UNCACHED, 0); }
OP(anon_store)     { store_to(a, AT_ANON, CELL_ANON, 0); }
OP(mwrite_anon)    { mwrite_to(a, AT_ANON, CELL_ANON, file_b, 0); }
OP(mwrite_hole)    { mwrite_to(a, AT_ANON, CELL_ANON, file_b, 1); }
OP(mwrite_file)    { mwrite_to(a, AT_UNCACHED_A, CELL_UNCACHED, file_b, 0); }

/* The child sees what its parent had when it was made, and goes. */
OP(make_child)
{
	model_read(a, CELL_ANON);
	a->child = space_fork(parent);
	if (!a->child || !load(a, a->child, AT_ANON)) {
		violated("no fork, or a child without its memory");
	}
	model_saw(a, CELL_ANON, a->seen[0]);
	space_put(a->child);
	a->child = NULL;
}

OP(child_leaves)
{
	struct space *s = child;

	(void)a;
	child = NULL;
	space_put(s);
}

#undef OP

const struct op ops[] = {
	{ "read a",          K_READ,      PAGE_A0,            read_a,         EXTRA },
	{ "read b",          K_READ,      PAGE_B0,            read_b,         MAIN },
	{ "read hole",       K_READ,      PAGE_B1,            read_hole,      EXTRA },
	{ "write a",         K_WRITE,     PAGE_A0,            write_a,        EXTRA },
	{ "write b",         K_WRITE,     PAGE_B0,            write_b,        MAIN },
	{ "write half",      K_WRITE,     PAGE_B0,            write_half,     EXTRA },
	{ "write hole",      K_WRITE,     PAGE_B1,            write_hole,     EXTRA },
	{ "truncate a",      K_TRUNCATE,  PAGES_A,            truncate_a,     EXTRA },
	{ "truncate b",      K_TRUNCATE,  PAGES_B,            truncate_b,     MAIN },
	{ "truncate half",   K_TRUNCATE,  PAGES_B,            truncate_half,  EXTRA },
	{ "writeback a",     K_WRITEBACK, PAGES_A,            writeback_a,    EXTRA },
	{ "writeback b",     K_WRITEBACK, PAGES_B,            writeback_b,    MAIN },
	{ "flush b",         K_WRITEBACK, PAGES_B,            flush_b,        EXTRA },
	{ "evict",           K_EVICT,     PAGES_A | PAGES_B,  evict,          MAIN },
	{ "shared load",     K_SHARED,    PAGE_B0,            shared_load,    EXTRA },
	{ "shared store",    K_SHARED,    PAGE_B0,            shared_store,   MAIN },
	{ "shared hole",     K_SHARED,    PAGE_B1,            shared_hole,    EXTRA },
	{ "steal a",         K_UNCACHED,  PAGE_A0,            steal_a,        MAIN },
	{ "steal b",         K_UNCACHED,  PAGE_B0,            steal_b,        EXTRA },
	{ "steal and write", K_UNCACHED,  PAGE_A0,            steal_write,    EXTRA },
	{ "private load",    K_OTHER,     PAGE_A0,            private_a,      EXTRA },
	{ "anon store",      K_OTHER,     0,                  anon_store,     EXTRA },
	{ "mwrite anon",     K_MWRITE,    PAGE_B0,            mwrite_anon,    MAIN },
	{ "mwrite hole",     K_MWRITE,    PAGE_B1,            mwrite_hole,    EXTRA },
	{ "mwrite file",     K_MWRITE,    PAGE_A0 | PAGE_B0,  mwrite_file,    MAIN },
	{ "fork",            K_OTHER,     0,                  make_child,     MAIN },
	{ "exit",            K_OTHER,     0,                  child_leaves,   ONCE },
};
const unsigned nops = ARRAY_SIZE(ops);

const char *const kind_names[KINDS] = {
	"read", "write", "fault shared", "fault uncached", "mwrite give", "writeback", "truncate", "evict",
};
