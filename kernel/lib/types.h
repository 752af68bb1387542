/*
 * Fixed-width types, a type for every unit, and the geometry of a page.
 *
 * A user address is a number, a physical address is a number.  Neither can be dereferenced by accident;
 * the only way to the bytes is frame_data() (mm/phys/frame.h) and the user copy (kernel/x86/ucopy.h).
 * That is also what lets most of the kernel run unchanged on a 64-bit host.
 *
 * Floor 0.  Read next: check.h
 */
#ifndef KERNEL_LIB_TYPES_H
#define KERNEL_LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t paddr_t;       /* physical address, bytes                     */
typedef uint32_t pfn_t;         /* physical frame number: paddr >> PAGE_SHIFT  */
typedef uint32_t uva_t;         /* user (or kernel) virtual address, bytes     */
typedef uint32_t pgoff_t;       /* page index within a mapping                 */
typedef uint32_t sector_t;      /* 512-byte sector of a block device           */
typedef uint32_t pte_t;         /* page-directory or page-table entry          */
typedef int64_t  loff_t;        /* byte offset or size of a file               */

#define PAGE_SHIFT   12
#define PAGE_SIZE    4096u
#define PAGE_MASK    (PAGE_SIZE - 1u)

#define PGOFF_LAST   (~0u - 1u)         /* largest page index: one more does not wrap */

#define SECTOR_SHIFT 9
#define SECTOR_SIZE  512u
#define PAGE_SECTORS (PAGE_SIZE / SECTOR_SIZE)

/*
 *   0x00000000                0xC0000000            0xF8000000      0xFFFFFFFF
 *   | user: one per process   | all of RAM, direct  | kernel stacks, device
 *   |                         | map, 896 MiB        | registers, ...
 */
#define USER_TOP     0xC0000000u        /* first address no process may own          */
#define KERNEL_BASE  0xC0000000u        /* physical 0 in the direct map              */
#define DIRECT_MAX   0x38000000u        /* bytes of RAM that the direct map can show */
#define KVIRT_BASE   0xF8000000u        /* mapped piecewise: stacks, registers       */

#define MIN(a, b)        ((a) < (b) ? (a) : (b))
#define MAX(a, b)        ((a) > (b) ? (a) : (b))
#define ARRAY_SIZE(a)    (sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))

static inline uint32_t page_round_down(uint32_t x)
{
	return x & ~PAGE_MASK;
}

/* Wraps to 0 for the last page of the address space: test with page_round_down() where that matters. */
static inline uint32_t page_round_up(uint32_t x)
{
	return (x + PAGE_MASK) & ~PAGE_MASK;
}

/* Pages that @size bytes reach into: the index of the first page wholly past the end. */
static inline pgoff_t size_pages(loff_t size)
{
	return (pgoff_t)((size + PAGE_MASK) >> PAGE_SHIFT);
}

#endif
