/*
 * Mapping an ELF program.
 *
 *	file    | headers | text ........ | data ... |          one PT_LOAD each
 *	                                        |
 *	memory        | text ........ |   | data ... 0000 | 0000 0000 |
 *	                                  pages of file ^   anonymous pages: the rest of bss
 *	                                                zeroed by us
 *
 * The file is not trusted: every number in it is checked before it is used, and what cannot be right is
 * ENOEXEC.  Position-independent and dynamically linked programs are refused so, too.
 *
 * Floor 7.  [ELF 1.2]   Read next: args.h
 */
#include "kernel/proc/elf.h"
#include "fs/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/proc/poke.h"

enum { ELFCLASS32 = 1, ELFDATA2LSB = 1, EV_CURRENT = 1, ET_EXEC = 2, EM_386 = 3 };
enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3 };
enum { PF_X = 1, PF_W = 2, PF_R = 4 };

#define MAX_SEGMENTS 16u                /* 512 bytes of stack; linkers make five to ten */
#define PROGRAM_TOP  (STACK_TOP - STACK_MAX)

static bool header_valid(const struct elf_header *h)
{
	static const uint8_t ident[] = { 0x7F, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT };

	return memcmp(h->ident, ident, sizeof(ident)) == 0 && h->type == ET_EXEC &&
	       h->machine == EM_386 && h->version == EV_CURRENT &&
	       h->phentsize == sizeof(struct elf_segment) && h->phnum > 0 && h->phnum <= MAX_SEGMENTS;
}

/* @n bytes at @pos, all of them: a file that ends before is no program. */
static int read_exactly(struct inode *file, void *to, uint32_t n, uint32_t pos)
{
	int r = rw_read_kernel(file, to, n, pos);

	return r < 0 ? r : (uint32_t)r == n ? 0 : -ENOEXEC;
}

/* Who may write may read: see kernel/sys/mem.c. */
static unsigned segment_prot(const struct elf_segment *s)
{
	return (s->flags & (PF_R | PF_W) ? PROT_READ : 0u) | (s->flags & PF_W ? PROT_WRITE : 0u) |
	       (s->flags & PF_X ? PROT_EXEC : 0u);
}

/* May the segment be mapped, above everything up to @above?  Sums are made where they cannot overflow. */
static bool segment_valid(const struct elf_segment *s, uva_t above, loff_t file_size)
{
	return s->filesz <= s->memsz && s->memsz <= PROGRAM_TOP && s->vaddr >= PAGE_SIZE &&
	       s->vaddr <= PROGRAM_TOP - s->memsz && page_round_down(s->vaddr) >= above &&
	       ((s->vaddr ^ s->offset) & PAGE_MASK) == 0 &&
	       (loff_t)s->offset + s->filesz <= file_size;
}

static int map_area(struct space *space, struct map_request *r, uva_t lo, uva_t hi)
{
	uva_t at;

	r->at = lo;
	r->len = hi - lo;
	r->fixed = true;
	return hi > lo ? space_map(space, r, &at) : 0;
}

static int map_segment(struct space *space, struct inode *file, const struct elf_segment *s)
{
	uva_t start = page_round_down(s->vaddr), file_end = s->vaddr + s->filesz;
	uva_t split = s->filesz ? page_round_up(file_end) : start;
	uva_t end = page_round_up(s->vaddr + s->memsz);
	unsigned prot = segment_prot(s);
	struct map_request from_file = {
		.prot = prot, .flags = VMA_DENYWRITE | VMA_MAYWRITE, .pager = &pager_private,
		.mapping = &file->mapping, .pgoff = s->offset >> PAGE_SHIFT,
	};
	struct map_request zeros = { .prot = prot, .flags = VMA_MAYWRITE, .pager = &pager_anon };
	int r = map_area(space, &from_file, start, split);

	if (r == 0) {
		r = map_area(space, &zeros, split, end);
	}
	/* Linkers put other sections' bytes behind data in the same page of the file. */
	if (r == 0 && s->memsz > s->filesz && file_end < split) {
		r = poke(space, file_end, NULL, split - file_end);
	}
	return r == -EFAULT ? -ENOEXEC : r;     /* bss in a segment that is not writable */
}

/* Where the program headers lie in memory: libcs find their thread-local template by them. */
static uva_t phdr_address(const struct elf_header *h, const struct elf_segment *s)
{
	uint32_t bytes = h->phnum * (uint32_t)sizeof(*s);

	if (h->phoff < s->offset || h->phoff - s->offset > s->filesz ||
	    bytes > s->filesz - (h->phoff - s->offset)) {
		return 0;
	}
	return s->vaddr + (h->phoff - s->offset);
}

int elf_load(struct space *space, struct inode *file, struct elf_image *out)
{
	struct elf_segment seg[MAX_SEGMENTS];
	struct elf_header h;
	int r = read_exactly(file, &h, sizeof(h), 0);

	if (r < 0 || !header_valid(&h)) {
		return r < 0 ? r : -ENOEXEC;
	}
	r = read_exactly(file, seg, h.phnum * (uint32_t)sizeof(seg[0]), h.phoff);
	*out = (struct elf_image){ .entry = h.entry, .phnum = h.phnum };
	for (const struct elf_segment *s = seg; r == 0 && s < seg + h.phnum; s++) {
		if (s->type == PT_INTERP || s->type == PT_DYNAMIC) {
			return -ENOEXEC;
		}
		if (s->type != PT_LOAD || s->memsz == 0) {
			continue;
		}
		if (!segment_valid(s, page_round_up(out->end), mapping_size(&file->mapping))) {
			return -ENOEXEC;
		}
		r = map_segment(space, file, s);
		out->end = s->vaddr + s->memsz;
		if (!out->phdr) {
			out->phdr = phdr_address(&h, s);
		}
	}
	return r < 0 ? r : out->end ? 0 : -ENOEXEC;
}
