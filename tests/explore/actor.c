/*
 * Coroutines: each actor has a stack of his own and runs on it until the next scheduling point.
 *
 * The first entry onto a stack is the C library's makecontext(); every switch after that is the compiler's
 * __builtin_setjmp: three words, and all other registers lie on the stack, where snapshot and hash find them.
 *
 * Read next: fake.c
 */
#define _GNU_SOURCE
#include "tests/explore/explore.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

/* The same addresses in every run: hashes, and with them the search, can be repeated. */
#define STACKS ((char *)0x100000000000)

struct actor actors[ACTORS];
struct actor *running;
char violation[256];

static void *home[5];                   /* the search, waiting for a step to end */
static ucontext_t first_home;
static struct task setter;

_Noreturn __attribute__((noinline)) static void go(void **to)
{
	__builtin_longjmp(to, 1);
}

/* Leave the running actor; returns when he is chosen again. */
__attribute__((noinline)) static void leave(struct actor *a)
{
	if (__builtin_setjmp(a->resume) == 0) {
		go(home);
	}
}

/* Registers that hold what is dead differ by the way that led here: they would make one state look like many. */
static void scrub(struct actor *a)
{
	char *bottom = STACKS + (a - actors) * STACK_SIZE;
	char *sp = a->resume[2];

	memset(sp - MIN((size_t)(sp - bottom), (size_t)8 << 10), 0, MIN((size_t)(sp - bottom), (size_t)8 << 10));
}

__attribute__((noinline)) static void enter(struct actor *a)
{
	if (__builtin_setjmp(home) == 0) {
		go(a->resume);
	}
}

char *actor_stack_top(const struct actor *a)
{
	return STACKS + (a - actors + 1) * STACK_SIZE;
}

void actor_step(struct actor *a)
{
	running = a;
	this_cpu()->current = &a->task;
	a->started = true;
	scrub(a);
	enter(a);
	running = NULL;
	this_cpu()->current = &setter;
}

/* As leave(), to where the stacks are made.  A function of its own: what it brings back into the registers
 * is on the stack, and not what the search happens to have in them. */
__attribute__((noinline)) static void wait_for_play(struct actor *a)
{
	if (__builtin_setjmp(a->resume) == 0) {
		setcontext(&first_home);
	}
}

static void body(unsigned k)
{
	struct actor *a = &actors[k];

	wait_for_play(a);
	a->op->run(a);
	a->done = true;
	for (;;) {
		leave(a);
	}
}

/* All actors wait at the beginning of their bodies. */
void actors_init(void)
{
	char *stacks = mmap(STACKS, ACTORS * STACK_SIZE, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (stacks != STACKS) {
		perror("mmap");
		exit(2);
	}
	this_cpu()->current = &setter;
	for (unsigned k = 0; k < ACTORS; k++) {
		volatile bool entered = false;
		ucontext_t start;

		actors[k].task = (struct task){ .name = "actor", .id = (int)k + 1 };
		getcontext(&first_home);
		if (!entered) {
			entered = true;
			getcontext(&start);
			start.uc_stack.ss_sp = STACKS + k * STACK_SIZE;
			start.uc_stack.ss_size = STACK_SIZE;
			makecontext(&start, (void (*)(void))body, 1, k);
			setcontext(&start);
		}
	}
}

void explore_point(const void *where)
{
	struct actor *a = running;

	if (a && this_cpu()->spins == 0 && this_cpu()->irq_depth == 0) {
		a->where = where ? where : __builtin_return_address(0);
		leave(a);
	}
}

void explore_sleep(const void *where)
{
	struct actor *a = running;

	if (a) {
		a->where = where;
		leave(a);
		return;
	}
	while (list_linked(&setter.link_wait)) {
		if (disk.requests == 0) {
			violated("the stage sleeps for ever");
			abort();
		}
		disk_end(0);
	}
}

void violated(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!violation[0]) {
		vsnprintf(violation, sizeof(violation), format, args);
	}
	va_end(args);
	if (running) {
		running->where = __builtin_return_address(0);
		this_cpu()->spins = 0;
		go(home);
	}
}
