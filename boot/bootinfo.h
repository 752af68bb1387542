/*
 * The boot loader's information, copied and checked: afterwards nothing of it is needed where it lay.
 *
 * Floor 9.  Read next: bootinfo.c
 */
#ifndef BOOT_BOOTINFO_H
#define BOOT_BOOTINFO_H

#include "mm/phys/frame.h"

#define BOOT_RANGES  16u
#define BOOT_CMDLINE 1024u

struct bootinfo {
	struct memrange ram[BOOT_RANGES];       /* usable, whole pages, in the direct map's reach */
	unsigned        nram;
	paddr_t         ram_end;                /* end of the highest                             */
	uint64_t        ram_bytes;              /* usable bytes that the machine has, all told    */
	struct memrange module;                 /* the root image; empty if there is none         */
	char            cmdline[BOOT_CMDLINE];
};

/*
 * Read what multiboot.asm was given into @b.
 * Returns: NULL, or in one sentence why this machine cannot be started; @b then holds what was found.
 */
const char *bootinfo_read(struct bootinfo *b, uint32_t magic, paddr_t info);

#endif
