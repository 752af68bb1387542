/*
 * t-p22-model: the cache stays the point of coherence.  Read, write, mmap,
 * msync, mwrite, truncate, fsync, fdatasync_area, fork, and O_DIRECT and
 * sendfile besides, at random, on four files, against a model that knows each
 * byte; and bytes that nobody wrote are never readable, though disk and memory
 * are full of old ones.  (P22)
 *
 *	/test/t-p22-model [SEED [COUNT [without OPERATION...]]]
 *
 * When it fails it prints the seed, the number of the operation and what came
 * before it.  The same SEED fails again at the same operation when time is
 * virtual (--icount).  To find what matters, leave out kinds of operations.
 *
 * Floor: user space.  Read next: model.h, maps.c, move.c.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEED = 1, COUNT = 5000, REMEMBERED = 40 };

static const struct {
	const char *name;
	void (*op)(void);
	unsigned weight;
} ops[] = {
	{ "read", op_read, 130 },	{ "write", op_write, 130 },
	{ "look", op_look, 120 },	{ "touch", op_touch, 120 },
	{ "mwrite", op_mwrite, 140 },	{ "map", op_map, 70 },
	{ "unmap", op_unmap, 40 },	{ "truncate", op_truncate, 40 },
	{ "cold", op_cold, 50 },	{ "ahead", op_ahead, 30 },
	{ "fsync", op_fsync, 15 },	{ "sync-area", op_sync_area, 30 },
	{ "msync", op_msync, 20 },	{ "scribble", op_scribble, 20 },
	{ "read-into", op_read_into, 30 }, { "write-from", op_write_from, 30 },
	{ "direct-read", op_direct_read, 30 },
	{ "direct-write", op_direct_write, 30 },
	{ "copy", op_copy, 30 },
	{ "fork", op_fork, 10 },	{ "join", op_join, 10 },
	{ "again", op_again, 4 },	{ "whole", op_whole, 4 },
	{ "pressure", op_pressure, 1 },
};

enum { OPS = sizeof ops / sizeof ops[0] };

struct line { const char *what; unsigned op; long a, b, c, d; };

const unsigned char *garbage;
static unsigned seed = SEED, count = COUNT, now, state;
static bool left_out[OPS];
static struct line lines[REMEMBERED];
static unsigned nlines;

/* ---- numbers ---- */

/* xorshift32 (Marsaglia 2003). */
static unsigned next(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	return state ^= state << 5;
}

/* Every operation's draws begin anew, from the seed and its number. */
static void begin_draws(unsigned op)
{
	state = (seed * 0x9e3779b1u) ^ (op * 0x85ebca6bu);
	state = state ? state : 1;
	for (int i = 0; i < 4; i++)
		next();
}

/*
 * A number in [0, @below).
 */
unsigned draw(unsigned below)
{
	return (uint64_t)next() * below >> 32;
}

/*
 * Bytes to be written; hardly ever twice the same.
 */
const unsigned char *draw_bytes(size_t n)
{
	return garbage + draw(GARBAGE - n);
}

struct file *draw_file(void)
{
	return &files[draw(FILES)];
}

/*
 * A mapping that there is, or NULL.
 */
struct map *draw_map(void)
{
	unsigned first = draw(MAPS);

	for (unsigned i = 0; i < MAPS; i++) {
		struct map *m = &maps[(first + i) % MAPS];

		if (m->at)
			return m;
	}
	return NULL;
}

/* ---- what happened ---- */

/*
 * What the present operation does, for the report.
 */
void note(const char *what, long a, long b, long c, long d)
{
	lines[nlines++ % REMEMBERED] = (struct line){ what, now, a, b, c, d };
}

/*
 * The model and the machine disagree: say all that helps, and end the case.
 */
_Noreturn void model_fail(const char *file, int line, const char *what)
{
	unsigned first = nlines > REMEMBERED ? nlines - REMEMBERED : 0;

	for (unsigned i = first; i < nlines; i++) {
		struct line *l = &lines[i % REMEMBERED];

		dprintf(1, "  %6u %s %ld %ld %ld %ld\n", l->op, l->what, l->a,
			l->b, l->c, l->d);
	}
	dprintf(1, "seed %u, operation %u, errno %d (%s)\n", seed, now, errno,
		strerror(errno));
	dprintf(1, "to repeat: tools/magpie run --icount -- /test/t-p22-model "
		"%u %u\n", seed, now + 1);
	dprintf(1, "to make it smaller: add `without fork msync ...`\n");
	test_fail(file, line, what);
}

/* ---- the run ---- */

static void one(void)
{
	unsigned total = 0, pick, i;

	for (i = 0; i < OPS; i++)
		total += ops[i].weight;
	begin_draws(now);
	pick = draw(total);
	for (i = 0; pick >= ops[i].weight; i++)
		pick -= ops[i].weight;
	if (!left_out[i])
		ops[i].op();
}

/* Random bytes to write, and the same left behind in freed memory. */
static void begin_garbage(void)
{
	static unsigned char bytes[GARBAGE];
	unsigned char *p;

	begin_draws(0);
	for (size_t i = 0; i < GARBAGE; i += 4) {
		unsigned word = next();

		memcpy(bytes + i, &word, 4);
	}
	garbage = bytes;
	p = map_anonymous(8 * GARBAGE);
	for (int i = 0; i < 8; i++)
		memcpy(p + i * GARBAGE, bytes, GARBAGE);
	munmap(p, 8 * GARBAGE);
}

static void agrees_with_the_model(void)
{
	dprintf(1, "seed %u, %u operations\n", seed, count);
	begin_garbage();
	files_begin();
	for (now = 1; now <= count; now++)
		one();
	other_end();
	for (int i = 0; i < MAPS; i++)
		map_remove(&maps[i]);
	for (int i = 0; i < FILES; i++) {
		file_check(&files[i], 0, WINDOW * PAGE);
		MUST(fsync(files[i].fd) == 0);
		drop_cached_pages(files[i].fd);
		file_check(&files[i], 0, WINDOW * PAGE);
	}
	test_figure("p22", "%u operations, seed %u, every byte as it should be", count, seed);
}

static int leave_out(char **names)
{
	for (; *names; names++) {
		int i = 0;

		while (i < OPS && strcmp(*names, ops[i].name) != 0)
			i++;
		if (i == OPS)
			return -1;
		left_out[i] = true;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		count = strtoul(argv[2], NULL, 0);
	if (argc > 3 && (strcmp(argv[3], "without") != 0
			 || leave_out(argv + 4) < 0)) {
		dprintf(2, "usage: t-p22-model [SEED [COUNT "
			"[without OPERATION...]]]\n");
		return 2;
	}
	RUN(agrees_with_the_model);
	return test_end();
}
