/*
 * The stack that a new program finds:
 *
 *	STACK_TOP  +-----------------------------+
 *	           | 0                           |  4 bytes
 *	           | strings: argv, envp, path   |
 *	           | 16 random bytes             |
 *	           | padding to 16 bytes         |
 *	           | auxiliary vector, AT_NULL   |
 *	           | envp pointers, NULL         |
 *	           | argv pointers, NULL         |
 *	      sp   | argc                        |  [SysV i386 2.3, figure 3-31]
 *	           +-----------------------------+
 *
 * Floor 7.  Read next: exec.c
 */
#include "kernel/clock.h"
#include "kernel/proc/args.h"
#include "kernel/proc/poke.h"

enum {                                  /* [SysV i386 2.3.3], Linux's elf.h */
	AT_NULL = 0, AT_PHDR = 3, AT_PHENT = 4, AT_PHNUM = 5, AT_PAGESZ = 6, AT_BASE = 7, AT_FLAGS = 8,
	AT_ENTRY = 9, AT_UID = 11, AT_EUID = 12, AT_GID = 13, AT_EGID = 14, AT_HWCAP = 16,
	AT_CLKTCK = 17, AT_SECURE = 23, AT_RANDOM = 25, AT_EXECFN = 31,
};

enum { RANDOM_BYTES = 16, NR_AUX = 17, STACK_ALIGN = 16, PUT_AT_ONCE = 48 };

#define STACK_SPARE (4 * PAGE_SIZE)     /* mapped below the block; faults below that make it grow */

/* Words go to the stack one after the other, by the batch; the first error stays. */
struct writer {
	struct space *space;
	uva_t         at;               /* of word[0]          */
	int           error;
	unsigned      n;                /* put and not written */
	uint32_t      word[PUT_AT_ONCE];
};

static void flush(struct writer *w)
{
	uint32_t bytes = w->n * sizeof(w->word[0]);

	if (w->error == 0) {
		w->error = poke(w->space, w->at, w->word, bytes);
	}
	w->at += bytes;
	w->n = 0;
}

static void put(struct writer *w, uint32_t word)
{
	if (w->n == PUT_AT_ONCE) {
		flush(w);
	}
	w->word[w->n++] = word;
}

static void put_aux(struct writer *w, uint32_t type, uint32_t value)
{
	put(w, type);
	put(w, value);
}

/* Where the string after the one at @at begins. */
static uint32_t string_after(const struct args *a, uint32_t at)
{
	while (((const char *)frame_data(a->page[at >> PAGE_SHIFT]))[at & PAGE_MASK] != '\0') {
		at++;
	}
	return at + 1;
}

/* @n pointers to the strings from *@at on, and a NULL. */
static void put_pointers(struct writer *w, const struct args *a, uva_t strings, uint32_t *at, uint32_t n)
{
	for (; n > 0; n--) {
		put(w, strings + *at);
		*at = string_after(a, *at);
	}
	put(w, 0);
}

/* A libc's stack protector and hash seeds; different from run to run, not secret [SplitMix64]. */
static void make_random(uint64_t to[RANDOM_BYTES / 8])
{
	static uint64_t state;

	state += clock_us();
	for (unsigned i = 0; i < RANDOM_BYTES / 8; i++) {
		uint64_t z = state += 0x9E3779B97F4A7C15u;

		z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
		z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
		to[i] = z ^ (z >> 31);
	}
}

static void put_auxiliary(struct writer *w, const struct elf_image *image, uva_t random, uva_t path)
{
	put_aux(w, AT_PHDR, image->phdr);
	put_aux(w, AT_PHENT, sizeof(struct elf_segment));
	put_aux(w, AT_PHNUM, image->phnum);
	put_aux(w, AT_PAGESZ, PAGE_SIZE);
	put_aux(w, AT_BASE, 0);
	put_aux(w, AT_FLAGS, 0);
	put_aux(w, AT_ENTRY, image->entry);
	put_aux(w, AT_UID, 0);
	put_aux(w, AT_EUID, 0);
	put_aux(w, AT_GID, 0);
	put_aux(w, AT_EGID, 0);
	put_aux(w, AT_HWCAP, 0);
	put_aux(w, AT_CLKTCK, 1000000u / TICK_US);
	put_aux(w, AT_SECURE, 0);
	put_aux(w, AT_RANDOM, random);
	put_aux(w, AT_EXECFN, path);
	put_aux(w, AT_NULL, 0);
}

/* The area of the stack: the block, some room below it, and more on demand. */
static int map_stack(struct space *s, uva_t sp)
{
	uva_t bottom = page_round_down(sp) - STACK_SPARE, at;
	const struct map_request r = {
		.at = bottom, .len = STACK_TOP - bottom, .prot = PROT_READ | PROT_WRITE | PROT_EXEC,
		.flags = VMA_GROWSDOWN | VMA_MAYWRITE, .fixed = true, .pager = &pager_anon,
	};

	return space_map(s, &r, &at);
}

static int place_strings(const struct args *a, struct space *s, uva_t strings)
{
	int r = 0;

	for (uint32_t at = 0; r == 0 && at < a->bytes; at += PAGE_SIZE) {
		r = poke(s, strings + at, frame_data(a->page[at >> PAGE_SHIFT]),
		         MIN(a->bytes - at, PAGE_SIZE));
	}
	return r;
}

int args_place(const struct args *a, struct space *s, const struct elf_image *image, uva_t *sp)
{
	uva_t strings = STACK_TOP - sizeof(uint32_t) - a->bytes, random = strings - RANDOM_BYTES;
	uint32_t words = 1 + a->argc + 1 + a->envc + 1 + 2 * NR_AUX;
	struct writer w = { .space = s };
	uint64_t bytes[RANDOM_BYTES / 8];
	uint32_t at = 0;

	*sp = w.at = (random - words * sizeof(uint32_t)) & -(uva_t)STACK_ALIGN;
	w.error = map_stack(s, *sp);
	if (w.error == 0) {
		w.error = place_strings(a, s, strings);
	}
	make_random(bytes);
	if (w.error == 0) {
		w.error = poke(s, random, bytes, sizeof(bytes));
	}
	put(&w, a->argc);
	put_pointers(&w, a, strings, &at, a->argc);
	put_pointers(&w, a, strings, &at, a->envc);
	put_auxiliary(&w, image, random, strings + at);
	flush(&w);
	return w.error;
}
