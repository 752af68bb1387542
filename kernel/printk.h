/*
 * The kernel's log: a ring of text, and a door through which drivers show it.
 *
 * Floor 2.
 */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include "kernel/lib/types.h"

/* One line or part of one; works in any context from the first instruction of main on. */
void printk(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Door: @sink gets every character from now on, and first all that was logged before.  Up to 2 sinks. */
typedef void (*printk_sink)(const char *text, size_t n);
void printk_add_sink(printk_sink sink);

/* The log so far: copies at most @size bytes from position @from of the ring's content; how many. */
size_t printk_read(char *to, size_t from, size_t size);

/* For panic.c: take no lock from now on, and end an unfinished line. */
void printk_begin_panic(void);

/* For sinks: the machine is ending, take no lock, and let nothing keep you from showing it. */
bool printk_in_panic(void);

struct trapframe;

/* Every trap that nobody else handles ends the machine.  After trap_init(), before anybody's trap_set(). */
void panic_init(void);

/* End the machine: message, registers if @tf, backtrace with names.  Only for bugs of the kernel. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void panic_trap(struct trapframe *tf, const char *why);

/* End the machine on purpose with the exit status of init; the log's last line is "exit N". */
_Noreturn void machine_poweroff(int status);

#endif
