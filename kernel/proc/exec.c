/*
 * exec: files, scripts, and the point of no return.
 *
 * A script begins with "#!" and the path of its interpreter, perhaps with one argument [Linux execve(2)];
 * the interpreter gets the script's path after that and then the script's own arguments.  It must itself
 * be a program, not another script.
 *
 * Floor 7.  Read next: exit.c
 */
#include "kernel/proc/exec.h"
#include "fs/namei.h"
#include "kernel/fpu.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/proc/args.h"
#include "kernel/x86/cpu.h"

enum { EFLAGS_START = 0x202 };          /* interrupts on; bit 1 is always set [SDM 1 3.4.3] */

#define MODE_X      0111u
#define SCRIPT_HEAD 128u                /* of a script's first line that counts, as in Linux */

struct script {
	char  line[SCRIPT_HEAD];
	char *interpreter;              /* NULL: not a script */
	char *argument;                 /* NULL: none         */
};

/* ---- the file ---- */

/* The regular, executable file at @path, kept from being written. */
static int open_program(struct inode *cwd, const char *path, struct inode **out)
{
	int r = namei(cwd, path, false, out);

	if (r < 0) {
		return r;
	}
	if (!inode_is(*out, S_IFREG) || !((*out)->mode & MODE_X)) {
		r = -EACCES;
	} else {
		r = inode_deny_write(*out);
	}
	if (r < 0) {
		inode_put(*out);
	}
	return r;
}

static void close_program(struct inode *file)
{
	inode_allow_write(file);
	inode_put(file);
}

static char *skip_blanks(char *p)
{
	while (*p == ' ' || *p == '\t') {
		p++;
	}
	return p;
}

/* Cut the first line into interpreter and argument, in place. */
static void parse_script(struct script *s)
{
	char *p = strchr(s->line, '\n');

	if (p) {
		*p = '\0';
	}
	for (p = s->line + strlen(s->line); p[-1] == ' ' || p[-1] == '\t';) {
		*--p = '\0';
	}
	s->interpreter = p = skip_blanks(s->line + 2);
	while (*p && *p != ' ' && *p != '\t') {
		p++;
	}
	if (*p) {
		*p = '\0';
		s->argument = skip_blanks(p + 1);
	}
}

/* Is @file a script?  Then *@s says who interprets it. */
static int read_script(struct inode *file, struct script *s)
{
	int n = rw_read_kernel(file, s->line, SCRIPT_HEAD - 1, 0);

	s->interpreter = s->argument = NULL;
	if (n < 0) {
		return n;
	}
	s->line[n] = '\0';
	if (strncmp(s->line, "#!", 2) != 0) {
		return 0;
	}
	parse_script(s);
	return *s->interpreter ? 0 : -ENOEXEC;
}

/* ---- arguments ---- */

/* What comes before the program's own arguments.  Returns how many strings. */
static int add_script_args(struct args *a, const struct script *s, const char *path)
{
	int r = args_add(a, s->interpreter);

	if (r == 0 && s->argument) {
		r = args_add(a, s->argument);
	}
	if (r == 0) {
		r = args_add(a, path);
	}
	return r < 0 ? r : s->argument ? 3 : 2;
}

static int collect(struct args *a, const struct exec_request *r, const struct script *s)
{
	int first = s->interpreter ? add_script_args(a, s, r->path) : 0;
	int n = first < 0 ? first : args_add_array(a, r->argv, first > 0);

	/* No program expects to have no name: it has the one it was found by. */
	if (n == 0 && first == 0) {
		n = args_add(a, r->path);
		first = 1;
	}
	if (n < 0) {
		return n;
	}
	a->argc = (uint32_t)(first + n);
	n = args_add_array(a, r->envp, 0);
	if (n < 0) {
		return n;
	}
	a->envc = (uint32_t)n;
	return args_add(a, s->interpreter ? s->interpreter : r->path);  /* AT_EXECFN */
}

/* ---- the image ---- */

static int build_space(struct program *prog, const struct args *a)
{
	struct elf_image image;
	int r;

	prog->space = space_create();
	if (!prog->space) {
		return -ENOMEM;
	}
	r = elf_load(prog->space, prog->file, &image);
	if (r == 0) {
		r = args_place(a, prog->space, &image, &prog->sp);
	}
	if (r < 0) {
		space_put(prog->space);
		return r;
	}
	prog->entry = image.entry;
	space_set_brk(prog->space, page_round_up(image.end));
	return 0;
}

static void set_name(struct program *prog, const char *path)
{
	for (const char *slash; (slash = strchr(path, '/')) != NULL;) {
		path = slash + 1;
	}
	str_copy(prog->name, path, sizeof(prog->name));
}

int program_load(struct inode *cwd, const struct exec_request *req, struct program *out)
{
	struct script script;
	struct args args;
	int r = open_program(cwd, req->path, &out->file);

	if (r < 0) {
		return r;
	}
	args_init(&args);
	r = read_script(out->file, &script);
	if (r == 0) {
		r = collect(&args, req, &script);
	}
	if (r == 0 && script.interpreter) {
		close_program(out->file);
		r = open_program(cwd, script.interpreter, &out->file);
		if (r < 0) {
			args_drop(&args);
			return r;
		}
	}
	if (r == 0) {
		r = build_space(out, &args);
	}
	args_drop(&args);
	if (r < 0) {
		close_program(out->file);
		return r;
	}
	set_name(out, req->path);
	return 0;
}

void program_enter(struct proc *p, const struct program *prog, struct trapframe *tf)
{
	if (p->exe) {
		close_program(p->exe);
	}
	p->exe = prog->file;
	memcpy(p->name, prog->name, sizeof(p->name));
	*tf = (struct trapframe){
		.ds = SEL_UDATA, .es = SEL_UDATA, .fs = 0, .gs = 0, .cs = SEL_UCODE, .ss = SEL_UDATA,
		.eip = prog->entry, .esp = prog->sp, .eflags = EFLAGS_START,
		.vector = TRAP_SYSCALL,
	};
}

int proc_exec(const struct exec_request *req, struct trapframe *tf)
{
	struct proc *p = proc_current();
	struct task *t = p->task;
	struct space *old = t->space;
	struct program prog;
	int r = program_load(p->cwd, req, &prog);

	if (r < 0) {
		return r;
	}
	/* No return from here on. */
	task_use_space(prog.space);
	space_put(old);
	fd_close_exec(&p->fds);
	signal_exec(p);
	fpu_drop(t);
	t->tls = 0;
	cpu_set_tls(0);
	program_enter(p, &prog, tf);
	return 0;
}
