/*
 * The trace as a file.  Opening it takes a picture: reading goes from the oldest record to the newest one
 * there was, and then says "end", so that a reader whose own calls are traced comes to an end, too.  Who
 * reads on after the end gets what has come since: that is how to follow it.
 *
 * Lines are made one at a time, when they are read.
 *
 * Floor 6.  Read next: kernel/trace.h
 */
#include "fs/tracefile.h"

#include "fs/pseudo.h"
#include "kernel/lib/errno.h"
#include "kernel/trace.h"
#include "kernel/x86/ucopy.h"
#include "mm/phys/kmalloc.h"

struct reader {
	struct mutex        lock;       /* of all this: an open file may be shared */
	struct trace_cursor cursor;
	bool                ended;      /* the last read said "end" */
	size_t              len, off;   /* line[off..len) has not been read */
	char                line[160];
};

static int trace_open(struct file *f)
{
	struct reader *r = kmalloc(sizeof(*r), ALLOC_WAIT);

	if (!r) {
		return -ENOMEM;
	}
	mutex_init(&r->lock);
	trace_begin(&r->cursor);
	r->len = r->off = 0;
	r->ended = false;
	f->private = r;
	return 0;
}

/* Lines and parts of lines into [buf, buf + n).  Locks: r->lock held. */
static int read_lines(struct reader *r, uva_t buf, uint32_t n)
{
	uint32_t done = 0;

	while (done < n) {
		uint32_t piece;

		if (r->off == r->len) {
			r->off = 0;
			r->len = trace_next(&r->cursor, r->line, sizeof(r->line));
			if (r->len == 0) {
				break;
			}
		}
		piece = MIN(n - done, (uint32_t)(r->len - r->off));
		if (copy_to_user(buf + done, r->line + r->off, piece) < 0) {
			return done ? (int)done : -EFAULT;
		}
		r->off += piece;
		done += piece;
	}
	return (int)done;
}

static int trace_read(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	struct reader *r = f->private;
	int done;

	(void)pos;
	mutex_lock(&r->lock);
	if (r->ended) {
		trace_go_on(&r->cursor);
	}
	done = read_lines(r, buf, MIN(n, (uint32_t)INT32_MAX));
	r->ended = done == 0 && n > 0;
	mutex_unlock(&r->lock);
	return done;
}

static void trace_release(struct file *f)
{
	kfree(f->private);
}

const struct file_ops trace_fops = {
	.open = trace_open, .read = trace_read, .release = trace_release,
};

/* ---- trace_on ---- */

static int trace_on_read(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	char text[NR_EVENTS * 24];
	size_t len = trace_print_events(text, sizeof(text));

	(void)f;
	return pseudo_read_text(text, len, buf, n, pos);
}

static int trace_on_write(struct file *f, uva_t buf, uint32_t n, loff_t pos)
{
	char words[256];
	int r = pseudo_take_order(words, sizeof(words), buf, n);

	(void)f, (void)pos;
	if (r == 0) {
		r = trace_select(words);
	}
	return r < 0 ? r : (int)n;
}

const struct file_ops trace_on_fops = {
	.read = trace_on_read, .write = trace_on_write, .seekable = true,
};
