/*
 * The machine: its name, its limits, its end; and what a libc needs before main().
 *
 * Floor 8.
 */
#include "kernel/clock.h"
#include "kernel/printk.h"
#include "kernel/sys/syscall.h"
#include "kernel/x86/cpu.h"
#include "kernel/x86/ucopy.h"
#include "mm/phys/frame.h"

/* ---- threads' memory ---- */

struct user_desc {                      /* [Linux asm/ldt.h] */
	uint32_t entry;
	uva_t    base;
	uint32_t limit, flags;
};

/* There is one segment for it; whoever asks for any gets that. */
long sys_set_thread_area(const struct sysargs *a)
{
	struct user_desc d;

	if (copy_from_user(&d, arg(a, 0), sizeof(d)) < 0) {
		return -EFAULT;
	}
	if (d.entry != UINT32_MAX && d.entry != TLS_ENTRY) {
		return -EINVAL;
	}
	d.entry = TLS_ENTRY;
	if (copy_to_user(arg(a, 0), &d, sizeof(d.entry)) < 0) {
		return -EFAULT;
	}
	task_current()->tls = d.base;
	cpu_set_tls(d.base);
	return 0;
}

/* The address is cleared when a thread ends, for those that share its memory: nobody does. */
long sys_set_tid_address(const struct sysargs *a)
{
	(void)a;
	return proc_current()->pid;
}

long sys_sched_yield(const struct sysargs *a)
{
	(void)a;
	sched_yield();
	return 0;
}

/* ---- the system ---- */

struct utsname { char text[6][65]; };
_Static_assert(sizeof(struct utsname) == 390, "the ABI's size");

/* The release says which Linux's calls these resemble: static libcs refuse to start on an older one. */
long sys_uname(const struct sysargs *a)
{
	static const struct utsname name = { {
		"Magpie", "magpie", "5.10.0-magpie", "its pages move", "i686", "(none)",
	} };

	return copy_to_user(arg(a, 0), &name, sizeof(name));
}

struct sysinfo {                        /* [Linux sysinfo.h] */
	int32_t  uptime;
	uint32_t loads[3];
	uint32_t totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	uint16_t procs, pad;
	uint32_t totalhigh, freehigh, mem_unit;
	uint8_t  rest[8];
};
_Static_assert(sizeof(struct sysinfo) == 64, "the ABI's size");

long sys_sysinfo(const struct sysargs *a)
{
	const struct sysinfo s = {
		.uptime = (int32_t)(clock_us() / 1000000u),
		.totalram = nframes, .freeram = frame_count_free(),
		.procs = (uint16_t)proc_count(), .mem_unit = PAGE_SIZE,
	};

	return copy_to_user(arg(a, 0), &s, sizeof(s));
}

/* ---- limits ---- */

enum { RLIMIT_STACK = 3, RLIMIT_NPROC = 6, RLIMIT_NOFILE = 7, NR_RLIMITS = 16 };

static long give_limit(const struct sysargs *a, uint32_t infinity)
{
	uint32_t limit = infinity, pair[2];

	switch (arg(a, 0)) {
	case RLIMIT_STACK:
		limit = STACK_MAX;
		break;
	case RLIMIT_NPROC:
		limit = NR_PROCS;
		break;
	case RLIMIT_NOFILE:
		limit = NR_FDS;
		break;
	default:
		if (arg(a, 0) >= NR_RLIMITS) {
			return -EINVAL;
		}
	}
	pair[0] = pair[1] = limit;
	return copy_to_user(arg(a, 1), pair, sizeof(pair));
}

/* Two calls, which differ in the number that means "no limit" [Linux getrlimit(2)]. */
long sys_getrlimit(const struct sysargs *a)
{
	return give_limit(a, INT32_MAX);
}

long sys_ugetrlimit(const struct sysargs *a)
{
	return give_limit(a, UINT32_MAX);
}

/* ---- the end ---- */

enum { REBOOT_MAGIC1 = (int)0xFEE1DEAD, REBOOT_MAGIC2 = 672274793 };
enum { REBOOT_HALT = (int)0xCDEF0123, REBOOT_POWER_OFF = 0x4321FEDC };

/* Off is all there is: a restarted machine would find its ramdisk gone.  In order, unlike Linux: see proc_power_off(). */
long sys_reboot(const struct sysargs *a)
{
	if ((int)arg(a, 0) != REBOOT_MAGIC1 || (int)arg(a, 1) != REBOOT_MAGIC2) {
		return -EINVAL;
	}
	if ((int)arg(a, 2) != REBOOT_HALT && (int)arg(a, 2) != REBOOT_POWER_OFF) {
		return -EINVAL;
	}
	return proc_power_off();
}
