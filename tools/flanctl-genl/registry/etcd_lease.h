/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_ETCD_LEASE_H
#define FLANCTL_REGISTRY_ETCD_LEASE_H

#include "etcd_ask.h"
#include "registry.h"

/**
 * enum etcd_if - When a key is written.
 * @ETCD_IF_ABSENT: There is no such key.
 * @ETCD_IF_OURS: Its value is ours.
 * @ETCD_IF_UNCHANGED: Nobody has written it since we looked.
 */
enum etcd_if {
	ETCD_IF_ABSENT,
	ETCD_IF_OURS,
	ETCD_IF_UNCHANGED,
};

/**
 * struct etcd_lease - The key that we want, and keep.
 * @call: What is asked now.
 * @revoke: A grant that is given back, by the way.
 * @registry: Whom it is told through.
 * @told: What the registry has told.
 * @timer: When to renew, or to try again; its data is the registry.
 * @margin_ms: How long before its end a lease is renewed.
 * @key: The key as in struct registry_claim, NULL: there is no claim.
 * @path: The key as it is in etcd.
 * @value: Its value.
 * @before: The one that we wrote there before, NULL: none.
 * @busy: A question is under way.
 * @held: The key is ours.
 * @kept: It has been ours since it was claimed: if it is lost, it is created
 *	again.
 * @when: When it is to be written.
 * @modified: The revision that @when is about.
 * @grant: Number of the lease that it gets, empty: none.
 * @ttl: How long that lasts, in seconds.
 * @revision: At which revision the key was written.
 * @told_at: At which revision @told is.
 * @turns: How often a question has led to another one.
 * @tries: How often it was not possible to renew it.
 */
struct etcd_lease {
	struct etcd_call call;
	struct etcd_call revoke;
	struct registry *registry;
	const struct registry_data *told;
	uv_timer_t timer;
	uint64_t margin_ms;
	char *key;
	char *path;
	char *value;
	char *before;
	bool busy;
	bool held;
	bool kept;
	enum etcd_if when;
	uint64_t modified;
	char grant[24];
	uint64_t ttl;
	uint64_t revision;
	uint64_t told_at;
	unsigned int turns;
	unsigned int tries;
};

void etcd_lease_claim(struct etcd_lease *lease,
		      const struct registry_claim *claim);
void etcd_lease_told(struct etcd_lease *lease, uint64_t revision);
void etcd_lease_verify(struct etcd_lease *lease);
void etcd_lease_drop(struct etcd_lease *lease);

#endif /* FLANCTL_REGISTRY_ETCD_LEASE_H */
