/*
 * kernel/lib/radix.c against an array of slots, with indices that reach to both ends of 32 bits.
 */
#include "tests/host/host.h"
#include "kernel/lib/radix.h"
#include "kernel/lib/string.h"
#include "tests/host/fake.h"

/* The model: four windows of the index space, so that the tree is tall and sparse. */
#define WINDOW  300u
static const uint32_t windows[] = { 0, 4000, 0x00FFFF00, 0xFFFFFFFFu - WINDOW + 1 };
#define WINDOWS ARRAY_SIZE(windows)
#define SLOTS   (WINDOW * WINDOWS)

struct slot { void *item; bool tag[RADIX_TAGS]; };

static struct slot model[SLOTS];
static struct radix tree;
static unsigned nodes_out;              /* allocated and not handed back */

static uint32_t model_index(unsigned k)
{
	return windows[k / WINDOW] + k % WINDOW;
}

static struct radix_node *make_nodes(unsigned n)
{
	struct radix_node *chain = NULL;

	nodes_out += n;
	while (n-- > 0) {
		struct radix_node *node = calloc(1, sizeof(*node));

		node->parent = chain;
		chain = node;
	}
	return chain;
}

static void free_nodes(struct radix_node *chain)
{
	while (chain) {
		struct radix_node *next = chain->parent;

		free(chain);
		nodes_out--;
		chain = next;
	}
}

/* Exactly as many as radix_missing() says must do: none is left, and none is wanting. */
static void reserve(uint32_t first, unsigned n)
{
	struct radix_node *spare = make_nodes(radix_missing(&tree, first, n));

	radix_add_nodes(&tree, first, n, &spare);
	assert_null(spare);
	assert_int_equal(radix_missing(&tree, first, n), 0);
}

/* One item in, one out. */
static void put(struct radix_node *leaf, unsigned slot, void *item)
{
	radix_insert_run(leaf, slot, &item, 1);
}

static void drop(struct radix_node *leaf, unsigned slot)
{
	radix_remove_mask(leaf, 1ull << slot);
}

static void insert(unsigned k)
{
	uint32_t index = model_index(k);

	reserve(index, 1);
	put(radix_leaf(&tree, index), index & RADIX_MASK, &model[k]);
	radix_unreserve(&tree, index, 1);
	model[k].item = &model[k];
}

static void take_out(unsigned k)
{
	uint32_t index = model_index(k);
	struct radix_node *leaf = radix_leaf(&tree, index);

	assert_ptr_equal(leaf->slot[index & RADIX_MASK], model[k].item);
	drop(leaf, index & RADIX_MASK);
	free_nodes(radix_trim(&tree, leaf));
	model[k] = (struct slot){ 0 };
}

static void flip_tag(unsigned k, enum radix_tag tag)
{
	uint32_t index = model_index(k);
	struct radix_node *leaf = radix_leaf(&tree, index);
	uint64_t bit = 1ull << (index & RADIX_MASK);

	if (model[k].tag[tag]) {
		radix_clear_tag(leaf, tag, bit);
	} else {
		radix_set_tag(leaf, tag, bit);
	}
	model[k].tag[tag] = !model[k].tag[tag];
}

/* First leaf at or after model slot @k with a slot that is used (@tag < 0) or tagged, as the model has it. */
static bool model_next(unsigned k, int tag, uint32_t *leaf)
{
	for (; k < SLOTS; k++) {
		if (model[k].item && (tag < 0 || model[k].tag[tag])) {
			*leaf = model_index(k) & ~RADIX_MASK;
			return true;
		}
	}
	return false;
}

static void compare_next(unsigned k, int tag)
{
	uint32_t index = model_index(k), first;
	struct radix_node *node = tag < 0 ? radix_next(&tree, index)
					  : radix_next_tagged(&tree, index, (enum radix_tag)tag);

	if (model_next(k, tag, &first)) {
		assert_non_null(node);
		assert_int_equal(node->first, first);
	} else {
		assert_null(node);
	}
}

static void compare_all(void)
{
	bool any[RADIX_TAGS] = { false };

	for (unsigned k = 0; k < SLOTS; k++) {
		uint32_t index = model_index(k), slot = index & RADIX_MASK;
		struct radix_node *leaf = radix_leaf(&tree, index);

		assert_ptr_equal(leaf ? leaf->slot[slot] : NULL, model[k].item);
		for (enum radix_tag tag = 0; tag < RADIX_TAGS; tag++) {
			assert_int_equal(leaf ? radix_tagged(leaf, tag) >> slot & 1 : 0, model[k].tag[tag]);
			any[tag] |= model[k].tag[tag];
		}
		if (leaf) {
			assert_int_equal(leaf->used >> slot & 1, model[k].item != NULL);
		}
	}
	for (enum radix_tag tag = 0; tag < RADIX_TAGS; tag++) {
		assert_int_equal(radix_any_tagged(&tree, tag), any[tag]);
	}
}

static void empty_tree(void)
{
	for (unsigned k = 0; k < SLOTS; k++) {
		if (model[k].item) {
			take_out(k);
		}
	}
	assert_null(tree.root);
	assert_int_equal(nodes_out, 0);
}

static void test_random(void **state)
{
	(void)state;
	host_seed();
	for (unsigned step = 0; step < 60000; step++) {
		unsigned k = host_random(SLOTS);

		if (!model[k].item) {
			insert(k);
		} else if (host_random(3) == 0) {
			take_out(k);
		} else {
			flip_tag(k, (enum radix_tag)host_random(RADIX_TAGS));
		}
		compare_next(host_random(SLOTS), (int)host_random(RADIX_TAGS + 1) - 1);
		if (step % 1000 == 0) {
			compare_all();
		}
		if (step % 20000 == 19999) {
			empty_tree();
		}
	}
	empty_tree();
}

/* Sparse: few items, so that paths are made and trimmed all the time. */
static void test_random_sparse(void **state)
{
	(void)state;
	host_seed();
	for (unsigned step = 0; step < 40000; step++) {
		unsigned k = host_random(WINDOWS) * WINDOW + host_random(3) * 128;

		if (model[k].item) {
			take_out(k);
		} else {
			insert(k);
			flip_tag(k, RADIX_DIRTY);
		}
		compare_next(host_random(SLOTS), (int)host_random(RADIX_TAGS + 1) - 1);
		if (step % 500 == 0) {
			compare_all();
		}
	}
	empty_tree();
}

static void test_ranges(void **state)
{
	(void)state;
	host_seed();
	for (unsigned step = 0; step < 3000; step++) {
		unsigned n = 1 + host_random(500);
		uint32_t first = host_random(4) ? host_random(70000) : host_random(0xFFFFFFFFu - n);

		reserve(first, n);
		for (unsigned k = 0; k < n; k++) {
			assert_non_null(radix_leaf(&tree, first + k));
			assert_int_equal(radix_leaf(&tree, first + k)->first, (first + k) & ~RADIX_MASK);
		}
		assert_null(radix_next(&tree, 0));
		radix_unreserve(&tree, first, n);
		for (uint32_t leaf = first / RADIX_SIZE; leaf <= (first + n - 1) / RADIX_SIZE; leaf++) {
			free_nodes(radix_trim(&tree, radix_leaf(&tree, leaf * RADIX_SIZE)));
		}
		assert_null(tree.root);
		assert_int_equal(nodes_out, 0);
	}
}

static void test_reserved_leaf_stays(void **state)
{
	struct radix_node *leaf;

	(void)state;
	reserve(77, 1);
	reserve(100, 1);
	leaf = radix_leaf(&tree, 77);
	assert_int_equal(leaf->reserved, 2);
	put(leaf, 77 & RADIX_MASK, &tree);
	drop(leaf, 77 & RADIX_MASK);
	assert_null(radix_trim(&tree, leaf));
	radix_unreserve(&tree, 77, 1);
	assert_null(radix_trim(&tree, leaf));
	radix_unreserve(&tree, 100, 1);
	free_nodes(radix_trim(&tree, leaf));
	assert_null(tree.root);
	assert_int_equal(nodes_out, 0);
}

static void test_misuse_is_noticed(void **state)
{
	struct radix_node *leaf;

	(void)state;
	reserve(5, 1);
	leaf = radix_leaf(&tree, 5);
	put(leaf, 5, &tree);
	assert_true(FAKE_CHECK_FAILS(put(leaf, 5, &tree)));
	assert_true(FAKE_CHECK_FAILS(radix_set_tag(leaf, RADIX_DIRTY, 1ull << 6)));
	drop(leaf, 5);
	assert_true(FAKE_CHECK_FAILS(drop(leaf, 5)));
	radix_unreserve(&tree, 5, 1);
	assert_true(FAKE_CHECK_FAILS(radix_unreserve(&tree, 5, 1)));
	free_nodes(radix_trim(&tree, leaf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_sparse),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_reserved_leaf_stays),
		cmocka_unit_test(test_misuse_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
