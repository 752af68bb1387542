/*
 * The stage: two files, a process with its memory, and its child; and five ways in which they can stand when the
 * actors come on.
 *
 *      cold     nothing is cached                      the anonymous page is the parent's alone
 *      warm     all pages are cached and clean         the same
 *      dirty    and newer than the disk                the same
 *      mapped   b is mapped and written, a mapped      the anonymous page is shared with the child
 *      full     as warm, and the disk has no room      the same
 *
 * Read next: model.c
 */
#include "tests/explore/explore.h"

#include "mm/cache/pcache.h"
#include "mm/cache/writeback.h"
#include "mm/phys/pool.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RAM ((char *)0x200000000000)

const char *const stage_names[STAGES] = { "cold", "warm", "dirty", "mapped", "full" };

char *host_ram;
struct space *parent, *child;

static void must(bool done)
{
	if (!done) {
		fprintf(stderr, "the stage cannot be set: %s\n", violation);
		abort();
	}
}

static void map(uva_t at, const struct pager *pager, unsigned file, unsigned pages)
{
	struct map_request r = {
		.at = at, .len = pages * PAGE_SIZE, .prot = PROT_READ | PROT_WRITE, .fixed = true, .pager = pager,
		.flags = VMA_MAYWRITE | (pager == &pager_shared ? VMA_SHARED : 0),
		.mapping = pager == &pager_anon ? NULL : &disk.file[file].inode.mapping,
	};
	uva_t got;

	must(space_map(parent, &r, &got) == 0);
}

/* Once: memory, kernel, files, the parent.  No memory is kept back: the arena is small. */
void stage_init(void)
{
	struct memrange ram = { 0, RAM_PAGES * PAGE_SIZE };

	host_ram = mmap(RAM, RAM_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	must(host_ram == RAM);
	must(frame_init(&ram, 1, NULL, 0) == 0);
	pool.reserve = 0;
	wb_init();
	disk_init();
	parent = space_create();
	must(parent != NULL);
	map(AT_ANON, &pager_anon, 0, 1);
	map(AT_UNCACHED_A, &pager_uncached, 0, 1);
	map(AT_SHARED_B, &pager_shared, 1, 2);
	map(AT_UNCACHED_B, &pager_uncached, 1, 1);
	map(AT_PRIVATE_A, &pager_private, 0, 1);
}

static void cached(unsigned file, pgoff_t i)
{
	struct frame *f;

	must(pcache_get(&disk.file[file].inode.mapping, NULL, i, &f) == 0);
	frame_put(f);
}

/* Overwrite a cached page, as write(2) does. */
static void dirty(unsigned file, pgoff_t i, uint8_t value)
{
	struct frame *f;

	must(pcache_grab(&disk.file[file].inode.mapping, i, &f) == 0);
	set_content(frame_data(f), 0, CONTENT, value);
	pcache_dirty(f);
	frame_unlock(f);
	frame_put(f);
	model_settle(file_cell(file, i, 0), value);
	model_settle(file_cell(file, i, 1), value);
}

static void touch(uva_t va, bool write, int value)
{
	struct frame *f;

	must(fault_handle(parent, va, write) == FAULT_OK);
	must(pt_lookup(&parent->pt, va, &f) != 0);
	if (value >= 0) {
		set_content(frame_data(f), 0, CONTENT, (uint8_t)value);
	}
	frame_put(f);
}

static void settle_all(void)
{
	model_init();
	for (unsigned half = 0; half < 2; half++) {
		model_settle(file_cell(0, 0, half), V_A0);
		model_settle(file_cell(0, 1, half), V_END);
		model_settle(file_cell(1, 0, half), V_B0);
		model_settle(file_cell(1, 1, half), V_ZERO);
	}
	model_settle(CELL_ANON, V_ANON);
	model_settle(CELL_CHILD, V_ANON);
}

void stage_set(enum stage stage)
{
	settle_all();
	touch(AT_ANON, true, V_ANON);
	child = space_fork(parent);
	must(child != NULL);
	if (stage != MAPPED && stage != FULL) {
		touch(AT_ANON, true, V_ANON);
	}
	if (stage != COLD) {
		cached(0, 0);
		cached(1, 0);
		cached(1, 1);
	}
	if (stage == DIRTY) {
		dirty(0, 0, V_NEW_A);
		dirty(1, 0, V_NEW_B);
	}
	if (stage == MAPPED) {
		touch(AT_PRIVATE_A, false, -1);
		touch(AT_SHARED_B, true, V_NEW_B);
		model_settle(file_cell(1, 0, 0), V_NEW_B);
		model_settle(file_cell(1, 0, 1), V_NEW_B);
	}
	for (unsigned b = 1; stage == FULL && b < BLOCKS; b++) {
		disk.taken[b] = true;
	}
	must(!violation[0]);
}
