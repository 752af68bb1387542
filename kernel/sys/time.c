/*
 * Clocks, sleeping, used time.
 *
 * Used time is what the tick found in user mode, in hundredths of a second; see kernel/proc/usertrap.c.
 *
 * Floor 8.  Read next: misc.c
 */
#include "kernel/clock.h"
#include "kernel/sys/syscall.h"
#include "kernel/sys/times.h"
#include "kernel/x86/ucopy.h"

#define US_PER_SECOND 1000000u
#define NS_PER_SECOND 1000000000u

struct timespec { int32_t sec, nsec; };

/* ---- what time is it? ---- */

enum {                                  /* [Linux time.h] */
	CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1, CLOCK_PROCESS_CPUTIME_ID = 2,
	CLOCK_THREAD_CPUTIME_ID = 3, CLOCK_MONOTONIC_RAW = 4, CLOCK_REALTIME_COARSE = 5,
	CLOCK_MONOTONIC_COARSE = 6, CLOCK_BOOTTIME = 7,
};

static int clock_read(uint32_t clock, uint64_t *us)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		*us = clock_realtime_us();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*us = clock_us();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		*us = proc_current()->ticks * TICK_US;
		return 0;
	default:
		return -EINVAL;
	}
}

static struct timespec timespec_of(uint64_t us)
{
	return (struct timespec){
		.sec = (int32_t)(us / US_PER_SECOND), .nsec = (int32_t)(us % US_PER_SECOND) * 1000,
	};
}

static struct timeval timeval_of(uint64_t us)
{
	return (struct timeval){
		.sec = (int32_t)(us / US_PER_SECOND), .usec = (int32_t)(us % US_PER_SECOND),
	};
}

long sys_clock_gettime(const struct sysargs *a)
{
	uint64_t us;
	struct timespec t;

	if (clock_read(arg(a, 0), &us) < 0) {
		return -EINVAL;
	}
	t = timespec_of(us);
	return copy_to_user(arg(a, 1), &t, sizeof(t));
}

long sys_clock_getres(const struct sysargs *a)
{
	uint64_t us;
	struct timespec t = timespec_of(1);

	if (clock_read(arg(a, 0), &us) < 0) {
		return -EINVAL;
	}
	if (arg(a, 0) == CLOCK_PROCESS_CPUTIME_ID || arg(a, 0) == CLOCK_THREAD_CPUTIME_ID) {
		t = timespec_of(TICK_US);
	}
	return arg(a, 1) ? copy_to_user(arg(a, 1), &t, sizeof(t)) : 0;
}

long sys_gettimeofday(const struct sysargs *a)
{
	struct timeval t = timeval_of(clock_realtime_us());
	const int32_t no_zone[2] = { 0, 0 };    /* minutes west, daylight saving: UTC */

	if (arg(a, 0) && copy_to_user(arg(a, 0), &t, sizeof(t)) < 0) {
		return -EFAULT;
	}
	return arg(a, 1) ? copy_to_user(arg(a, 1), no_zone, sizeof(no_zone)) : 0;
}

long sys_time(const struct sysargs *a)
{
	int32_t t = (int32_t)(clock_realtime_us() / US_PER_SECOND);

	if (arg(a, 0) && copy_to_user(arg(a, 0), &t, sizeof(t)) < 0) {
		return -EFAULT;
	}
	return t;
}

/* ---- sleeping ---- */

static int fetch_timespec(uva_t at, uint64_t *us)
{
	struct timespec t;

	if (copy_from_user(&t, at, sizeof(t)) < 0) {
		return -EFAULT;
	}
	if (t.sec < 0 || t.nsec < 0 || t.nsec >= (int32_t)NS_PER_SECOND) {
		return -EINVAL;
	}
	*us = (uint64_t)t.sec * US_PER_SECOND + ((uint32_t)t.nsec + 999) / 1000;
	return 0;
}

/* Sleep until clock_us() is @end; when a signal comes first, say at @rest (if not 0) what was left. */
static long sleep_until(uint64_t end, uva_t rest)
{
	uint64_t now = clock_us();
	long r = now < end ? clock_sleep_us(end - now) : 0;

	if (r == -EINTR && rest) {
		struct timespec left;

		now = clock_us();
		left = timespec_of(now < end ? end - now : 0);
		if (copy_to_user(rest, &left, sizeof(left)) < 0) {
			return -EFAULT;
		}
	}
	return r;
}

long sys_nanosleep(const struct sysargs *a)
{
	uint64_t us = 0;
	long r = fetch_timespec(arg(a, 0), &us);

	return r < 0 ? r : sleep_until(clock_us() + us, arg(a, 1));
}

enum { TIMER_ABSTIME = 1 };

/* clock_nanosleep(clock, flags, time, rest) */
long sys_clock_nanosleep(const struct sysargs *a)
{
	uint64_t us = 0, now = 0;
	long r = fetch_timespec(arg(a, 2), &us);

	if (r == 0) {
		r = clock_read(arg(a, 0), &now);
	}
	if (r == 0 && arg(a, 0) >= CLOCK_PROCESS_CPUTIME_ID && arg(a, 0) <= CLOCK_THREAD_CPUTIME_ID) {
		r = -EINVAL;
	}
	if (r < 0) {
		return r;
	}
	if (!(arg(a, 1) & TIMER_ABSTIME)) {
		return sleep_until(clock_us() + us, arg(a, 3));
	}
	return sleep_until(clock_us() + (us > now ? us - now : 0), 0);
}

/* ---- used time ---- */

struct rusage rusage_of(uint64_t ticks)
{
	return (struct rusage){ .user = timeval_of(ticks * TICK_US) };
}

enum { RUSAGE_CHILDREN = -1, RUSAGE_SELF = 0, RUSAGE_THREAD = 1 };

long sys_getrusage(const struct sysargs *a)
{
	const struct proc *p = proc_current();
	struct rusage r;

	switch ((int)arg(a, 0)) {
	case RUSAGE_SELF:
	case RUSAGE_THREAD:
		r = rusage_of(p->ticks);
		break;
	case RUSAGE_CHILDREN:
		r = rusage_of(p->child_ticks);
		break;
	default:
		return -EINVAL;
	}
	return copy_to_user(arg(a, 1), &r, sizeof(r));
}

struct tms { int32_t user, system, child_user, child_system; };

long sys_times(const struct sysargs *a)
{
	const struct proc *p = proc_current();
	struct tms t = { .user = (int32_t)p->ticks, .child_user = (int32_t)p->child_ticks };

	if (arg(a, 0) && copy_to_user(arg(a, 0), &t, sizeof(t)) < 0) {
		return -EFAULT;
	}
	return (long)(clock_ticks() & INT32_MAX);
}
