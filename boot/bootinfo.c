/*
 * Reading the boot information.
 *
 * It is input from outside: nothing in it is trusted to lie in RAM or to be whole.  QEMU cuts off a module
 * that does not fit into memory and says nothing, so the module is held against the memory map.
 *
 * Floor 9.  Read next: main.c
 */
#include "boot/bootinfo.h"
#include "boot/multiboot.h"
#include "kernel/lib/string.h"

/* Something of the loader's at a physical address; NULL if it is out of the direct map's reach. */
static const void *boot_data(paddr_t at, uint32_t size)
{
	if (at == 0 || size > DIRECT_MAX || at > DIRECT_MAX - size) {
		return NULL;
	}
	return phys_data(at);
}

static void read_cmdline(struct bootinfo *b, const struct multiboot_info *info)
{
	const char *text = NULL;

	if (info->flags & MBI_CMDLINE) {
		text = boot_data(info->cmdline, BOOT_CMDLINE);
	}
	if (text) {
		str_copy(b->cmdline, text, sizeof(b->cmdline));
	}
}

/* Keep the whole pages of [start, end) that the direct map can show. */
static void add_ram(struct bootinfo *b, uint64_t start, uint64_t end)
{
	paddr_t lo = page_round_up((paddr_t)MIN(start, (uint64_t)DIRECT_MAX));
	paddr_t hi = page_round_down((paddr_t)MIN(end, (uint64_t)DIRECT_MAX));

	b->ram_bytes += end - start;
	if (lo < hi && b->nram < BOOT_RANGES) {
		b->ram[b->nram++] = (struct memrange){ lo, hi };
		b->ram_end = MAX(b->ram_end, hi);
	}
}

static void read_memory_map(struct bootinfo *b, const struct multiboot_info *info)
{
	const char *map = NULL;
	uint32_t at = 0;

	if (info->flags & MBI_MEMORY_MAP) {
		map = boot_data(info->mmap, info->mmap_length);
	}
	while (map && at + sizeof(struct multiboot_range) <= info->mmap_length) {
		struct multiboot_range r;

		memcpy(&r, map + at, sizeof(r));
		if (r.type == MULTIBOOT_RAM && r.start + r.length > r.start) {
			add_ram(b, r.start, r.start + r.length);
		}
		at += r.size + sizeof(r.size);
	}
}

static bool in_ram(const struct bootinfo *b, paddr_t start, paddr_t end)
{
	for (unsigned i = 0; i < b->nram; i++) {
		if (b->ram[i].start <= start && end <= b->ram[i].end) {
			return true;
		}
	}
	return false;
}

static const char *read_module(struct bootinfo *b, const struct multiboot_info *info)
{
	const struct multiboot_module *module = NULL;

	if (info->flags & MBI_MODULES && info->nr_modules > 0) {
		module = boot_data(info->modules, sizeof(*module));
	}
	if (!module || module->end <= module->start) {
		return NULL;            /* then the root file system is on a disk */
	}
	b->module = (struct memrange){ module->start, module->end };
	if (!in_ram(b, module->start, module->end)) {
		return "too little memory: the root image does not fit and was cut off";
	}
	return NULL;
}

const char *bootinfo_read(struct bootinfo *b, uint32_t magic, paddr_t at)
{
	const struct multiboot_info *info = boot_data(at, sizeof(*info));

	*b = (struct bootinfo){ 0 };
	if (magic != MULTIBOOT_MAGIC || !info) {
		return "not started by a Multiboot loader";
	}
	read_cmdline(b, info);
	read_memory_map(b, info);
	if (b->nram == 0) {
		return "the boot loader gave no memory map";
	}
	return read_module(b, info);
}
