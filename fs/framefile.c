/*
 * Memory as a file: byte n is the letter of frame n.  It is longer than a snapshot, so it is looked at where it
 * is, when it is read: a page of letters shows one moment, two pages perhaps two.
 *
 * Floor 6.  Read next: user/bin/memtop.c
 */
#include "fs/framefile.h"

#include "kernel/lib/errno.h"
#include "kernel/x86/ucopy.h"
#include "mm/phys/frame.h"
#include "mm/phys/kmalloc.h"

static int frames_read(struct file *file, uva_t buf, uint32_t n, loff_t pos)
{
	uint32_t done = 0;
	char *text;

	(void)file;
	if (pos >= (loff_t)nframes || n == 0) {
		return 0;
	}
	text = kmalloc(PAGE_SIZE, ALLOC_WAIT);
	if (!text) {
		return -ENOMEM;
	}
	n = MIN(n, nframes - (uint32_t)pos);
	while (done < n) {
		uint32_t piece = MIN(n - done, PAGE_SIZE);

		for (uint32_t k = 0; k < piece; k++) {
			text[k] = frame_letter(pfn_frame((pfn_t)pos + done + k));
		}
		if (copy_to_user(buf + done, text, piece) < 0) {
			break;
		}
		done += piece;
	}
	kfree(text);
	return done ? (int)done : -EFAULT;
}

const struct file_ops frames_fops = { .read = frames_read, .seekable = true };
