/* SPDX-License-Identifier: GPL-2.0 */
/* Longest prefix match, the index below the subnet table. See lpm.c. */
#ifndef _FLANNEL_LPM_H
#define _FLANNEL_LPM_H

#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include "addr.h"

struct flannel_lpm_levels;
struct flannel_lpm_hash;

/**
 * struct flannel_lpm_node - an indexed prefix, embedded in what it stands for
 * @prefix: the prefix, canonical, constant while indexed
 * @stray: whether it is in the hash rather than in a directory
 */
struct flannel_lpm_node {
	struct flannel_prefix prefix;
	bool stray;
};

/**
 * struct flannel_lpm - an index of prefixes of both families
 * @levels: one per prefix length in use, longest first, by family
 * @hash: the prefixes that fit into no directory, of all levels
 * @seed: of the hash function
 * @strays: how many prefixes are in @hash, or reserved there
 * @lock: what writers hold
 */
struct flannel_lpm {
	struct flannel_lpm_levels __rcu *levels[FLANNEL_FAMILIES];
	struct flannel_lpm_hash __rcu *hash;
	u32 seed;
	u32 strays;
	struct mutex *lock; /* protects what writers change */
};

void flannel_lpm_init(struct flannel_lpm *lpm, struct mutex *lock);
void flannel_lpm_destroy(struct flannel_lpm *lpm);

struct flannel_lpm_node *flannel_lpm_lookup(const struct flannel_lpm *lpm,
					    const struct flannel_addr *addr);

int flannel_lpm_reserve(struct flannel_lpm *lpm, struct flannel_lpm_node *node);
void flannel_lpm_release(struct flannel_lpm *lpm,
			 struct flannel_lpm_node *node);
void flannel_lpm_insert(struct flannel_lpm *lpm, struct flannel_lpm_node *node);
void flannel_lpm_remove(struct flannel_lpm *lpm, struct flannel_lpm_node *node);

#ifdef FLANNEL_DEBUG
bool flannel_lpm_selftest(unsigned int rounds);
#else
static inline bool flannel_lpm_selftest(unsigned int rounds)
{
	return true;
}
#endif

#endif /* _FLANNEL_LPM_H */
