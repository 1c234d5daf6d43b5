// SPDX-License-Identifier: GPL-2.0
/* kmod/lpm.c in user space: its self-test with a million look-ups a family and
 * more, failing allocations, and its speed. Prints TAP.
 */
#include <stdarg.h>
#include <time.h>

#include "shim.h"

unsigned int shim_fail;

static struct rcu_head *freed;

void shim_free_rcu(struct rcu_head *rcu, void *object)
{
	rcu->object = object;
	rcu->next = freed;
	freed = rcu;
}

void synchronize_rcu(void)
{
	while (freed) {
		void *object = freed->object;

		freed = freed->next;
		free(object);
	}
}

void *shim_alloc(size_t size)
{
	if (shim_fail && !--shim_fail)
		return NULL;
	return calloc(1, size);
}

u32 get_random_u32(void)
{
	return (u32)random();
}

/* Not the kernel's, but one as good for the purpose: FNV-1a. */
u32 jhash2(const u32 *words, u32 n, u32 seed)
{
	const u8 *bytes = (const u8 *)words;
	u32 hash = 2166136261U ^ seed, i;

	for (i = 0; i < 4 * n; i++)
		hash = (hash ^ bytes[i]) * 16777619U;
	return hash;
}

void shim_info(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

#include "../../../kmod/lpm.c"

static unsigned int tests;
static int failed;

static void result(bool ok, const char *name)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++tests, name);
	failed |= !ok;
	fflush(stdout);
}

/* A prefix is added with its n-th allocation failing, for every n until none
 * fails: each time nothing must be left of it.
 */
static bool test_no_memory(void)
{
	static const u8 lens[] = { 24, 16, 0, 32 };
	struct flannel_lpm_node nodes[sizeof(lens)] = {};
	struct flannel_lpm lpm;
	struct mutex lock; /* for form's sake */
	unsigned int i, n;

	flannel_lpm_init(&lpm, &lock);
	for (i = 0; i < sizeof(lens); i++) {
		struct flannel_lpm_node *node = &nodes[i];
		const struct flannel_addr ten = { .word[0] = htobe32(10u << 24) };

		node->prefix.addr = flannel_addr_masked(&ten, lens[i]);
		node->prefix.len = lens[i];
		for (n = 1;; n++) {
			shim_fail = n;
			if (!flannel_lpm_reserve(&lpm, node))
				break;
			if (flannel_lpm_lookup(&lpm, &ten) !=
			    (i ? &nodes[0] : NULL))
				return false;
		}
		shim_fail = 0;
		flannel_lpm_insert(&lpm, node);
	}
	for (i = 0; i < sizeof(lens); i++)
		flannel_lpm_remove(&lpm, &nodes[i]);
	flannel_lpm_destroy(&lpm);
	synchronize_rcu();
	return !lpm.strays;
}

/* 65 536 subnets of one length, as flannel's largest cluster has them. */
static bool test_cluster(u32 family)
{
	const u32 count = 65536;
	struct flannel_lpm_node *nodes = calloc(count, sizeof(*nodes));
	struct flannel_lpm lpm;
	struct timespec from, to;
	struct mutex lock; /* for form's sake */
	bool ok = true;
	u32 i, rounds;
	double ns;

	flannel_lpm_init(&lpm, &lock);
	for (i = 0; i < count; i++) {
		struct flannel_lpm_node *node = &nodes[i];

		node->prefix.addr.family = family;
		node->prefix.addr.word[0] =
			htobe32(family == FLANNEL_V4 ? 0x0a000000 + (i << 8) :
						       0xfd000000);
		if (family == FLANNEL_V6)
			node->prefix.addr.word[1] = htobe32(i);
		node->prefix.len = family == FLANNEL_V4 ? 24 : 64;
		ok = ok && !flannel_lpm_reserve(&lpm, node) && !node->stray;
		if (ok)
			flannel_lpm_insert(&lpm, node);
	}

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (rounds = 0; ok && rounds < 20; rounds++) {
		for (i = 0; ok && i < count; i++) {
			u32 at = (i * 40503u) % count;

			ok = flannel_lpm_lookup(&lpm,
						&nodes[at].prefix.addr) ==
			     &nodes[at];
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	ns = (to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec);
	printf("# %.1f ns a look-up, %u entries, uniform, IPv%d\n",
	       ns / rounds / count, count, family == FLANNEL_V4 ? 4 : 6);

	for (i = 0; i < count; i++)
		flannel_lpm_remove(&lpm, &nodes[i]);
	flannel_lpm_destroy(&lpm);
	synchronize_rcu();
	free(nodes);
	return ok;
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 90000;

	printf("TAP version 13\n");
	srandom((unsigned int)time(NULL));
	result(flannel_lpm_selftest(rounds), "longest match against an oracle");
	result(test_no_memory(), "failing allocations leave nothing behind");
	result(test_cluster(FLANNEL_V4), "65536 IPv4 subnets of one length");
	result(test_cluster(FLANNEL_V6), "65536 IPv6 subnets of one length");
	printf("1..%u\n", tests);
	return failed;
}
