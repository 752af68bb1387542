/*
 * Physical memory for a host test: an arena of so many pages, described as RAM, with real frames in it.
 *
 * Every test begins with memory_begin() and ends with memory_end(), which fails when a frame or a byte
 * of kmalloc leaked, or when an invariant of frames is broken.
 */
#ifndef TESTS_HOST_MEMORY_H
#define TESTS_HOST_MEMORY_H

#include "tests/host/host.h"

#include "mm/phys/frame.h"
#include "mm/phys/kmalloc.h"
#include "tests/host/fake.h"
#include "tests/host/fake_ram.h"

static pfn_t  memory_baseline;
static size_t memory_heap_baseline;

static inline void memory_report(const char *line)
{
	print_error("%s\n", line);
}

/* @pages of RAM without a hole; page 0 and the descriptors are part of it. */
static inline void memory_begin(unsigned pages)
{
	struct memrange ram = { 0, pages * PAGE_SIZE };

	fake_reset();
	fake_ram((size_t)pages * PAGE_SIZE);
	assert_int_equal(frame_init(&ram, 1, NULL, 0), 0);
	frame_set_reclaim(NULL);
	memory_baseline = frame_count_free();
	memory_heap_baseline = kmalloc_in_use();
}

static inline void memory_end(void)
{
	assert_int_equal(kmalloc_in_use(), memory_heap_baseline);
	assert_int_equal(frame_count_free(), memory_baseline);
	assert_int_equal(frame_check(memory_report), 0);
}

#endif
