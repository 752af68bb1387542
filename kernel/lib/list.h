/*
 * Intrusive doubly linked list: the link is a member of the thing listed, so listing allocates nothing.
 * A head is a link that belongs to no element.  A removed link is poisoned: removing twice is noticed.
 *
 * Floor 0.
 */
#ifndef KERNEL_LIB_LIST_H
#define KERNEL_LIB_LIST_H

#include "kernel/lib/check.h"
#include "kernel/lib/types.h"

struct list { struct list *next, *prev; };

#define LIST_INIT(name) { &(name), &(name) }

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

/* A link that was never put on a list (zeroed) or was removed from one. */
static inline bool list_linked(const struct list *l)
{
	return l->next != NULL;
}

static inline void list_insert_between(struct list *l, struct list *prev, struct list *next)
{
	l->prev = prev;
	l->next = next;
	prev->next = l;
	next->prev = l;
}

static inline void list_push_front(struct list *head, struct list *l)
{
	list_insert_between(l, head, head->next);
}

static inline void list_push_back(struct list *head, struct list *l)
{
	list_insert_between(l, head->prev, head);
}

static inline void list_remove(struct list *l)
{
	ASSERT(l->next != NULL);
	l->prev->next = l->next;
	l->next->prev = l->prev;
	l->next = l->prev = NULL;
}

/* First link of a non-empty list, removed from it; NULL when empty. */
static inline struct list *list_pop_front(struct list *head)
{
	struct list *l = head->next;

	if (l == head) {
		return NULL;
	}
	list_remove(l);
	return l;
}

/* Append everything on @from to @to; @from is empty afterwards. */
static inline void list_splice(struct list *to, struct list *from)
{
	if (list_empty(from)) {
		return;
	}
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_entry(l, type, member) container_of(l, type, member)

#define list_for_each(it, head) \
	for (struct list *it = (head)->next; it != (head); it = it->next)

/* Safe against removal of @it by the body. */
#define list_for_each_safe(it, head)                                            \
	for (struct list *it = (head)->next, *it##_next = it->next; it != (head); \
	     it = it##_next, it##_next = it->next)

#endif
