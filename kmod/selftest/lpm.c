// SPDX-License-Identifier: GPL-2.0
/* Self-test of lpm.c, which includes this file at its end: random prefixes are
 * added and removed, and after every change look-ups are compared with those
 * of an oracle too simple to be wrong, a list of what is there. Runs at load of
 * a debug build, and, with more rounds, in user space (tests/unit/table).
 */

#define TEST_NODES	512U
#define TEST_LOOKUPS	24U

/**
 * struct lpm_test - state of a run
 * @lpm: the index under test
 * @lock: its lock
 * @node: prefixes
 * @present: which of them are in the index
 * @random: state of the generator
 * @lookups: look-ups done, by family
 */
struct lpm_test {
	struct flannel_lpm lpm;
	struct mutex lock; /* protects lpm, for form's sake */
	struct flannel_lpm_node node[TEST_NODES];
	bool present[TEST_NODES];
	u64 random;
	u64 lookups[FLANNEL_FAMILIES];
};

/* xorshift64: a run can be repeated. */
static u32 test_random(struct lpm_test *test)
{
	test->random ^= test->random << 13;
	test->random ^= test->random >> 7;
	test->random ^= test->random << 17;
	return test->random >> 32;
}

static u32 test_below(struct lpm_test *test, u32 limit)
{
	return test_random(test) % limit;
}

static struct flannel_addr test_addr(struct lpm_test *test, u32 family)
{
	struct flannel_addr addr = { .family = family };
	unsigned int i, words = family == FLANNEL_V4 ? 1 : 4;

	for (i = 0; i < words; i++)
		addr.word[i] = cpu_to_be32(test_random(test));
	/* Most in one cluster network, so that prefixes meet. */
	if (!test_below(test, 8))
		return addr;
	if (family == FLANNEL_V4) {
		addr.word[0] &= cpu_to_be32(0x001fffff);
		addr.word[0] |= cpu_to_be32(0x0ae00000);
	} else {
		addr.word[0] = cpu_to_be32(0xfd000000);
		addr.word[1] &= cpu_to_be32(0x000003ff);
	}
	return addr;
}

/* An address near a prefix of the index: where mistakes would be. */
static struct flannel_addr test_near(struct lpm_test *test, u32 family)
{
	struct flannel_addr addr = test_addr(test, family);
	const struct flannel_lpm_node *node;
	unsigned int i, bit;

	node = &test->node[test_below(test, TEST_NODES)];
	if (node->prefix.addr.family != family)
		return addr;
	for (i = 0; i < 4; i++) {
		unsigned int len = node->prefix.len;
		unsigned int bits = len > 32 * i ? len - 32 * i : 0;
		__be32 mask = cpu_to_be32(bits < 32 ?
					  ~(u32)(U32_MAX >> bits) : U32_MAX);

		addr.word[i] = (node->prefix.addr.word[i] & mask) |
			       (addr.word[i] & ~mask);
	}
	if (test_below(test, 2))
		return addr;
	bit = test_below(test, flannel_addr_bits(&addr));
	addr.word[bit / 32] ^= cpu_to_be32(0x80000000U >> bit % 32);
	return addr;
}

static u8 test_len(struct lpm_test *test, u32 family)
{
	static const u8 usual[FLANNEL_FAMILIES][8] = {
		{ 24, 24, 24, 24, 16, 32, 26, 0 },
		{ 64, 64, 64, 64, 48, 128, 80, 0 },
	};

	if (test_below(test, 4))
		return usual[family][test_below(test, 8)];
	return test_below(test, family == FLANNEL_V4 ? 33 : 129);
}

static struct flannel_prefix test_prefix(struct lpm_test *test)
{
	u32 family = test_below(test, FLANNEL_FAMILIES);
	struct flannel_prefix prefix;

	prefix.len = test_len(test, family);
	prefix.addr = test_addr(test, family);
	prefix.addr = flannel_addr_masked(&prefix.addr, prefix.len);
	return prefix;
}

static const struct flannel_lpm_node *
test_oracle(const struct lpm_test *test, const struct flannel_addr *addr)
{
	const struct flannel_lpm_node *best = NULL;
	unsigned int i;

	for (i = 0; i < TEST_NODES; i++) {
		const struct flannel_lpm_node *node = &test->node[i];

		if (test->present[i] &&
		    flannel_prefix_holds(&node->prefix, addr) &&
		    (!best || node->prefix.len > best->prefix.len))
			best = node;
	}
	return best;
}

static bool test_lookups(struct lpm_test *test)
{
	unsigned int i;

	for (i = 0; i < TEST_LOOKUPS; i++) {
		u32 family = i % FLANNEL_FAMILIES;
		const struct flannel_lpm_node *found;
		struct flannel_addr addr;

		addr = i % 4 < 2 ? test_near(test, family) :
				   test_addr(test, family);
		rcu_read_lock();
		found = flannel_lpm_lookup(&test->lpm, &addr);
		rcu_read_unlock();
		if (found != test_oracle(test, &addr)) {
			pr_err("lpm self-test: wrong prefix found for %pI6c\n",
			       &addr.ip6);
			return false;
		}
		test->lookups[family]++;
	}
	return true;
}

static bool test_is_there(const struct lpm_test *test,
			  const struct flannel_prefix *prefix)
{
	unsigned int i;

	for (i = 0; i < TEST_NODES; i++) {
		if (test->present[i] &&
		    same_prefix(&test->node[i].prefix, prefix))
			return true;
	}
	return false;
}

/* Change one prefix: remove it, or add another, or add it and think better. */
static bool test_change(struct lpm_test *test)
{
	unsigned int i = test_below(test, TEST_NODES);
	struct flannel_lpm_node *node = &test->node[i];
	struct flannel_prefix prefix;

	if (test->present[i]) {
		flannel_lpm_remove(&test->lpm, node);
		test->present[i] = false;
		return true;
	}
	prefix = test_prefix(test);
	if (test_is_there(test, &prefix))
		return true;
	node->prefix = prefix;
	if (flannel_lpm_reserve(&test->lpm, node)) {
		pr_err("lpm self-test: out of memory\n");
		return false;
	}
	if (!test_below(test, 8)) {
		flannel_lpm_release(&test->lpm, node);
		return true;
	}
	flannel_lpm_insert(&test->lpm, node);
	test->present[i] = true;
	return true;
}

static void test_remove_all(struct lpm_test *test)
{
	unsigned int i;

	for (i = 0; i < TEST_NODES; i++) {
		if (test->present[i])
			flannel_lpm_remove(&test->lpm, &test->node[i]);
		test->present[i] = false;
	}
}

static bool test_empty(struct lpm_test *test)
{
	unsigned int i;

	test_remove_all(test);
	if (!test_lookups(test))
		return false;
	for (i = 0; i < FLANNEL_FAMILIES; i++) {
		const struct flannel_lpm_levels *levels;

		levels = lpm_protected(&test->lpm, test->lpm.levels[i]);
		if (levels && levels->n) {
			pr_err("lpm self-test: a level is left over\n");
			return false;
		}
	}
	if (!test->lpm.strays)
		return true;
	pr_err("lpm self-test: strays are left over\n");
	return false;
}

static bool test_run(struct lpm_test *test, unsigned int rounds)
{
	unsigned int i;

	for (i = 0; i < rounds; i++) {
		if (!test_change(test) || !test_lookups(test))
			return false;
		cond_resched();
	}
	return test_empty(test);
}

/**
 * flannel_lpm_selftest - compare the index with an oracle
 * @rounds: how many changes to make and check
 *
 * Return: whether they always agreed.
 */
bool flannel_lpm_selftest(unsigned int rounds)
{
	struct lpm_test *test;
	bool ok;

	test = kvzalloc(sizeof(*test), GFP_KERNEL);
	if (!test)
		return false;
	mutex_init(&test->lock);
	flannel_lpm_init(&test->lpm, &test->lock);
	test->random = (u64)get_random_u32() << 32 | 1;

	mutex_lock(&test->lock);
	ok = test_run(test, rounds);
	test_remove_all(test);
	/* What the index dropped may be read for a grace period. */
	synchronize_rcu();
	flannel_lpm_destroy(&test->lpm);
	mutex_unlock(&test->lock);
	pr_info("lpm self-test: %s, %llu + %llu look-ups in %u rounds\n",
		ok ? "pass" : "fail", test->lookups[FLANNEL_V4],
		test->lookups[FLANNEL_V6], rounds);
	mutex_destroy(&test->lock);
	kvfree(test);
	return ok;
}
