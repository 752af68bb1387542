/*
 * poll(2): which of these files can be read or written without waiting?
 *
 * Files say so when asked and wake nobody, so waiting is asking again every few milliseconds: right for a
 * person at a keyboard, which is what can be waited for.
 *
 * Floor 8.  Read next: mem.c
 */
#include "kernel/clock.h"
#include "kernel/sys/syscall.h"
#include "kernel/x86/ucopy.h"

#define POLL_US 10000u

struct pollfd { int32_t fd; uint16_t events, revents; };

static uint16_t ask(const struct pollfd *p)
{
	struct file *f = fd_file(&proc_current()->fds, p->fd);
	int events;

	if (p->fd < 0) {
		return 0;
	}
	if (!f) {
		return POLLNVAL;
	}
	/* Regular files never make anybody wait [POSIX poll]. */
	events = f->ops->poll ? f->ops->poll(f) : POLLIN | POLLOUT;
	return (uint16_t)(events & (p->events | POLLERR | POLLHUP));
}

/* One round over the array in user memory.  How many have something to report, or -EFAULT. */
static long ask_all(uva_t at, uint32_t n)
{
	long ready = 0;

	for (uint32_t i = 0; i < n; i++, at += sizeof(struct pollfd)) {
		struct pollfd p;

		if (copy_from_user(&p, at, sizeof(p)) < 0) {
			return -EFAULT;
		}
		p.revents = ask(&p);
		if (copy_to_user(at, &p, sizeof(p)) < 0) {
			return -EFAULT;
		}
		ready += p.revents != 0;
	}
	return ready;
}

long sys_poll(const struct sysargs *a)
{
	int32_t ms = (int32_t)arg(a, 2);
	uint64_t end = clock_us() + (ms > 0 ? (uint64_t)ms * 1000u : 0);
	long r;

	if (arg(a, 1) > NR_FDS) {
		return -EINVAL;
	}
	for (;;) {
		uint64_t now;

		r = ask_all(arg(a, 0), arg(a, 1));
		now = clock_us();
		if (r != 0 || (ms >= 0 && now >= end)) {
			return r;
		}
		r = clock_sleep_us(ms < 0 ? POLL_US : MIN(end - now, (uint64_t)POLL_US));
		if (r < 0) {
			return r;
		}
	}
}
