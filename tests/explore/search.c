/*
 * The search: depth first, every state once.  A step that leads to a state seen before is not followed further;
 * so it ends, also where actors could go round in circles.
 *
 *      stack of states    each with the next choice to try: an actor, or the end of a transfer
 *      seen               fingerprints of 64 bits, in a table with open addressing, empty for each casting
 *
 * Where all orders would be too many, there is a bound to how often an actor is interrupted by another though he
 * could go on.  Sleeping is no interruption, and the end of a transfer neither.  Most mistakes need one or two.
 *
 * What the search knows lies outside of what a state consists of: bringing a state back must not bring back what
 * was known then.
 *
 * Read next: snapshot.c
 */
#include "tests/explore/explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CHOICES = ACTORS + REQUESTS, DEEPEST = 4000 };

struct level { struct snapshot *state; int next, chosen; bool saved; const void *where; };

struct seen { uint64_t print; uint8_t left[ACTORS + 1]; };      /* left: interruptions + 1, by who is at work */

static struct known {
	struct seen *seen;
	size_t       slots, used;
	struct level level[DEEPEST];
	unsigned     depth;
} *known;                               /* never changes after the start */

struct totals *totals;

/* Who moved last, and how often anybody may still be interrupted.  These do come back with a state. */
static int last;
static unsigned preempt;

static void *outside(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return p;
}

/* Once, before the first snapshot. */
void search_init(void)
{
	known = outside(sizeof(*known));
	totals = outside(sizeof(*totals));
}

/* ---- states seen ---- */

/* Where @print is in the table, or where it goes. */
static size_t slot_of(uint64_t print)
{
	size_t at = (size_t)(print * 0x9E3779B97F4A7C15u >> 20) & (known->slots - 1);

	while (known->seen[at].print && known->seen[at].print != print) {
		at = (at + 1) & (known->slots - 1);
	}
	return at;
}

static void grow(void)
{
	struct seen *old = known->seen;
	size_t slots = known->slots;

	known->slots = slots ? slots * 4 : 1 << 14;
	known->seen = outside(known->slots * sizeof(*old));
	for (size_t k = 0; k < slots; k++) {
		if (old[k].print) {
			known->seen[slot_of(old[k].print)] = old[k];
		}
	}
	if (old) {
		munmap(old, slots * sizeof(*old));
	}
}

static void forget_all(void)
{
	if (known->slots > 1 << 18) {
		munmap(known->seen, known->slots * sizeof(*known->seen));
		known->seen = NULL;
		known->slots = 0;
	}
	if (!known->seen) {
		grow();
	} else {
		memset(known->seen, 0, known->slots * sizeof(*known->seen));
	}
	known->used = 0;
}

/*
 * Must this state be followed?  Not if it was met before with the same actor at work and as many interruptions
 * left.  The state counts once, whoever is at work in it.
 */
static bool is_new(uint64_t print)
{
	struct seen *s;
	uint8_t *left;

	if (known->used * 2 >= known->slots) {
		grow();
	}
	s = &known->seen[slot_of(print ? print : 1)];
	if (!s->print) {
		s->print = print ? print : 1;
		known->used++;
		totals->states++;
	}
	left = &s->left[preempt == ANY_TIME ? 0 : last + 1];
	if (*left > preempt) {
		return false;
	}
	*left = (uint8_t)(preempt + 1);
	return true;
}

/* ---- choices ---- */

static bool interrupts(int choice)
{
	return choice < ACTORS && choice != last && last >= 0 && actor_ready(&actors[last]);
}

static bool possible(int choice)
{
	if (choice >= ACTORS) {
		return (unsigned)(choice - ACTORS) < disk.requests;
	}
	return actor_ready(&actors[choice]) && (preempt > 0 || !interrupts(choice));
}

/* Whose operation is under way besides @a's, on a page that both are concerned with? */
static void note_conflicts(const struct actor *a)
{
	for (unsigned k = 0; k < ACTORS; k++) {
		const struct actor *b = &actors[k];

		if (b != a && b->op && b->started && !b->done && (a->op->pages & b->op->pages) &&
		    a->op->kind < KINDS && b->op->kind < KINDS) {
			totals->cell[MAX(a->op->kind, b->op->kind)][MIN(a->op->kind, b->op->kind)]++;
		}
	}
}

static void step(int choice)
{
	totals->steps++;
	if (choice >= ACTORS) {
		disk_end((unsigned)(choice - ACTORS));
	} else {
		note_conflicts(&actors[choice]);
		preempt -= preempt != ANY_TIME && interrupts(choice);
		last = choice;
		actor_step(&actors[choice]);
	}
	if (!violation[0]) {
		check_state();
	}
}

static bool all_done(void)
{
	for (unsigned k = 0; k < ACTORS; k++) {
		if (actors[k].op && !actors[k].done) {
			return false;
		}
	}
	return disk.requests == 0;
}

static void check_ending(void)
{
	totals->endings++;
	if (all_done()) {
		check_end();
	} else {
		violated("nobody can go on, and somebody is not done");
	}
}

/* ---- the search ---- */

static void fail(const struct casting *c)
{
	int choice[DEEPEST];
	const void *where[DEEPEST];

	for (unsigned k = 0; k < known->depth; k++) {
		choice[k] = known->level[k].chosen;
		where[k] = known->level[k].where;
	}
	report_violation(c, choice, where, known->depth);
	exit(1);
}

/* The first choice from @choice on that can be made now; CHOICES if there is none. */
static int next_choice(int choice)
{
	while (choice < CHOICES && !possible(choice)) {
		choice++;
	}
	return choice;
}

static void push(const struct casting *c)
{
	struct level *l;

	if (known->depth == DEEPEST) {
		violated("too deep");
		fail(c);
	}
	l = &known->level[known->depth++];
	if (!l->state) {
		l->state = outside(snapshot_size());
	}
	l->next = next_choice(0);
	l->saved = false;
	totals->deepest = MAX(totals->deepest, known->depth);
	if (l->next == CHOICES) {
		l->chosen = -1;
		l->where = NULL;
		check_ending();
		if (violation[0]) {
			fail(c);
		}
	}
}

static const void *where_after(int choice)
{
	return choice < ACTORS && !actors[choice].done ? actors[choice].where : NULL;
}

/* Make the next choice of the state on top; what comes of it goes on top if it is new. */
static void visit(const struct casting *c, struct level *l)
{
	int choice = l->next;

	if (l->saved) {
		snapshot_restore(l->state);
	}
	l->chosen = choice;
	l->next = next_choice(choice + 1);
	if (!l->saved && l->next < CHOICES) {
		snapshot_save(l->state);
		l->saved = true;
	}
	step(choice);
	l->where = where_after(choice);
	if (violation[0]) {
		fail(c);
	}
	if (is_new(state_hash())) {
		push(c);
	}
}

bool search(const struct casting *c, uint64_t limit)
{
	uint64_t end = totals->states + limit;
	struct level *l;

	forget_all();
	known->depth = 0;
	stage_begin(c);
	last = -1;
	preempt = c->preempt;
	is_new(state_hash());
	push(c);
	while (known->depth > 0) {
		if (totals->states >= end) {
			return false;
		}
		l = &known->level[known->depth - 1];
		if (l->next < CHOICES) {
			visit(c, l);
		} else {
			known->depth--;
		}
	}
	totals->castings++;
	return true;
}
