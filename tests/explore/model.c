/*
 * The model of bytes.  A CELL is half a page: of a file, or of somebody's private memory.  For each the model
 * knows the set of values that it may have now: what was written last, and what is being written meanwhile.
 *
 *      write begins     its value may be seen from now on
 *      write ends       what was there before it began may be seen no more; what was written while it was
 *                       under way may
 *      read             what it brings must have been possible at some moment since it began
 *
 * So nothing is said about the order of things that happen at the same time, and nothing is forgiven otherwise.
 * The end of a file is a value, V_END, that truncate writes; where that may be, zeros may be too.
 *
 * Read next: check.c
 */
#include "tests/explore/explore.h"

#include <stdio.h>
#include <string.h>

struct part {                           /* of one actor in one cell */
	uint32_t values;        /* being written                                   */
	uint32_t over;          /* written by others while this was under way      */
	uint32_t seen;          /* possible since reading began                    */
	uint8_t  writing, reading;
	uint8_t  from;          /* values come from that cell, - 1; 0 = they don't */
};

static struct {
	uint32_t    now[CELLS];
	struct part part[ACTORS][CELLS];
} model;

void model_init(void)
{
	memset(&model, 0, sizeof(model));
}

/* The stage: @cell holds @value and nothing else. */
void model_settle(unsigned cell, uint8_t value)
{
	model.now[cell] = 1u << value;
}

uint32_t model_now(unsigned cell)
{
	uint32_t now = model.now[cell];

	return now & (1u << V_END) ? now | 1u << V_ZERO : now;
}

static void spread_writes(void)
{
	for (unsigned k = 0; k < ACTORS; k++) {
		for (unsigned c = 0; c < CELLS; c++) {
			struct part *p = &model.part[k][c];

			if (p->writing && p->from) {
				p->values |= model_now(p->from - 1u);
			}
			if (p->writing) {
				model.now[c] |= p->values;
			}
		}
	}
	/* Memory that shows a file privately may show whatever the file has held since. */
	model.now[CELL_UNCACHED] |= model_now(file_cell(0, 0, 0)) | model_now(file_cell(0, 0, 1));
	model.now[CELL_UNCACHED_B] |= model_now(file_cell(1, 0, 0)) | model_now(file_cell(1, 0, 1));
}

/* ---- for people ---- */

const char *model_name(unsigned cell)
{
	static char name[64];

	if (cell < CELL_ANON) {
		snprintf(name, sizeof(name), "the %s half of page %u of file %c", cell % 2 ? "second" : "first",
		         cell / 2 % FILE_PAGES, (int)('a' + cell / 2 / FILE_PAGES));
		return name;
	}
	return cell == CELL_ANON ? "the parent's memory" : cell == CELL_CHILD ? "the child's memory" :
	       cell == CELL_UNCACHED ? "the uncached mapping of file a" : "the uncached mapping of file b";
}

const char *model_set(uint32_t set)
{
	static char text[128];
	size_t n = 0;

	for (unsigned v = 0; v < 32 && n < sizeof(text) - 16; v++) {
		if (set >> v & 1) {
			n += (size_t)snprintf(text + n, sizeof(text) - n, n ? " or %u" : "%u", v);
		}
	}
	snprintf(text + n, sizeof(text) - n, n ? " is" : "nothing is");
	return text;
}

/* ---- what happens ---- */

/* Let what is possible in one place become possible where it flows to: file, memory, file. */
static void spread(void)
{
	spread_writes();
	spread_writes();
	for (unsigned k = 0; k < ACTORS; k++) {
		for (unsigned c = 0; c < CELLS; c++) {
			if (model.part[k][c].reading) {
				model.part[k][c].seen |= model_now(c);
			}
		}
	}
}

static void begin(struct actor *a, unsigned cell, uint32_t values, unsigned from)
{
	struct part *p = &model.part[a - actors][cell];

	p->values = values;
	p->over = 0;
	p->from = (uint8_t)from;
	p->writing = true;
	spread();
}

void model_write(struct actor *a, unsigned cell, uint8_t value)
{
	begin(a, cell, 1u << value, 0);
}

/* Whatever @from holds meanwhile is on its way into @cell. */
void model_move(struct actor *a, unsigned from, unsigned cell)
{
	begin(a, cell, 0, from + 1);
}

/* The end of a write, @done or given up.  What was given up may have been seen all the same. */
void model_wrote(struct actor *a, unsigned cell, bool done)
{
	struct part *p = &model.part[a - actors][cell];
	uint32_t others = 0;

	for (unsigned k = 0; k < ACTORS; k++) {
		struct part *o = &model.part[k][cell];

		if (o != p && o->writing) {
			o->over |= p->values;
			others |= o->values;
		}
	}
	if (done) {
		model.now[cell] = p->values | p->over | others;
	}
	*p = (struct part){ .seen = p->seen, .reading = p->reading };
	spread();
}

void model_read(struct actor *a, unsigned cell)
{
	struct part *p = &model.part[a - actors][cell];

	p->reading = true;
	p->seen = 0;
	spread();
}

void model_saw(struct actor *a, unsigned cell, uint8_t value)
{
	struct part *p = &model.part[a - actors][cell];

	if (!(p->seen >> value & 1)) {
		violated("%s saw the value %u in %s, where only %s possible", a->op->name, value,
		         model_name(cell), model_set(p->seen));
	}
	p->reading = false;
	p->seen = 0;
}

/* The end of a store through a mapping, which makes no file longer. */
void model_stored(struct actor *a, unsigned cell, bool done)
{
	uint32_t end = model.now[cell] & (1u << V_END);

	model_wrote(a, cell, done);
	model.now[cell] |= end;
	spread();
}

uint64_t model_hash(uint64_t h)
{
	const uint32_t *word = (const uint32_t *)&model;

	for (unsigned k = 0; k < sizeof(model) / 4; k++) {
		h = (h ^ word[k]) * 0x9E3779B97F4A7C15u;
		h ^= h >> 32;
	}
	return h;
}
