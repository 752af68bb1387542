/*
 * Every event that can be traced, once.  Adding one is adding a line here and a trace_emit() where it happens.
 *
 *	X(id, name, format)     format prints the record's a, b, c and d, in this order, as far as it names them
 *
 * Names begin with a word for their kind: `trace=fault,blk` switches on all that begin with one of these.
 * A mapping is told by the address of its struct mapping: the same number, the same file.
 *
 * Floor 2.
 */
#ifndef KERNEL_EVENTS_H
#define KERNEL_EVENTS_H

#define EVENTS(X)                                                                                   \
	X(SYSCALL_ENTER,  syscall_enter,  "%u 0x%x 0x%x 0x%x")         /* number, arguments 1 to 3 */ \
	X(SYSCALL_MORE,   syscall_more,   "0x%x 0x%x 0x%x")                    /* arguments 4 to 6 */ \
	X(SYSCALL_TEXT,   syscall_text,   "0x%08x 0x%08x 0x%08x 0x%08x")   /* 16 bytes of a string */ \
	X(SYSCALL_EXIT,   syscall_exit,   "%u %d")                               /* number, result */ \
	X(SWITCH,         switch,         "to %d")                                                  \
	X(IDLE,           idle,           "%u")       /* 1: nobody is ready, halt; 0: somebody is */ \
	X(FAULT_ANON,     fault_anon,     "va 0x%08x write %u")                                     \
	X(FAULT_FILE,     fault_file,     "va 0x%08x write %u")                                     \
	X(FAULT_UNCACHED, fault_uncached, "va 0x%08x write %u")                                     \
	X(FAULT_COW,      fault_cow,      "va 0x%08x write %u")                                     \
	X(FAULT_BAD,      fault_bad,      "va 0x%08x write %u eip 0x%08x")                          \
	X(CACHE_MISS,     cache_miss,     "mapping 0x%08x page %u want %u")                         \
	X(CACHE_READ,     cache_read,     "mapping 0x%08x page %u n %u ahead %u")                   \
	X(STEAL,          steal,          "mapping 0x%08x page %u n %u")                            \
	X(MOVE,           move,           "mapping 0x%08x page %u n %u from 0x%08x")                \
	X(WB_START,       wb_start,       "mapping 0x%08x page %u n %u")                            \
	X(WB_DONE,        wb_done,        "mapping 0x%08x page %u n %u error %d")                   \
	X(RECLAIM,        reclaim,        "want %u freed %u")                                       \
	X(BLK_SUBMIT,     blk_submit,     "request 0x%08x op %u sector %u segments %u")             \
	X(BLK_DONE,       blk_done,       "request 0x%08x op %u sector %u status %d")

#define EVENT_ENUM(id, name, format) EV_##id,
enum event { EVENTS(EVENT_ENUM) NR_EVENTS };
#undef EVENT_ENUM

#endif
