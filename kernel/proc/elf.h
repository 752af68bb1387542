/*
 * Programs: statically linked ELF32 files for the i386 [ELF 1.2, SysV i386 4, 5].
 *
 * Floor 7.  Read next: elf.c
 */
#ifndef KERNEL_PROC_ELF_H
#define KERNEL_PROC_ELF_H

#include "fs/inode.h"
#include "mm/space/space.h"

struct elf_header {                     /* Elf32_Ehdr */
	uint8_t  ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint32_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct elf_header) == 52, "ELF header");

struct elf_segment {                    /* Elf32_Phdr */
	uint32_t type;
	uint32_t offset, vaddr, paddr;
	uint32_t filesz, memsz;
	uint32_t flags, align;
};
_Static_assert(sizeof(struct elf_segment) == 32, "ELF program header");

/* What exec must know of a program that was mapped. */
struct elf_image {
	uva_t    entry;
	uva_t    phdr;                  /* where the program headers are in memory; 0: nowhere */
	uint32_t phnum;
	uva_t    end;                   /* past the last byte: the heap comes after it */
};

/*
 * Map the program @file into the empty space @s: each segment privately from the file, the rest of it zeroed.
 * Sleeps.  Returns: 0; -ENOEXEC: not a program that can run here; -ENOMEM, -EIO.
 */
must_check int elf_load(struct space *s, struct inode *file, struct elf_image *out);

#endif
