/*
 * kernel/lib/list.h against an array, and its own alarm.
 */
#include "tests/host/host.h"
#include "kernel/lib/list.h"
#include "kernel/lib/string.h"
#include "tests/host/fake.h"

struct item { int id; struct list link; };

#define ITEMS 64

/* The list must hold exactly order[0..n), both ways round. */
static void compare(struct list *head, const int *order, int n)
{
	int k = 0;

	list_for_each(l, head) {
		assert_int_equal(list_entry(l, struct item, link)->id, order[k]);
		assert_ptr_equal(l->next->prev, l);
		k++;
	}
	assert_int_equal(k, n);
	assert_int_equal(list_empty(head), n == 0);
}

static void test_random(void **state)
{
	static struct item items[ITEMS];
	struct list head = LIST_INIT(head);
	int order[ITEMS];
	int n = 0;

	(void)state;
	host_seed();
	for (int step = 0; step < 20000; step++) {
		int id = (int)host_random(ITEMS);
		struct list *l = &items[id].link;
		int at;

		items[id].id = id;
		for (at = 0; at < n && order[at] != id; at++) {
		}
		assert_int_equal(list_linked(l), at < n);
		if (at < n) {
			list_remove(l);
			memmove(order + at, order + at + 1, sizeof(int) * (size_t)(--n - at));
		} else if (host_random(2)) {
			list_push_back(&head, l);
			order[n++] = id;
		} else {
			list_push_front(&head, l);
			memmove(order + 1, order, sizeof(int) * (size_t)n++);
			order[0] = id;
		}
		compare(&head, order, n);
	}
}

static void test_splice_and_pop(void **state)
{
	struct item items[5] = { { .id = 0 }, { .id = 1 }, { .id = 2 }, { .id = 3 }, { .id = 4 } };
	struct list a = LIST_INIT(a), b = LIST_INIT(b);
	const int all[] = { 0, 1, 2, 3, 4 };

	(void)state;
	list_splice(&a, &b);
	assert_true(list_empty(&a));
	for (int i = 0; i < 5; i++) {
		list_push_back(i < 2 ? &a : &b, &items[i].link);
	}
	list_splice(&a, &b);
	assert_true(list_empty(&b));
	compare(&a, all, 5);
	list_for_each_safe(l, &a) {
		if (list_entry(l, struct item, link)->id == 3) {
			list_remove(l);
		}
	}
	for (int i = 0; i < 5; i++) {
		if (i != 3) {
			assert_ptr_equal(list_pop_front(&a), &items[i].link);
		}
	}
	assert_null(list_pop_front(&a));
}

static void test_double_removal_is_noticed(void **state)
{
	struct list head = LIST_INIT(head), l;

	(void)state;
	list_push_back(&head, &l);
	assert_false(FAKE_CHECK_FAILS(list_remove(&l)));
	assert_true(FAKE_CHECK_FAILS(list_remove(&l)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_splice_and_pop),
		cmocka_unit_test(test_double_removal_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
