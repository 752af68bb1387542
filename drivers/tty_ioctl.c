/*
 * Requests to the terminal: attributes, window size, foreground group.
 *
 * User memory is never touched under the tty's lock: it could fault, and sleep.
 *
 * Floor 4.
 */
#include "drivers/tty.h"
#include "kernel/lib/errno.h"
#include "kernel/x86/ucopy.h"

static int get_termios(struct tty *t, uva_t arg)
{
	struct termios copy;

	spin_lock(&t->lock);
	copy = t->termios;
	spin_unlock(&t->lock);
	return copy_to_user(arg, &copy, sizeof(copy));
}

/* Output is never queued here, so TCSETSW has nothing to wait for. */
static int set_termios(struct tty *t, unsigned cmd, uva_t arg)
{
	struct termios copy;
	int error = copy_from_user(&copy, arg, sizeof(copy));

	if (error < 0) {
		return error;
	}
	spin_lock(&t->lock);
	t->termios = copy;
	if (cmd == TCSETSF) {
		t->head = t->ready = t->tail;
	}
	if (!(copy.lflag & ICANON)) {
		t->ready = t->tail;     /* a line half typed is there to be read, too */
	}
	spin_unlock(&t->lock);
	return 0;
}

static int get_winsize(struct tty *t, uva_t arg)
{
	struct winsize copy;

	spin_lock(&t->lock);
	copy = t->size;
	spin_unlock(&t->lock);
	return copy_to_user(arg, &copy, sizeof(copy));
}

static int set_winsize(struct tty *t, uva_t arg)
{
	struct winsize copy;
	int error = copy_from_user(&copy, arg, sizeof(copy));

	if (error < 0) {
		return error;
	}
	spin_lock(&t->lock);
	t->size = copy;
	spin_unlock(&t->lock);
	return 0;
}

static int get_pgrp(struct tty *t, uva_t arg)
{
	int32_t pgrp;

	spin_lock(&t->lock);
	pgrp = t->pgrp;
	spin_unlock(&t->lock);
	return copy_to_user(arg, &pgrp, sizeof(pgrp));
}

static int set_pgrp(struct tty *t, uva_t arg)
{
	int32_t pgrp;
	int error = copy_from_user(&pgrp, arg, sizeof(pgrp));

	if (error < 0) {
		return error;
	}
	if (pgrp <= 0) {
		return -EINVAL;
	}
	spin_lock(&t->lock);
	t->pgrp = pgrp;
	spin_unlock(&t->lock);
	return 0;
}

static int get_waiting(struct tty *t, uva_t arg)
{
	int32_t bytes;

	spin_lock(&t->lock);
	bytes = (int32_t)(t->ready - t->head);
	spin_unlock(&t->lock);
	return copy_to_user(arg, &bytes, sizeof(bytes));
}

int tty_ioctl(struct tty *t, unsigned cmd, uva_t arg)
{
	switch (cmd) {
	case TCGETS:
		return get_termios(t, arg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(t, cmd, arg);
	case TIOCGWINSZ:
		return get_winsize(t, arg);
	case TIOCSWINSZ:
		return set_winsize(t, arg);
	case TIOCGPGRP:
		return get_pgrp(t, arg);
	case TIOCSPGRP:
		return set_pgrp(t, arg);
	case FIONREAD:
		return get_waiting(t, arg);
	default:
		return -ENOTTY;
	}
}
