/*
 * The explorer: the kernel's own mm/cache and mm/space, with fs/read.c and fs/write.c above them, run in
 * every order in which two or three actors can meet.
 *
 *      search.c     the search: every state once, every way out of it
 *      snapshot.c   a state put aside and brought back, and told apart from others
 *      actor.c      coroutines: kernel code that stops at scheduling points
 *      fake.c       floors 1 and 2: locks and waiting become scheduling points; the processor's TLB
 *      disk.c       two files on a disk whose transfers end when the search says so
 *      ops.c        what actors do;  stage.c  on what stage;  main.c  which of them meet
 *      model.c      which bytes anybody may see;  check.c  the invariants
 *      report.c     the way into a broken state; the table of conflicts
 *
 * A step runs from one scheduling point to the next: before a spinlock is taken while none is held, before a
 * frame lock, a mutex, a copy to or from user memory, and wherever the code sleeps.  What runs under a
 * spinlock is one step, as it is to every other processor.  The end of a transfer is a step of its own.
 *
 * All that a state consists of lies in the program's own data, in the arena that plays physical memory and on
 * the actors' stacks.  The search keeps what it knows elsewhere, behind one pointer.
 *
 * Read next: search.c
 */
#ifndef TESTS_EXPLORE_EXPLORE_H
#define TESTS_EXPLORE_EXPLORE_H

#include "fs/file.h"
#include "kernel/task.h"
#include "mm/phys/frame.h"
#include "mm/phys/pagetable.h"
#include "mm/space/space.h"

enum {
	ACTORS = 3, FILES = 2, FILE_PAGES = 2, BLOCKS = 6, REQUESTS = 8,
	RAM_PAGES = 272,        /* so many that one call of reclaim looks at each once */
	USED_PAGES = 64,        /* the lowest: no play needs more, the rest is always free */
	STACK_SIZE = 24 << 10,
	CONTENT = 16,           /* bytes of a page that mean something: two halves, each full of one value */
	HALF = CONTENT / 2,
};

/* Values that bytes have.  Small, so that a set of them is a word.  A0: what the disk has of file a when the play
 * begins; NEW_A: what the cache has that the disk has not. */
enum {
	V_ZERO, V_A0, V_B0, V_ANON, V_NEW_A, V_NEW_B,
	V_ACTOR,                /* + number: what that actor writes */
	V_END = 30,             /* there is no such byte: past the end of the file */
	V_OLD = 31,             /* what the disk's last owner left: nobody may ever see that */
};

/* ---- actors ---- */

struct op;

struct actor {
	struct task      task;
	const struct op *op;
	void            *resume[5];     /* __builtin_setjmp's: frame pointer, where, stack pointer */
	const void      *where;         /* the scheduling point, for the report */
	bool             started, done;
	uint8_t          value;         /* what it writes */
	uint8_t          seen[2];       /* what it read: first and second half */
	struct { struct pagetable *pt; uva_t va; struct frame *frame; } tlb;   /* a writable translation */
	struct space    *child;         /* that it made and has not let go of */
	struct file      file;          /* its open file */
};

extern struct actor actors[ACTORS];
extern struct actor *running;           /* NULL: the stage is being set, nothing stops anywhere */

void actors_init(void);
/* Run @a to its next scheduling point. */
void actor_step(struct actor *a);
static inline bool actor_ready(const struct actor *a)
{
	return a->op && !a->done && !list_linked(&a->task.link_wait);
}
char *actor_stack_top(const struct actor *a);

/* A scheduling point, unless a spinlock is held.  @where: NULL = who called. */
void explore_point(const void *where);
/* Sleep until woken; a transfer at least must be able to do that. */
void explore_sleep(const void *where);

/* ---- what went wrong ---- */

/* This must not be.  Does not return when an actor is running; the search reports it. */
void violated(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern char violation[256];

/* ---- disk and files ---- */

struct diskfile {
	struct inode inode;
	uint32_t     block[FILE_PAGES + 2];     /* 0 = hole */
};

struct request { struct diskfile *file; bool write; pgoff_t index; struct frame *frame; };

struct disk {
	uint8_t        byte[BLOCKS][2];         /* by half; block 0 is nobody's */
	bool           taken[BLOCKS];
	struct request request[REQUESTS];
	unsigned       requests;
	struct diskfile file[FILES];
};

extern struct disk disk;

void disk_init(void);
void disk_end(unsigned k);              /* transfer number @k ends */
bool disk_busy_with(const struct frame *f, bool write);
int  disk_truncate(struct diskfile *file, loff_t size);
void set_content(void *page, unsigned off, unsigned n, uint8_t value);
static inline uint8_t content(const struct frame *f, unsigned half)
{
	return ((const uint8_t *)frame_data(f))[half * HALF];
}

/* ---- stage ---- */

enum stage { COLD, WARM, DIRTY, MAPPED, FULL, STAGES };
extern const char *const stage_names[STAGES];

/* Areas of every space. */
enum { AT_ANON = 0x40000000, AT_UNCACHED_A = 0x40010000, AT_SHARED_B = 0x40020000, AT_UNCACHED_B = 0x40030000,
       AT_PRIVATE_A = 0x40040000 };

extern struct space *parent, *child;    /* child: made before the play begins */

void stage_init(void);
void stage_set(enum stage stage);

/* ---- what actors do ---- */

enum kind { K_READ, K_WRITE, K_SHARED, K_UNCACHED, K_MWRITE, K_WRITEBACK, K_TRUNCATE, K_EVICT, KINDS,
            K_OTHER = KINDS };
extern const char *const kind_names[KINDS];

/* Pages concerned, as bits. */
enum { PAGE_A0 = 1, PAGE_B0 = 4, PAGE_B1 = 8, PAGES_A = 3, PAGES_B = 12 };

struct op {
	const char *name;
	enum kind   kind;
	unsigned    pages;
	void      (*run)(struct actor *a);
	enum { EXTRA, MAIN, ONCE } role;        /* MAIN: meets two others; ONCE: and nobody does it twice */
};

extern const struct op ops[];
extern const unsigned nops;

/* ---- model ---- */

enum { CELL_ANON = FILES * FILE_PAGES * 2, CELL_CHILD, CELL_UNCACHED, CELL_UNCACHED_B, CELLS };

static inline unsigned file_cell(unsigned file, pgoff_t page, unsigned half)
{
	return (file * FILE_PAGES + page) * 2 + half;
}

void     model_init(void);
void     model_settle(unsigned cell, uint8_t value);
uint32_t model_now(unsigned cell);
void     model_write(struct actor *a, unsigned cell, uint8_t value);
void     model_move(struct actor *a, unsigned from, unsigned cell);
void     model_wrote(struct actor *a, unsigned cell, bool done);
void     model_stored(struct actor *a, unsigned cell, bool done);
void     model_read(struct actor *a, unsigned cell);
void     model_saw(struct actor *a, unsigned cell, uint8_t value);
uint64_t model_hash(uint64_t h);
const char *model_name(unsigned cell);
const char *model_set(uint32_t set);

/* ---- states ---- */

struct snapshot;
size_t   snapshot_size(void);
void     snapshot_save(struct snapshot *s);
void     snapshot_restore(const struct snapshot *s);
uint64_t state_hash(void);
void     check_state(void);
void     check_end(void);

/* ---- report ---- */

/* @preempt: how often an actor may be interrupted by another though he could go on, or ANY_TIME. */
enum { ANY_TIME = 254 };
struct casting { enum stage stage; unsigned n, op[ACTORS], preempt; };

struct totals {
	uint64_t states, steps, endings;
	unsigned castings, unfinished, deepest;
	uint64_t cell[KINDS][KINDS];
};
extern struct totals *totals;

void search_init(void);
/* True when all of @c was explored, within @limit states; a violation ends the program. */
bool search(const struct casting *c, uint64_t limit);
void report_violation(const struct casting *c, const int *step, const void *const *where, unsigned n);
bool report_conflicts(void);
void stage_begin(const struct casting *c);

#endif
