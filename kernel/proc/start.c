/*
 * Process 1.  From here on everything is somebody's child.
 *
 * Floor 7.  Read next: proc.c
 */
#include "drivers/tty.h"
#include "fs/namei.h"
#include "kernel/cmdline.h"
#include "kernel/lib/string.h"
#include "kernel/printk.h"
#include "kernel/proc/exec.h"

#define INIT_PROGRAM "/bin/init"
#define INIT_FDS     3                  /* standard input, output, error */

/* The console as files 0, 1 and 2. */
static int open_console(struct proc *p)
{
	struct file *f;
	int r = file_open(p->cwd, "/dev/console", O_RDWR, 0, &f);

	for (int fd = 0; r >= 0 && fd < INIT_FDS; fd++) {
		r = fd_install(&p->fds, f, fd, false);
		if (r >= 0 && fd + 1 < INIT_FDS) {
			file_hold(f);
		}
	}
	return MIN(r, 0);
}

/* Control-C goes to process 1's group, which is everybody's who does not choose another. */
static void own_terminal(const struct proc *p)
{
	struct tty *t = tty_console();

	spin_lock(&t->lock);
	t->pgrp = p->pgrp;
	spin_unlock(&t->lock);
}

static int load_init(struct proc *p, const char *path)
{
	const struct exec_request request = { .path = path };
	struct program prog;
	int r = program_load(p->cwd, &request, &prog);

	if (r < 0) {
		return r;
	}
	p->task->space = prog.space;
	p->task->cr3 = prog.space->pt.cr3;
	program_enter(p, &prog, &p->start);
	return 0;
}

int proc_start_init(void)
{
	char path[128];
	struct proc *p;
	int r = proc_create(NULL, &p);

	if (r < 0) {
		return r;
	}
	if (!cmdline_get("init", path, sizeof(path))) {
		str_copy(path, INIT_PROGRAM, sizeof(path));
	}
	p->umask = 022;
	p->cwd = root_fs->root;
	inode_hold(p->cwd);
	r = open_console(p);
	if (r < 0) {
		printk("/dev/console: error %d\n", -r);
	} else {
		r = load_init(p, path);
	}
	if (r < 0) {
		printk("%s cannot be started: error %d\n", path, -r);
		fd_close_all(&p->fds);
		inode_put(p->cwd);
		proc_free(p);
		return r;
	}
	own_terminal(p);
	proc_start(p);
	return 0;
}
