/*
 * Collecting the strings of exec.
 *
 * Invariant: bytes [0, a->bytes) of the block lie in a->page[], one string after the other.
 *
 * Floor 7.  Read next: newstack.c
 */
#include "kernel/proc/args.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/x86/ucopy.h"

void args_drop(struct args *a)
{
	frame_put_many(a->page, ARGS_PAGES);
	args_init(a);
}

/* Room for the next byte: in *@to, how much is free from there on in *@room. */
static int args_room(struct args *a, char **to, uint32_t *room)
{
	uint32_t k = a->bytes >> PAGE_SHIFT, off = a->bytes & PAGE_MASK;

	if (k >= ARGS_PAGES) {
		return -E2BIG;
	}
	if (!a->page[k]) {
		a->page[k] = frame_alloc(ALLOC_WAIT | ALLOC_KERNEL);
	}
	if (!a->page[k]) {
		return -ENOMEM;
	}
	*to = (char *)frame_data(a->page[k]) + off;
	*room = PAGE_SIZE - off;
	return 0;
}

int args_add(struct args *a, const char *text)
{
	uint32_t left = (uint32_t)strlen(text) + 1, room;
	char *to;

	while (left > 0) {
		int r = args_room(a, &to, &room);

		if (r < 0) {
			return r;
		}
		room = MIN(room, left);
		memcpy(to, text, room);
		text += room;
		left -= room;
		a->bytes += room;
	}
	return 0;
}

/* A string of the user's goes over page by page: what does not fit one goes on in the next. */
static int add_user(struct args *a, uva_t text)
{
	uint32_t room;
	char *to;

	for (;;) {
		int r = args_room(a, &to, &room);

		if (r < 0) {
			return r;
		}
		r = string_from_user(to, text, room);
		if (r >= 0) {
			a->bytes += (uint32_t)r + 1;
			return 0;
		}
		if (r != -ENAMETOOLONG) {
			return r;
		}
		a->bytes += room;
		text += room;
	}
}

int args_add_array(struct args *a, uva_t array, unsigned skip)
{
	unsigned n = 0;

	for (unsigned i = 0; array; i++) {
		uva_t text;
		int r = copy_from_user(&text, array + i * sizeof(text), sizeof(text));

		if (r == 0 && !text) {
			break;
		}
		if (r == 0 && i >= skip) {
			r = add_user(a, text);
			n++;
		}
		if (r == 0 && a->bytes + n * sizeof(uva_t) > ARGS_MAX) {
			r = -E2BIG;
		}
		if (r < 0) {
			return r;
		}
	}
	return (int)n;
}
