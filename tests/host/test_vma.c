/*
 * Areas: whole sets compared with array literals, and random operations against a map of bytes, one a page.
 *
 * Addresses are written in pages from BASE: { 2, 5, 'a' } is an area of pages 2, 3 and 4.
 */
#include "tests/host/host.h"

#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/cache/vma.h"

#define BASE  0x40000000u
#define AT(p) (BASE + (uva_t)(p) * PAGE_SIZE)

enum { PAGES = 64, MAX_AREAS = 2 * PAGES };

struct area { unsigned start, end; char kind; };        /* kind stands for everything that must be equal */

static struct vma pool[MAX_AREAS];
static bool used[MAX_AREAS];
static char mappings[256];              /* files are told apart by address alone */
static struct list set;

static void begin(void)
{
	memset(used, 0, sizeof(used));
	list_init(&set);
}

static struct vma *new_area(void)
{
	for (unsigned k = 0; k < MAX_AREAS; k++) {
		if (!used[k]) {
			used[k] = true;
			memset(&pool[k], 0, sizeof(pool[k]));
			return &pool[k];
		}
	}
	fail_msg("too many areas");
	return NULL;
}

static void free_area(struct vma *v)
{
	assert_true(used[v - pool]);
	used[v - pool] = false;
}

static unsigned count_used(void)
{
	unsigned n = 0;

	for (unsigned k = 0; k < MAX_AREAS; k++) {
		n += used[k];
	}
	return n;
}

/* Capital letters are files, whose first page is shown at page 0 of the test's world; small ones are anonymous. */
static struct vma *make(unsigned start, unsigned end, char kind)
{
	struct vma *v = new_area();

	v->start = AT(start);
	v->end = AT(end);
	v->prot = (uint16_t)kind;
	v->mapping = kind <= 'Z' ? (void *)&mappings[(unsigned char)kind] : NULL;
	v->pgoff = 100 + start;
	return v;
}

static void fill(const struct area *a, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		assert_int_equal(vma_insert(&set, make(a[k].start, a[k].end, a[k].kind)), 0);
	}
}

/* The list holds exactly these areas, each with the place in its file that belongs to its start. */
static void expect(const struct list *list, const struct area *a, unsigned n)
{
	unsigned k = 0;

	list_for_each(l, list) {
		const struct vma *v = list_entry(l, struct vma, link);

		assert_true(k < n);
		assert_int_equal(v->start, AT(a[k].start));
		assert_int_equal(v->end, AT(a[k].end));
		assert_int_equal(v->prot, a[k].kind);
		if (v->mapping) {
			assert_int_equal(v->pgoff, 100 + a[k].start);
		}
		k++;
	}
	assert_int_equal(k, n);
}

#define FILL(...)         fill((struct area[]){ __VA_ARGS__ }, \
                               ARRAY_SIZE(((struct area[]){ __VA_ARGS__ })))
#define EXPECT(list, ...) expect((list), (struct area[]){ __VA_ARGS__ }, \
                                 ARRAY_SIZE(((struct area[]){ __VA_ARGS__ })))
#define EXPECT_EMPTY(list) assert_true(list_empty(list))

/* ---- find, insert ---- */

static void test_find(void **state)
{
	(void)state;
	begin();
	assert_null(vma_find(&set, AT(3)));
	assert_null(vma_find_above(&set, 0));
	FILL({ 2, 5, 'a' }, { 5, 6, 'b' }, { 9, 12, 'C' });
	assert_null(vma_find(&set, AT(2) - 1));
	assert_int_equal(vma_find(&set, AT(2))->prot, 'a');
	assert_int_equal(vma_find(&set, AT(5) - 1)->prot, 'a');
	assert_int_equal(vma_find(&set, AT(5))->prot, 'b');
	assert_null(vma_find(&set, AT(6)));
	assert_int_equal(vma_find(&set, AT(11) + 7)->prot, 'C');
	assert_null(vma_find(&set, AT(12)));
	assert_int_equal(vma_find_above(&set, 0)->prot, 'a');
	assert_int_equal(vma_find_above(&set, AT(6))->prot, 'C');
	assert_null(vma_find_above(&set, AT(12)));
	assert_int_equal(vma_index(vma_find(&set, AT(10)), AT(10) + 5), 110);
}

static void test_insert(void **state)
{
	static const struct area clash[] = {
		{ 3, 5, 'x' }, { 4, 6, 'x' }, { 4, 7, 'x' }, { 5, 6, 'x' }, { 6, 8, 'x' }, { 4, 9, 'x' },
		{ 0, 20, 'x' }, { 6, 11, 'x' }, { 12, 13, 'x' },
	};

	(void)state;
	begin();
	FILL({ 10, 13, 'c' }, { 4, 7, 'a' }, { 7, 10, 'b' }, { 0, 2, 'd' }, { 19, 20, 'e' });
	EXPECT(&set, { 0, 2, 'd' }, { 4, 7, 'a' }, { 7, 10, 'b' }, { 10, 13, 'c' }, { 19, 20, 'e' });
	for (unsigned k = 0; k < ARRAY_SIZE(clash); k++) {
		struct vma *v = make(clash[k].start, clash[k].end, 'x');

		assert_int_equal(vma_insert(&set, v), -EEXIST);
		assert_false(list_linked(&v->link));
		free_area(v);
	}
	EXPECT(&set, { 0, 2, 'd' }, { 4, 7, 'a' }, { 7, 10, 'b' }, { 10, 13, 'c' }, { 19, 20, 'e' });
}

/* ---- gaps ---- */

static uva_t gap(unsigned pages, unsigned hint, unsigned lo, unsigned hi, unsigned align)
{
	struct list *next = NULL;
	uva_t at = vma_gap(&set, pages * PAGE_SIZE, hint ? AT(hint) : 0, AT(lo), AT(hi), align * PAGE_SIZE, &next);
	struct vma *above = at ? vma_find_above(&set, at) : NULL;

	if (at) {
		assert_ptr_equal(next, above ? &above->link : &set);
	}
	return at;
}

static void test_gap(void **state)
{
	(void)state;
	begin();
	assert_int_equal(gap(10, 0, 0, 20, 1), AT(0));
	assert_int_equal(gap(20, 0, 0, 20, 1), AT(0));
	assert_int_equal(gap(21, 0, 0, 20, 1), 0);
	FILL({ 2, 5, 'a' }, { 6, 8, 'b' }, { 12, 14, 'c' });
	assert_int_equal(gap(1, 0, 0, 20, 1), AT(0));
	assert_int_equal(gap(2, 0, 0, 20, 1), AT(0));
	assert_int_equal(gap(3, 0, 0, 20, 1), AT(8));
	assert_int_equal(gap(5, 0, 0, 20, 1), AT(14));
	assert_int_equal(gap(6, 0, 0, 20, 1), AT(14));
	assert_int_equal(gap(7, 0, 0, 20, 1), 0);
	assert_int_equal(gap(1, 0, 2, 20, 1), AT(5));
	assert_int_equal(gap(1, 0, 3, 5, 1), 0);                /* wholly inside an area */
	assert_int_equal(gap(1, 0, 7, 9, 1), AT(8));
	assert_int_equal(gap(4, 0, 0, 12, 1), AT(8));
	assert_int_equal(gap(4, 0, 0, 11, 1), 0);
}

static void test_gap_hint(void **state)
{
	(void)state;
	begin();
	FILL({ 2, 5, 'a' }, { 6, 8, 'b' }, { 12, 14, 'c' });
	assert_int_equal(gap(2, 9, 0, 20, 1), AT(9));
	assert_int_equal(gap(3, 10, 0, 20, 1), AT(14));         /* does not fit there: the next that does */
	assert_int_equal(gap(2, 3, 0, 20, 1), AT(8));
	assert_int_equal(gap(2, 19, 0, 20, 1), AT(0));          /* nothing above: from the bottom */
	assert_int_equal(gap(2, 30, 0, 20, 1), AT(0));          /* beyond the end */
	assert_int_equal(gap(1, 1, 5, 20, 1), AT(5));           /* below the beginning */
}

static void test_gap_aligned(void **state)
{
	struct list *next;

	(void)state;
	begin();
	assert_int_equal(gap(4, 1, 1, 20, 4), AT(4));
	FILL({ 2, 5, 'a' }, { 13, 14, 'c' });
	assert_int_equal(gap(4, 0, 0, 20, 4), AT(8));
	assert_int_equal(gap(5, 0, 0, 32, 4), AT(8));
	assert_int_equal(gap(6, 0, 0, 32, 4), AT(16));
	assert_int_equal(gap(1, 0, 0, 32, 4), AT(0));
	assert_int_equal(gap(4, 0, 9, 15, 4), 0);
	assert_int_equal(vma_gap(&set, 8u << 20, 0, 0x40001000, USER_TOP, 4u << 20, &next), 0x40400000);
	assert_int_equal(vma_gap(&set, USER_TOP - 0x40400000, 0, 0x40001000, USER_TOP, 4u << 20, &next), 0x40400000);
	assert_int_equal(vma_gap(&set, USER_TOP - 0x403FF000, 0, 0x40001000, USER_TOP, 4u << 20, &next), 0);
	assert_int_equal(vma_gap(&set, 0xFFFFF000, 0, 0x1000, USER_TOP, PAGE_SIZE, &next), 0);
}

/* ---- merge, split ---- */

static void test_merge(void **state)
{
	struct vma *v;

	(void)state;
	begin();
	FILL({ 0, 2, 'a' }, { 2, 4, 'a' }, { 4, 5, 'b' }, { 6, 7, 'b' }, { 7, 8, 'C' }, { 8, 9, 'C' });
	assert_null(vma_merge_prev(&set, vma_find(&set, AT(0))));       /* no neighbour */
	assert_null(vma_merge_prev(&set, vma_find(&set, AT(4))));       /* of another kind */
	assert_null(vma_merge_prev(&set, vma_find(&set, AT(6))));       /* not adjacent */
	assert_null(vma_merge_prev(&set, vma_find(&set, AT(7))));
	assert_null(vma_merge_prev(&set, vma_find(&set, AT(8))));       /* files are left apart */
	v = vma_find(&set, AT(2));
	assert_ptr_equal(vma_merge_prev(&set, v), v);
	assert_false(list_linked(&v->link));
	EXPECT(&set, { 0, 4, 'a' }, { 4, 5, 'b' }, { 6, 7, 'b' }, { 7, 8, 'C' }, { 8, 9, 'C' });

	vma_find(&set, AT(6))->start = AT(5);
	vma_find(&set, AT(4))->flags = VMA_GROWSDOWN;
	assert_null(vma_merge_prev(&set, vma_find(&set, AT(5))));
	vma_find(&set, AT(4))->flags = 0;
	vma_find(&set, AT(4))->pager = (void *)&mappings[0];
	assert_null(vma_merge_prev(&set, vma_find(&set, AT(5))));
	vma_find(&set, AT(4))->pager = NULL;
	assert_non_null(vma_merge_prev(&set, vma_find(&set, AT(5))));
}

static void test_split(void **state)
{
	struct vma *upper;

	(void)state;
	begin();
	FILL({ 0, 2, 'a' }, { 2, 9, 'B' }, { 9, 10, 'c' });
	upper = new_area();
	list_init(&vma_find(&set, AT(2))->link_mapping);
	vma_split(vma_find(&set, AT(2)), AT(5), upper);
	EXPECT(&set, { 0, 2, 'a' }, { 2, 5, 'B' }, { 5, 9, 'B' }, { 9, 10, 'c' });
	assert_false(list_linked(&upper->link_mapping));
}

/* ---- carve: split at both ends, then remove what lies between, as mm/space/area.c does ---- */

static unsigned split_at(unsigned page)
{
	struct vma *v = vma_find(&set, AT(page));

	if (!v || v->start == AT(page)) {
		return 0;
	}
	vma_split(v, AT(page), new_area());
	return 1;
}

/* How many new areas it took. */
static unsigned carve(unsigned lo, unsigned hi, struct list *removed)
{
	unsigned made = split_at(lo) + split_at(hi);
	struct vma *v;

	list_init(removed);
	while ((v = vma_find_above(&set, AT(lo))) != NULL && v->start < AT(hi)) {
		list_remove(&v->link);
		list_push_back(removed, &v->link);
	}
	return made;
}

static void fill_carve(void)
{
	begin();
	FILL({ 2, 5, 'A' }, { 5, 8, 'b' }, { 10, 14, 'C' });
}

static void test_carve(void **state)
{
	struct list removed;

	(void)state;
	fill_carve();
	assert_int_equal(carve(8, 10, &removed), 0);            /* a gap */
	EXPECT_EMPTY(&removed);
	EXPECT(&set, { 2, 5, 'A' }, { 5, 8, 'b' }, { 10, 14, 'C' });

	assert_int_equal(carve(5, 8, &removed), 0);             /* exactly one */
	EXPECT(&removed, { 5, 8, 'b' });
	EXPECT(&set, { 2, 5, 'A' }, { 10, 14, 'C' });

	fill_carve();
	assert_int_equal(carve(0, 20, &removed), 0);            /* everything */
	EXPECT(&removed, { 2, 5, 'A' }, { 5, 8, 'b' }, { 10, 14, 'C' });
	EXPECT_EMPTY(&set);

	fill_carve();
	assert_int_equal(carve(3, 4, &removed), 2);             /* out of the middle of one */
	EXPECT(&removed, { 3, 4, 'A' });
	EXPECT(&set, { 2, 3, 'A' }, { 4, 5, 'A' }, { 5, 8, 'b' }, { 10, 14, 'C' });

	fill_carve();
	assert_int_equal(carve(0, 3, &removed), 1);             /* the lower edge of one */
	EXPECT(&removed, { 2, 3, 'A' });
	EXPECT(&set, { 3, 5, 'A' }, { 5, 8, 'b' }, { 10, 14, 'C' });

	fill_carve();
	assert_int_equal(carve(12, 20, &removed), 1);           /* the upper edge of one */
	EXPECT(&removed, { 12, 14, 'C' });
	EXPECT(&set, { 2, 5, 'A' }, { 5, 8, 'b' }, { 10, 12, 'C' });

	fill_carve();
	assert_int_equal(carve(4, 11, &removed), 2);            /* two edges and one between */
	EXPECT(&removed, { 4, 5, 'A' }, { 5, 8, 'b' }, { 10, 11, 'C' });
	EXPECT(&set, { 2, 4, 'A' }, { 11, 14, 'C' });
}

/* ---- random operations against a map of bytes ---- */

static char map[PAGES];                 /* kind of each page; 0 = nothing there */

static void compare(void)
{
	unsigned end = 0;

	list_for_each(l, &set) {
		const struct vma *v = list_entry(l, struct vma, link);
		unsigned start = (v->start - BASE) / PAGE_SIZE;

		assert_true(start >= end && v->end > v->start);
		for (; end < start; end++) {
			assert_int_equal(map[end], 0);
		}
		for (; AT(end) < v->end; end++) {
			assert_int_equal(map[end], v->prot);
			assert_ptr_equal(vma_find(&set, AT(end) + 77), v);
			if (v->mapping) {
				assert_int_equal(vma_index(v, AT(end)), 100 + end);
			}
		}
	}
	for (; end < PAGES; end++) {
		assert_int_equal(map[end], 0);
		assert_null(vma_find(&set, AT(end)));
	}
}

static void random_insert(unsigned lo, unsigned hi)
{
	char kind = "abXY"[host_random(4)];
	struct vma *v = make(lo, hi, kind), *left;
	bool clash = false;

	for (unsigned k = lo; k < hi; k++) {
		clash |= map[k] != 0;
	}
	assert_int_equal(vma_insert(&set, v), clash ? -EEXIST : 0);
	if (clash) {
		free_area(v);
		return;
	}
	memset(map + lo, kind, hi - lo);
	left = vma_merge_prev(&set, v);
	assert_true(!left == !(kind > 'Z' && lo > 0 && map[lo - 1] == kind));
	if (left) {
		free_area(left);
	}
}

/* What comes out is what the map had there, no more and no less. */
static void random_carve(unsigned lo, unsigned hi)
{
	struct list removed;
	char cut[PAGES] = { 0 }, was[PAGES] = { 0 };

	memcpy(was + lo, map + lo, hi - lo);
	assert_true(carve(lo, hi, &removed) <= 2);
	memset(map + lo, 0, hi - lo);
	for (struct list *l; (l = list_pop_front(&removed));) {
		struct vma *v = list_entry(l, struct vma, link);

		for (uva_t va = v->start; va < v->end; va += PAGE_SIZE) {
			assert_int_equal(cut[(va - BASE) / PAGE_SIZE], 0);
			cut[(va - BASE) / PAGE_SIZE] = (char)v->prot;
		}
		free_area(v);
	}
	assert_memory_equal(cut, was, sizeof(cut));
}

static void random_gap(unsigned lo, unsigned hi)
{
	unsigned len = 1 + host_random(12), align = 1u << host_random(4), hint = host_random(PAGES);
	uva_t at = gap(len, hint, lo, hi, align);
	unsigned best = PAGES, best_above = PAGES;

	for (unsigned p = 0; p + len <= hi; p += align) {
		bool is_free = p >= lo;

		for (unsigned k = 0; k < len; k++) {
			is_free &= map[p + k] == 0;
		}
		if (is_free) {
			best = MIN(best, p);
			best_above = p >= hint ? MIN(best_above, p) : best_above;
		}
	}
	if (best_above < PAGES && hint > lo && hint < hi) {
		best = best_above;
	}
	assert_int_equal(at, best < PAGES ? AT(best) : 0);
}

static void test_random(void **state)
{
	(void)state;
	host_seed();
	begin();
	memset(map, 0, sizeof(map));
	for (unsigned step = 0; step < 20000; step++) {
		unsigned lo = host_random(PAGES), hi = lo + 1 + host_random(PAGES - lo);
		unsigned what = host_random(8), n = 0;

		if (what < 4) {
			random_insert(lo, MIN(hi, lo + 6));
		} else if (what < 6) {
			random_carve(lo, hi);
		} else {
			random_gap(lo, hi);
		}
		compare();
		list_for_each(l, &set) {
			n++;
		}
		assert_int_equal(count_used(), n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_insert),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_gap_hint),
		cmocka_unit_test(test_gap_aligned),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_carve),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
