/*
 * The start of everything, floor by floor.  The only file that knows them all, and the one that opens
 * the doors between them.
 *
 *	kernel_main     the processor, the log, memory: on the boot stack, nothing may sleep
 *	  start_up      disk, file systems, processes:  a task of its own, which may
 *	  sched_idle    what the boot stack does for the rest of its life
 *
 * Floor 9.
 */
#include "boot/bootinfo.h"
#include "boot/multiboot.h"
#include "drivers/keyboard.h"
#include "drivers/ramdisk.h"
#include "drivers/serial.h"
#include "drivers/tty.h"
#include "drivers/vga.h"
#include "drivers/virtio_blk.h"
#include "fs/bdev.h"
#include "fs/devfs.h"
#include "fs/ext2/ext2.h"
#include "fs/failfile.h"
#include "fs/namei.h"
#include "fs/pageio.h"
#include "fs/procfs.h"
#include "kernel/clock.h"
#include "kernel/cmdline.h"
#include "kernel/fpu.h"
#include "kernel/printk.h"
#include "kernel/proc/proc.h"
#include "kernel/sys/syscall.h"
#include "kernel/trace.h"
#include "kernel/x86/insn.h"
#include "kernel/x86/irq.h"
#include "kernel/x86/mmu.h"
#include "mm/cache/check.h"
#include "mm/cache/reclaim.h"
#include "mm/cache/writeback.h"
#include "mm/phys/layout.h"
#include "mm/phys/pagetable.h"

#define STATUS_CANNOT_START 126         /* as a shell says it of a program */

static struct bootinfo bootinfo;
static struct task boot_task = { .name = "idle" };

/* Not a bug of ours: the machine, or what the loader brought, lacks something. */
static _Noreturn void cannot_start(const char *why)
{
	printk("Magpie cannot start: %s\n", why);
	machine_poweroff(STATUS_CANNOT_START);
}

static void need(int result, const char *what)
{
	if (result < 0) {
		printk("%s: error %d\n", what, -result);
		cannot_start(what);
	}
}

static void start_processor(void)
{
	const char *missing = cpu_missing();

	if (missing) {
		printk("processor: no %s\n", missing);
		cannot_start("the processor is too old, a Pentium III or later is needed");
	}
	cpu_init();
	trap_init();
	panic_init();
	irq_init();
}

/* Floor 3, and the kernel's own address space. */
static void start_memory(void)
{
	const struct memrange taken[] = {
		{ 0, page_round_up(symbol_address(__kernel_end) - KERNEL_BASE) },
		bootinfo.module,
	};

	if (frame_init(bootinfo.ram, bootinfo.nram, taken, ARRAY_SIZE(taken)) < 0 ||
	    pt_init(bootinfo.ram_end) < 0) {
		cannot_start("too little memory besides the root image");
	}
	cpu_set_double_fault(kernel_pt.cr3);
	wb_init();
	reclaim_init();
}

static void start_scheduler(void)
{
	boot_task.kstack = (uint32_t)boot_stack;
	boot_task.kstack_top = (uint32_t)boot_stack_top;
	boot_task.cr3 = kernel_pt.cr3;
	sched_init(&boot_task);
	fpu_init();
	clock_init();
	interrupts_on();
}

/* Everything where a person can sit is the one terminal; a batch run is watched by nobody. */
static void start_terminal(void)
{
	struct tty *t = tty_console();

	tty_init(t);
	vga_attach(t);
	serial_attach(t);
	if (!tty_is_batch()) {
		keyboard_attach(t);
	}
}

/* The root image, if the loader brought one, becomes a disk. */
static void start_ramdisk(void)
{
	const struct ramdisk_options options = {
		.latency_us = cmdline_u32("ramdisk.latency_us", 0),
		.seed       = cmdline_u32("ramdisk.seed", 0),
		.fail_read  = cmdline_u32("ramdisk.fail_read", 0),
		.fail_write = cmdline_u32("ramdisk.fail_write", 0),
	};
	const struct memrange *image = &bootinfo.module;

	if (image->start < image->end) {
		need(ramdisk_init(image->start, image->end - image->start, &options),
		     "the root image cannot be used as a disk");
	}
}

/* `root=` names the disk; without it, the root image, or else the virtio disk. */
static struct blkdev *root_disk(void)
{
	char name[16];
	struct blkdev *disk;

	if (cmdline_get("root", name, sizeof(name))) {
		disk = blk_find(name);
		if (!disk) {
			printk("root=%s: no such disk\n", name);
		}
	} else {
		disk = blk_find("ram0");
		disk = disk ? disk : blk_find("vda");
	}
	if (!disk) {
		cannot_start("no root file system: neither a root image as a module nor a virtio disk");
	}
	return disk;
}

static void mount_root(void)
{
	char value[2];
	bool read_only = cmdline_get("ro", value, sizeof(value));
	struct bdev *disk;
	struct fs *fs;

	start_ramdisk();
	virtio_blk_init();
	need(pageio_init(), "too little memory besides the root image");
	inode_init();
	need(bdev_open(root_disk(), &disk), "too little memory besides the root image");
	need(ext2_mount(disk, read_only, &fs), "the disk has no ext2 file system that can be mounted");
	need(fs_mount(fs, "/"), "the root directory cannot be mounted");
	need(devfs_mount(disk), "/dev cannot be mounted");
	need(procfs_mount(), "/proc cannot be mounted");
}

static void start_up(void *unused)
{
	(void)unused;
	if (!task_start("flusher", wb_flusher, NULL)) {
		cannot_start("too little memory besides the root image");
	}
	mount_root();
	proc_add_check(frame_check);
	proc_add_check(pcache_check);
	proc_init();
	syscall_init();
	fail_start();
	need(proc_start_init(), "process 1 cannot be started");
	vga_end_log();
	printk("process 1 starts, TSC %llu\n", (unsigned long long)tsc_read());
}

void kernel_main(uint32_t magic, paddr_t info)
{
	const char *problem = bootinfo_read(&bootinfo, magic, info);

	count_init();
	serial_init();
	cmdline_init(bootinfo.cmdline);
	if (!tty_is_batch()) {
		vga_init();
	}
	printk("Magpie: %u MiB, command line: %s\n", (unsigned)(bootinfo.ram_bytes >> 20),
	       cmdline_text());
	start_processor();
	if (problem) {
		cannot_start(problem);
	}
	start_memory();
	start_scheduler();
	start_terminal();
	trace_set_life(frame_life);
	trace_init();
	if (!task_start("start", start_up, NULL)) {
		cannot_start("too little memory besides the root image");
	}
	sched_idle();
}
