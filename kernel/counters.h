/*
 * Every counter there is, once: per processor and per task, always on.
 *
 * Adding one is adding a line here; /proc/magpie, the tests and the tools follow.  Counts are made once
 * per batch or run, never per page, with count_add().  Work in an interrupt is charged to the task that
 * it interrupted.
 *
 * Floor 2.
 */
#ifndef KERNEL_COUNTERS_H
#define KERNEL_COUNTERS_H

#include "kernel/x86/cpu.h"

#define COUNTERS(X)                                                                                   \
	X(FAULTS_ANON,          faults_anon,          "page faults: anonymous memory")                \
	X(FAULTS_FILE,          faults_file,          "page faults: file pages")                      \
	X(FAULTS_UNCACHED,      faults_uncached,      "page faults: MAP_UNCACHED pages")              \
	X(FAULTS_COW,           faults_cow,           "page faults: write to a shared frame")         \
	X(FAULTS_BAD,           faults_bad,           "page faults: not allowed, SIGSEGV or SIGBUS")  \
	X(FAULTS_SPARED,        faults_spared,        "of these, brought in by exec: the processor did not fault") \
	X(PAGE_TABLES,          page_tables,          "page-table pages allocated")                   \
	X(PTES_WRITTEN,         ptes_written,         "page-table entries written")                   \
	X(MWRITE_PDE_READS,     mwrite_pde_reads,     "directory entries read by mwrite")             \
	X(MWRITE_PTE_READS,     mwrite_pte_reads,     "table entries read by mwrite")                 \
	X(TLB_INVLPG,           tlb_invlpg,           "TLB: single pages invalidated")                \
	X(TLB_CR3,              tlb_cr3,              "TLB: flushed whole by loading CR3")            \
	X(CR3_SWITCH,           cr3_switch,           "TLB: CR3 loaded to change address space")      \
	X(BYTES_COPIED_READ,    bytes_copied_read,    "bytes copied: cache to user")                  \
	X(BYTES_COPIED_WRITE,   bytes_copied_write,   "bytes copied: user to cache")                  \
	X(BYTES_COPIED_COW,     bytes_copied_cow,     "bytes copied: breaking COW, private pages")    \
	X(BYTES_COPIED_FALLBACK, bytes_copied_fallback, "bytes copied: where a page could not move")  \
	X(PAGES_ZEROED,         pages_zeroed,         "pages filled with zeros")                      \
	X(RAMDISK_WORDS,        ramdisk_words,        "words of 4 bytes moved by the ramdisk")        \
	X(FRAMES_ALLOCATED,     frames_allocated,     "frames allocated")                             \
	X(FRAMES_FREED,         frames_freed,         "frames freed")                                 \
	X(FRAMES_STOLEN,        frames_stolen,        "frames taken out of the cache to be moved")    \
	X(FRAMES_MOVED,         frames_moved,         "frames moved into a file by mwrite")           \
	X(FALLBACK_DIRTY,       fallback_dirty,       "not stolen: dirty")                            \
	X(FALLBACK_MAPPED,      fallback_mapped,      "not stolen: mapped by somebody")               \
	X(FALLBACK_BUSY,        fallback_busy,        "not stolen: under I/O or in use")              \
	X(FALLBACK_MEMORY,      fallback_memory,      "not stolen: hardly any memory left that is not private") \
	X(FALLBACK_SHARED,      fallback_shared,      "not moved: shared with another process or not ours to take") \
	X(FALLBACK_TARGET,      fallback_target,      "not moved: destination page mapped or busy, copied into it") \
	X(CACHE_HITS,           cache_hits,           "page cache: found")                            \
	X(CACHE_MISSES,         cache_misses,         "page cache: had to be read")                   \
	X(RA_ISSUED,            ra_issued,            "readahead: pages started")                     \
	X(RA_USED,              ra_used,              "readahead: pages used afterwards")             \
	X(RA_WASTED,            ra_wasted,            "readahead: pages dropped unused")              \
	X(BLK_REQUESTS,         blk_requests,         "block requests")                               \
	X(BLK_SEGMENTS,         blk_segments,         "segments of block requests")                   \
	X(BLK_SECTORS,          blk_sectors,          "sectors of block requests")                    \
	X(BLK_FLUSHES,          blk_flushes,          "flushes of the device's write cache")          \
	X(PAGES_WRITTEN,        pages_written,        "pages written back")                           \
	X(PAGES_RECLAIMED,      pages_reclaimed,      "cached pages dropped for memory")              \
	X(SYSCALLS,             syscalls,             "system calls")                                 \
	X(SYSCALLS_UNKNOWN,     syscalls_unknown,     "system calls refused with ENOSYS")             \
	X(SWITCHES,             switches,             "task switches")

#define COUNTER_ENUM(id, name, text) C_##id,
enum counter { COUNTERS(COUNTER_ENUM) NR_COUNTERS };
#undef COUNTER_ENUM

extern const char *const counter_names[NR_COUNTERS];
extern const char *const counter_texts[NR_COUNTERS];

/* Two adds on memory that only this processor writes. */
static inline void count_add(enum counter c, unsigned n)
{
	struct cpu *cpu = this_cpu();

	cpu->counts[c] += n;
	cpu->task_counts[c] += n;
}

/* Sum over all processors. */
uint64_t count_read(enum counter c);

/* Point every processor at its counters; before the first count_add(). */
void count_init(void);

/*
 * All counters as text, `name value` lines, then the derived sums page_faults, tlb_invalidations,
 * bytes_copied and fallbacks.  @counts is one task's array, or NULL for the whole machine.
 * Returns the length, cut to @size.
 */
size_t count_print(const uint64_t *counts, char *to, size_t size);

#endif
