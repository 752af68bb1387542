/*
 * What the boot loader leaves behind [Multiboot 0.6.96 §3.3], and what multiboot.asm does.
 *
 * Floor 9.  Read next: multiboot.asm
 */
#ifndef BOOT_MULTIBOOT_H
#define BOOT_MULTIBOOT_H

#include "kernel/lib/types.h"

#define MULTIBOOT_MAGIC 0x2BADB002u     /* in eax on entry */

/* multiboot_info.flags: which fields are valid. */
enum { MBI_CMDLINE = 1u << 2, MBI_MODULES = 1u << 3, MBI_MEMORY_MAP = 1u << 6 };

struct multiboot_info {
	uint32_t flags;
	uint32_t mem_lower, mem_upper;
	uint32_t boot_device;
	paddr_t  cmdline;               /* a string                        */
	uint32_t nr_modules;
	paddr_t  modules;               /* array of multiboot_module       */
	uint32_t symbols[4];
	uint32_t mmap_length;           /* bytes                           */
	paddr_t  mmap;                  /* entries of various length       */
};
_Static_assert(offsetof(struct multiboot_info, cmdline) == 16, "[Multiboot 0.6.96 §3.3]");
_Static_assert(offsetof(struct multiboot_info, modules) == 24, "[Multiboot 0.6.96 §3.3]");
_Static_assert(offsetof(struct multiboot_info, mmap) == 48, "[Multiboot 0.6.96 §3.3]");

struct multiboot_module {
	paddr_t  start, end;            /* [start, end) */
	paddr_t  string;
	uint32_t reserved;
};
_Static_assert(sizeof(struct multiboot_module) == 16, "[Multiboot 0.6.96 §3.3]");

struct multiboot_range {
	uint32_t size;                  /* of the rest of this entry: the next one is size + 4 further */
	uint64_t start, length;
	uint32_t type;
} __attribute__((packed));
_Static_assert(sizeof(struct multiboot_range) == 24, "[Multiboot 0.6.96 §3.3]");

enum { MULTIBOOT_RAM = 1 };             /* multiboot_range.type; anything else is not ours to use */

/* The stack that the machine starts on: [boot_stack, boot_stack_top). */
extern char boot_stack[], boot_stack_top[];

/* Where multiboot.asm jumps to; boot/main.c. */
_Noreturn void kernel_main(uint32_t magic, paddr_t info);

#endif
