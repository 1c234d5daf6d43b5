// SPDX-License-Identifier: GPL-2.0
/* Longest prefix match.
 *
 * flannel gives every node a subnet of one length, so nearly all prefixes of a
 * family have the same length and lie close together. Per family there is an
 * array of levels, one per prefix length in use, longest first. A level has a
 * directory: the prefix's number (its leading bits), less the directory's
 * first, selects a page of 256 slots and a slot in it; two dependent loads,
 * no comparison. What a directory cannot hold (a prefix longer than 64 bits,
 * the default route, a span of more than 16 million numbers) is a stray: it
 * lives in one open-addressed hash that all levels share.
 *
 * Readers hold the RCU read lock and write nothing. Writers hold lpm->lock.
 * Adding is done in two steps, so that a request of many prefixes can be
 * undone: flannel_lpm_reserve() allocates and can fail, flannel_lpm_insert()
 * publishes and cannot. Everything replaced is freed after a grace period;
 * the nodes themselves are the caller's.
 */
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "lpm.h"

#define PAGE_BITS	8
#define PAGE_SLOTS	BIT(PAGE_BITS)
#define DIR_PAGES_MAX	65536U
#define HASH_MIN	16U

/* Longest prefix that is numbered by the leading 64 bits of an address. */
#define DIR_PREFIX_MAX	64U

/**
 * struct flannel_lpm_page - 256 slots
 * @rcu: defers freeing
 * @used: slots taken or reserved
 * @slot: the prefixes, by the low bits of their number
 */
struct flannel_lpm_page {
	struct rcu_head rcu;
	unsigned int used;
	struct flannel_lpm_node __rcu *slot[PAGE_SLOTS];
};

/**
 * struct flannel_lpm_dir - the pages of a span of prefix numbers
 * @rcu: defers freeing
 * @first: number of the first page
 * @pages: how many there are
 * @page: them, NULL where no prefix is
 */
struct flannel_lpm_dir {
	struct rcu_head rcu;
	u64 first;
	u32 pages;
	struct flannel_lpm_page __rcu *page[];
};

/**
 * struct flannel_lpm_level - the prefixes of one length
 * @dir: the directory, NULL where all are strays
 * @strays: how many are strays
 * @count: how many there are in all, reserved ones included
 * @len: the length
 */
struct flannel_lpm_level {
	struct flannel_lpm_dir __rcu *dir;
	u32 strays;
	u32 count;
	u8 len;
};

/**
 * struct flannel_lpm_levels - the levels of a family
 * @rcu: defers freeing
 * @n: how many there are
 * @level: them, longest prefix first
 */
struct flannel_lpm_levels {
	struct rcu_head rcu;
	unsigned int n;
	struct flannel_lpm_level level[];
};

/**
 * struct flannel_lpm_hash - open-addressed hash of strays
 * @rcu: defers freeing
 * @mask: number of slots minus one
 * @used: slots that are not NULL: strays, and tombs of removed ones
 * @slot: linear probing ends at the first NULL
 */
struct flannel_lpm_hash {
	struct rcu_head rcu;
	u32 mask;
	u32 used;
	struct flannel_lpm_node __rcu *slot[];
};

/* Marks a slot whose stray is gone, where probing goes on. */
static struct flannel_lpm_node tomb;

#define lpm_protected(lpm, p) \
	rcu_dereference_protected(p, lockdep_is_held((lpm)->lock))

static u64 high_number(u64 high, u8 len)
{
	return high >> (64 - len);
}

static u64 prefix_number(const struct flannel_prefix *prefix)
{
	return high_number(flannel_addr_high(&prefix->addr), prefix->len);
}

static bool same_prefix(const struct flannel_prefix *a,
			const struct flannel_prefix *b)
{
	return a->len == b->len && flannel_addr_equal(&a->addr, &b->addr);
}

static u32 stray_hash(const struct flannel_lpm *lpm,
		      const struct flannel_prefix *prefix)
{
	return jhash2((const u32 *)&prefix->addr, sizeof(prefix->addr) / 4,
		      lpm->seed + prefix->len);
}

static struct flannel_lpm_node *
stray_lookup(const struct flannel_lpm *lpm, const struct flannel_addr *addr,
	     u8 len)
{
	const struct flannel_prefix prefix = {
		.addr = flannel_addr_masked(addr, len),
		.len = len,
	};
	const struct flannel_lpm_hash *hash = rcu_dereference(lpm->hash);
	struct flannel_lpm_node *node;
	u32 i;

	if (!hash)
		return NULL;
	for (i = stray_hash(lpm, &prefix);; i++) {
		node = rcu_dereference(hash->slot[i & hash->mask]);
		if (!node)
			return NULL;
		if (node != &tomb && same_prefix(&node->prefix, &prefix))
			return node;
	}
}

static struct flannel_lpm_node *
dir_lookup(const struct flannel_lpm_level *level, u64 high)
{
	const struct flannel_lpm_dir *dir = rcu_dereference(level->dir);
	const struct flannel_lpm_page *page;
	u64 number, at;

	if (!dir)
		return NULL;
	number = high_number(high, level->len);
	at = (number >> PAGE_BITS) - dir->first;
	if (at >= dir->pages)
		return NULL;
	page = rcu_dereference(dir->page[at]);
	if (!page)
		return NULL;
	return rcu_dereference(page->slot[number % PAGE_SLOTS]);
}

/**
 * flannel_lpm_lookup - find the longest prefix that holds an address
 * @lpm: the index
 * @addr: the address
 *
 * Context: RCU read lock held.
 * Return: its node, or NULL.
 */
struct flannel_lpm_node *flannel_lpm_lookup(const struct flannel_lpm *lpm,
					    const struct flannel_addr *addr)
{
	const struct flannel_lpm_levels *levels;
	u64 high = flannel_addr_high(addr);
	unsigned int i;

	levels = rcu_dereference(lpm->levels[addr->family]);
	if (!levels)
		return NULL;
	for (i = 0; i < levels->n; i++) {
		const struct flannel_lpm_level *level = &levels->level[i];
		struct flannel_lpm_node *node = dir_lookup(level, high);

		if (!node && unlikely(READ_ONCE(level->strays)))
			node = stray_lookup(lpm, addr, level->len);
		if (node)
			return node;
	}
	return NULL;
}

static struct flannel_lpm_level *find_level(const struct flannel_lpm *lpm,
					    const struct flannel_prefix *prefix)
{
	struct flannel_lpm_levels *levels;
	unsigned int i;

	levels = lpm_protected(lpm, lpm->levels[prefix->addr.family]);
	for (i = 0; levels && i < levels->n; i++) {
		if (levels->level[i].len == prefix->len)
			return &levels->level[i];
	}
	return NULL;
}

/* Replace a family's levels by a copy with room for one more length, or
 * without the levels that are empty.
 */
static int copy_levels(struct flannel_lpm *lpm, u32 family, int more, u8 len)
{
	struct flannel_lpm_levels *old, *new;
	unsigned int i, n = 0, old_n;

	old = lpm_protected(lpm, lpm->levels[family]);
	old_n = old ? old->n : 0;
	new = kzalloc(struct_size(new, level, old_n + more),
		      GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;

	for (i = 0; i < old_n; i++) {
		const struct flannel_lpm_level *level = &old->level[i];

		if (more && level->len < len) {
			new->level[n++].len = len;
			more = 0;
		}
		if (level->count)
			new->level[n++] = *level;
	}
	if (more)
		new->level[n++].len = len;
	new->n = n;

	rcu_assign_pointer(lpm->levels[family], new);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

static struct flannel_lpm_level *get_level(struct flannel_lpm *lpm,
					   const struct flannel_prefix *prefix)
{
	struct flannel_lpm_level *level = find_level(lpm, prefix);

	if (level)
		return level;
	if (copy_levels(lpm, prefix->addr.family, 1, prefix->len))
		return NULL;
	return find_level(lpm, prefix);
}

static void put_level(struct flannel_lpm *lpm, struct flannel_lpm_level *level,
		      u32 family)
{
	struct flannel_lpm_dir *dir;

	if (--level->count)
		return;
	dir = lpm_protected(lpm, level->dir);
	RCU_INIT_POINTER(level->dir, NULL);
	if (dir)
		kvfree_rcu(dir, rcu);
	/* Without memory the empty level stays until the next one goes. */
	copy_levels(lpm, family, 0, 0);
}

/* Make the directory reach a page. It grows by half its size at a time, so
 * that filling it in order costs no more than copying it twice.
 */
static int grow_dir(struct flannel_lpm *lpm, struct flannel_lpm_level *level,
		    u64 page)
{
	struct flannel_lpm_dir *old = lpm_protected(lpm, level->dir);
	u64 first = page, last = page, slack;
	struct flannel_lpm_dir *new;
	u32 i;

	if (old) {
		first = min(page, old->first);
		last = max(page, old->first + old->pages - 1);
		if (last - first >= DIR_PAGES_MAX)
			return -ERANGE;
		slack = min(old->pages / 2,
			    DIR_PAGES_MAX - 1 - (u32)(last - first));
		if (last == page)
			last += slack;
		else
			first -= min(first, slack);
	}

	new = kvzalloc(struct_size(new, page, last - first + 1),
		       GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	new->first = first;
	new->pages = last - first + 1;
	for (i = 0; old && i < old->pages; i++)
		RCU_INIT_POINTER(new->page[old->first - first + i],
				 lpm_protected(lpm, old->page[i]));

	rcu_assign_pointer(level->dir, new);
	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

static struct flannel_lpm_page __rcu **
dir_page(const struct flannel_lpm *lpm, const struct flannel_lpm_level *level,
	 u64 page)
{
	struct flannel_lpm_dir *dir = lpm_protected(lpm, level->dir);

	if (!dir || page - dir->first >= dir->pages)
		return NULL;
	return &dir->page[page - dir->first];
}

static int reserve_slot(struct flannel_lpm *lpm,
			struct flannel_lpm_level *level, u64 number)
{
	struct flannel_lpm_page __rcu **at;
	struct flannel_lpm_page *page;
	int err;

	at = dir_page(lpm, level, number >> PAGE_BITS);
	if (!at) {
		err = grow_dir(lpm, level, number >> PAGE_BITS);
		if (err)
			return err;
		at = dir_page(lpm, level, number >> PAGE_BITS);
	}

	page = lpm_protected(lpm, *at);
	if (!page) {
		page = kzalloc(sizeof(*page), GFP_KERNEL_ACCOUNT);
		if (!page)
			return -ENOMEM;
		rcu_assign_pointer(*at, page);
	}
	page->used++;
	return 0;
}

static void release_slot(struct flannel_lpm *lpm,
			 struct flannel_lpm_level *level, u64 number)
{
	struct flannel_lpm_page __rcu **at;
	struct flannel_lpm_page *page;

	at = dir_page(lpm, level, number >> PAGE_BITS);
	page = lpm_protected(lpm, *at);
	if (--page->used)
		return;
	RCU_INIT_POINTER(*at, NULL);
	kfree_rcu(page, rcu);
}

static struct flannel_lpm_node __rcu **
node_slot(const struct flannel_lpm *lpm, const struct flannel_lpm_node *node)
{
	struct flannel_lpm_level *level = find_level(lpm, &node->prefix);
	struct flannel_lpm_page *page;
	u64 number = prefix_number(&node->prefix);

	page = lpm_protected(lpm, *dir_page(lpm, level, number >> PAGE_BITS));
	return &page->slot[number % PAGE_SLOTS];
}

static void stray_add(const struct flannel_lpm *lpm,
		      struct flannel_lpm_hash *hash,
		      struct flannel_lpm_node *node)
{
	u32 i = stray_hash(lpm, &node->prefix);

	while (rcu_access_pointer(hash->slot[i & hash->mask]))
		i++;
	rcu_assign_pointer(hash->slot[i & hash->mask], node);
	hash->used++;
}

/* Rebuild the hash, without tombs, to be half full with @strays in it. */
static int resize_hash(struct flannel_lpm *lpm, u32 strays)
{
	struct flannel_lpm_hash *old, *new;
	u32 i, slots = roundup_pow_of_two(max(2 * strays, HASH_MIN));

	new = kvzalloc(struct_size(new, slot, slots), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	new->mask = slots - 1;

	old = lpm_protected(lpm, lpm->hash);
	for (i = 0; old && i <= old->mask; i++) {
		struct flannel_lpm_node *node;

		node = lpm_protected(lpm, old->slot[i]);
		if (node && node != &tomb)
			stray_add(lpm, new, node);
	}
	rcu_assign_pointer(lpm->hash, new);
	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

/* Probing must always meet a NULL: a quarter of the slots stays free. Those
 * reserved and not yet inserted are in lpm->strays but not in hash->used, so
 * both are counted.
 */
static int reserve_stray(struct flannel_lpm *lpm)
{
	struct flannel_lpm_hash *hash = lpm_protected(lpm, lpm->hash);
	u32 slots = hash ? hash->mask + 1 : 0;
	int err = 0;

	if (!hash || hash->used + lpm->strays + 1 > slots - slots / 4)
		err = resize_hash(lpm, 2 * (lpm->strays + 1));
	if (!err)
		lpm->strays++;
	return err;
}

static void stray_remove(struct flannel_lpm *lpm, struct flannel_lpm_node *node)
{
	struct flannel_lpm_hash *hash = lpm_protected(lpm, lpm->hash);
	u32 i = stray_hash(lpm, &node->prefix);

	while (rcu_access_pointer(hash->slot[i & hash->mask]) != node)
		i++;
	rcu_assign_pointer(hash->slot[i & hash->mask], &tomb);
}

/**
 * flannel_lpm_init - make an empty index
 * @lpm: the index
 * @lock: what its writers will hold
 */
void flannel_lpm_init(struct flannel_lpm *lpm, struct mutex *lock)
{
	memset(lpm, 0, sizeof(*lpm));
	lpm->seed = get_random_u32();
	lpm->lock = lock;
}

/**
 * flannel_lpm_destroy - free what an index without prefixes still has
 * @lpm: the index, no longer reachable by readers
 *
 * Context: process context, lpm->lock held.
 */
void flannel_lpm_destroy(struct flannel_lpm *lpm)
{
	unsigned int i;

	for (i = 0; i < FLANNEL_FAMILIES; i++) {
		struct flannel_lpm_levels *levels;

		levels = lpm_protected(lpm, lpm->levels[i]);
		RCU_INIT_POINTER(lpm->levels[i], NULL);
		kfree(levels);
	}
	kvfree(lpm_protected(lpm, lpm->hash));
	RCU_INIT_POINTER(lpm->hash, NULL);
}

/**
 * flannel_lpm_reserve - make room for a prefix
 * @lpm: the index
 * @node: its node with the prefix set; the prefix is not in the index yet
 *
 * Context: process context, lpm->lock held. Readers see no difference.
 * Return: 0, after which flannel_lpm_insert() cannot fail, or -ENOMEM.
 */
int flannel_lpm_reserve(struct flannel_lpm *lpm, struct flannel_lpm_node *node)
{
	const struct flannel_prefix *prefix = &node->prefix;
	struct flannel_lpm_level *level;
	int err = -ERANGE;

	lockdep_assert_held(lpm->lock);

	level = get_level(lpm, prefix);
	if (!level)
		return -ENOMEM;
	level->count++;

	if (prefix->len && prefix->len <= DIR_PREFIX_MAX)
		err = reserve_slot(lpm, level, prefix_number(prefix));
	node->stray = err == -ERANGE;
	if (node->stray)
		err = reserve_stray(lpm);
	if (err)
		put_level(lpm, level, prefix->addr.family);
	return err;
}

/**
 * flannel_lpm_release - give back what flannel_lpm_reserve() took
 * @lpm: the index
 * @node: a node that is reserved and not inserted
 *
 * Context: process context, lpm->lock held.
 */
void flannel_lpm_release(struct flannel_lpm *lpm,
			 struct flannel_lpm_node *node)
{
	const struct flannel_prefix *prefix = &node->prefix;
	struct flannel_lpm_level *level = find_level(lpm, prefix);

	lockdep_assert_held(lpm->lock);

	if (node->stray)
		lpm->strays--;
	else
		release_slot(lpm, level, prefix_number(prefix));
	put_level(lpm, level, prefix->addr.family);
}

/**
 * flannel_lpm_insert - let readers find a prefix
 * @lpm: the index
 * @node: a node that is reserved
 *
 * Context: lpm->lock held.
 */
void flannel_lpm_insert(struct flannel_lpm *lpm, struct flannel_lpm_node *node)
{
	struct flannel_lpm_level *level;

	lockdep_assert_held(lpm->lock);

	if (!node->stray) {
		rcu_assign_pointer(*node_slot(lpm, node), node);
		return;
	}
	stray_add(lpm, lpm_protected(lpm, lpm->hash), node);
	level = find_level(lpm, &node->prefix);
	WRITE_ONCE(level->strays, level->strays + 1);
}

/**
 * flannel_lpm_remove - let readers no longer find a prefix
 * @lpm: the index
 * @node: a node that is inserted; readers may see it for a grace period
 *
 * Context: process context, lpm->lock held.
 */
void flannel_lpm_remove(struct flannel_lpm *lpm, struct flannel_lpm_node *node)
{
	struct flannel_lpm_level *level;

	lockdep_assert_held(lpm->lock);

	if (!node->stray) {
		RCU_INIT_POINTER(*node_slot(lpm, node), NULL);
	} else {
		stray_remove(lpm, node);
		level = find_level(lpm, &node->prefix);
		WRITE_ONCE(level->strays, level->strays - 1);
	}
	flannel_lpm_release(lpm, node);
}

#ifdef FLANNEL_DEBUG
#include "selftest/lpm.c"
#endif
