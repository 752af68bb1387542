/*
 * tracecat.c: show what the kernel traced.
 *
 * Floor: user space.  The kernel writes a record a line; this leaves out what
 * was not asked for and its own doings, and puts the records of a system call
 * together: `name(arguments) = result` when it returns.
 *
 * Read next: kernel/events.h, the list of events.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build/gen/syscall_names.h"
#include "command.h"
#include "help.h"

#define TRACE    "/proc/magpie/trace"
#define TRACE_ON "/proc/magpie/trace_on"

static const char help[] =
	"usage: tracecat [-f] [-r] [-e EVENTS] [-p PID] [COMMAND [ARG...]]\n"
	"Print the kernel's trace: what there is, or what happens while COMMAND\n"
	"runs.  " TRACE_ON " lists the events.\n"
	"  -e EVENTS  switch on these (beginnings of names, commas between);\n"
	"             with COMMAND the default is all\n"
	"  -f         go on until control-C\n"
	"  -p PID     only this process\n"
	"  -r         records as they are, system calls not put together\n";

enum { LINE = 200, PENDING = 64, ARGS = 6, TEXT = 64, POLL_US = 20000 };

/* A system call that has not returned yet. */
struct call {
	int pid;		/* 0 = free */
	unsigned number, nargs, ntext;
	unsigned arg[ARGS];
	unsigned char text[ARGS][TEXT + 1];
	unsigned fill;		/* bytes of the last text; 0: the next begins */
};

static struct call pending[PENDING];
/* Few calls, because ours are traced, too; and while a command runs nothing is
 * printed, because that would be most of the trace. */
static char in[16384], out[1 << 18];
static int only_pid, raw, follow, self;

/* ---- system calls ---- */

static struct call *call_of(int pid)
{
	for (int i = 0; i < PENDING; i++) {
		if (pending[i].pid == pid)
			return &pending[i];
	}
	return NULL;
}

static void call_enter(int pid, const char *rest)
{
	struct call *c = call_of(pid);

	if (!c)
		c = call_of(0);
	if (!c)
		return;
	memset(c, 0, sizeof *c);
	c->pid = pid;
	c->nargs = 3;
	sscanf(rest, "%u %x %x %x", &c->number, &c->arg[0], &c->arg[1],
	       &c->arg[2]);
}

static void call_more(struct call *c, const char *rest)
{
	sscanf(rest, "%x %x %x", &c->arg[3], &c->arg[4], &c->arg[5]);
	c->nargs = ARGS;
}

/* 16 bytes more of a string.  Its end, or what could not be read, ends it. */
static void call_text(struct call *c, const char *rest)
{
	unsigned word[4];

	if (c->fill == 0 && c->ntext < ARGS)
		c->ntext++;
	if (sscanf(rest, "%x %x %x %x", &word[0], &word[1], &word[2],
		   &word[3]) != 4)
		return;
	memcpy(c->text[c->ntext - 1] + c->fill, word, sizeof word);
	c->fill += sizeof word;
	if (c->fill == TEXT || memchr(word, '\0', sizeof word)
	    || memchr(word, 0xff, sizeof word))
		c->fill = 0;
}

static void print_string(const unsigned char *s)
{
	unsigned n = 0;

	putchar('"');
	for (; n < TEXT && s[n] && s[n] != 0xff; n++) {
		if (s[n] < ' ' || s[n] > '~' || s[n] == '"' || s[n] == '\\')
			printf("\\x%02x", s[n]);
		else
			putchar(s[n]);
	}
	printf(s[n] == '\0' && n < TEXT ? "\"" : "\"...");
}

/* One argument in the format at @fmt; @next is the argument after it. */
static void print_argument(const char *fmt, unsigned value, unsigned next,
			   const unsigned char *text)
{
	if (strncmp(fmt, "str", 3) == 0 && text && text[0] != 0xff)
		print_string(text);
	else if (strncmp(fmt, "lo", 2) == 0)
		printf("%lld", (long long)((unsigned long long)next << 32
					   | value));
	else if (fmt[0] == 'o')
		printf("%#o", value);
	else if (fmt[0] == 'u')
		printf("%u", value);
	else if (fmt[0] == 'd' || fmt[0] == 'f')
		printf("%d", (int)value);
	else
		printf("%#x", value);
}

static void print_call(const struct call *c)
{
	unsigned known = sizeof syscall_names / sizeof syscall_names[0];
	int named = c->number < known && syscall_names[c->number].name;
	const char *fmt = named ? syscall_names[c->number].formats : "x x x";
	unsigned k = 0, texts = 0;

	if (named)
		printf("%s(", syscall_names[c->number].name);
	else
		printf("syscall_%u(", c->number);
	while (*fmt) {
		const unsigned char *text = NULL;

		if (strncmp(fmt, "str", 3) == 0 && texts < c->ntext)
			text = c->text[texts++];
		if (strncmp(fmt, "hi", 2) != 0) {
			printf(k ? ", " : "");
			print_argument(fmt, c->arg[k],
				       k + 1 < ARGS ? c->arg[k + 1] : 0, text);
		}
		k++;
		fmt += strcspn(fmt, " ");
		fmt += strspn(fmt, " ");
	}
	printf(")");
}

static void print_result(int value)
{
	unsigned known = sizeof error_names / sizeof error_names[0];

	if (value < 0 && value > -(int)known && error_names[-value])
		printf(" = -1 %s\n", error_names[-value]);
	else if (value > -65536 && value < 65536)
		printf(" = %d\n", value);
	else
		printf(" = %#x\n", value);
}

/* ---- records ---- */

/* Is it a part of a system call, to be printed with the rest? */
static int take_call(const char *when, int pid, const char *event,
		     const char *rest)
{
	struct call *c = call_of(pid);
	unsigned number;
	int result;

	if (strncmp(event, "syscall_", 8) != 0)
		return 0;
	if (strcmp(event, "syscall_enter") == 0)
		call_enter(pid, rest);
	else if (c && strcmp(event, "syscall_more") == 0)
		call_more(c, rest);
	else if (c && strcmp(event, "syscall_text") == 0)
		call_text(c, rest);
	else if (c && sscanf(rest, "%u %d", &number, &result) == 2) {
		printf("%s %4d ", when, pid);
		print_call(c);
		print_result(result);
		c->pid = 0;
	}
	return 1;
}

static void show(const char *line)
{
	char when[24], event[24];
	int cpu, pid, rest;

	if (sscanf(line, "%23s %d %d %23s %n", when, &cpu, &pid, event,
		   &rest) != 4) {
		fputs(line, stdout);	/* of lost events */
		return;
	}
	if (pid == self || (only_pid && pid != only_pid))
		return;
	if (raw || !take_call(when, pid, event, line + rest))
		printf("%s %4d %-14s %s", when, pid, event, line + rest);
}

/* The lines up to the end that the file says it has. */
static void show_all(FILE *trace)
{
	char line[LINE];

	while (fgets(line, sizeof line, trace))
		show(line);
	if (ferror(trace))
		err(1, "%s", TRACE);
	clearerr(trace);
}

static FILE *open_trace(void)
{
	FILE *trace = fopen(TRACE, "r");

	if (!trace)
		err(1, "%s", TRACE);
	setvbuf(trace, in, _IOFBF, sizeof in);
	setvbuf(stdout, out, _IOFBF, sizeof out);
	return trace;
}

static void switch_on(const char *events)
{
	int fd = open(TRACE_ON, O_WRONLY);

	if (fd < 0 || write(fd, events, strlen(events)) < 0)
		err(1, "%s: %s", TRACE_ON, events);
	close(fd);
}

/* Show what happens until @pid has ended; its exit status. */
static int follow_child(FILE *trace, pid_t pid)
{
	int status;
	pid_t got;

	do {
		usleep(POLL_US);
		got = waitpid(pid, &status, WNOHANG);
		if (got == pid)
			switch_on("none");
		show_all(trace);
	} while (got == 0);
	if (got < 0)
		err(1, "wait");
	show_all(trace);	/* the first time gave what there was before */
	for (int i = 0; i < PENDING; i++) {
		if (pending[i].pid) {
			printf("%15s %4d ", "", pending[i].pid);
			print_call(&pending[i]);
			printf(" = ?\n");
		}
	}
	return command_status(status);
}

static int run(char **argv, const char *events)
{
	FILE *trace;

	switch_on(events);
	trace = open_trace();
	return follow_child(trace, command_start(argv));
}

int main(int argc, char **argv)
{
	const char *events = NULL;
	FILE *trace;
	int option;

	help_check(argc, argv, help);
	self = getpid();
	while ((option = getopt(argc, argv, "+fre:p:")) != -1) {
		if (option == 'f')
			follow = 1;
		else if (option == 'r')
			raw = 1;
		else if (option == 'e')
			events = optarg;
		else if (option == 'p')
			only_pid = atoi(optarg);
		else
			help_usage(help);
	}
	if (argv[optind])
		return run(argv + optind, events ? events : "all");
	if (events)
		switch_on(events);
	trace = open_trace();
	do {
		show_all(trace);
		fflush(stdout);
	} while (follow && usleep(POLL_US) == 0);
	return 0;
}
