/*
 * The log.
 *
 * Invariant: `written` counts every byte ever logged; the ring holds the last LOG_SIZE of them.
 *
 * Floor 2.  Read next: panic.c
 */
#include "kernel/printk.h"
#include "kernel/lib/check.h"
#include "kernel/lib/fmt.h"
#include "kernel/lock.h"

#define LOG_SIZE  32768u
#define LINE_SIZE 512u          /* longest text of one printk(); the rest is cut */
#define MAX_SINKS 2u

static struct spinlock lock = SPINLOCK_INIT;
static char ring[LOG_SIZE];     /* [lock] */
static size_t written;          /* [lock] */
static printk_sink sinks[MAX_SINKS];
static unsigned nsinks;
static bool unlocked;           /* panic: whoever holds the lock will not give it back */

static void log_lock(void)
{
	if (!unlocked) {
		spin_lock(&lock);
	}
}

static void log_unlock(void)
{
	if (!unlocked) {
		spin_unlock(&lock);
	}
}

static void log_text(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ring[written++ % LOG_SIZE] = text[i];
	}
	for (unsigned i = 0; i < nsinks; i++) {
		sinks[i](text, n);
	}
}

/* Locks:   takes the log's.  Sleeps:  never. */
void printk(const char *format, ...)
{
	char line[LINE_SIZE];
	va_list args;
	size_t n;

	va_start(args, format);
	n = (size_t)fmt_vprint(line, sizeof(line), format, args);
	va_end(args);

	log_lock();
	log_text(line, MIN(n, sizeof(line) - 1));
	log_unlock();
}

static size_t oldest(void)
{
	return written > LOG_SIZE ? written - LOG_SIZE : 0;
}

static size_t copy_out(char *to, size_t from, size_t size)
{
	size_t n = 0;

	for (size_t at = oldest() + from; n < size && at < written; at++) {
		to[n++] = ring[at % LOG_SIZE];
	}
	return n;
}

void printk_add_sink(printk_sink sink)
{
	char piece[64];
	size_t n;

	log_lock();
	ASSERT(nsinks < MAX_SINKS);
	for (size_t from = 0; (n = copy_out(piece, from, sizeof(piece))) > 0; from += n) {
		sink(piece, n);
	}
	sinks[nsinks++] = sink;
	log_unlock();
}

size_t printk_read(char *to, size_t from, size_t size)
{
	size_t n;

	log_lock();
	n = copy_out(to, from, size);
	log_unlock();
	return n;
}

bool printk_in_panic(void)
{
	return unlocked;
}

void printk_begin_panic(void)
{
	unlocked = true;
	if (written > 0 && ring[(written - 1) % LOG_SIZE] != '\n') {
		log_text("\n", 1);
	}
}
