/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_DIRECT_H
#define FLANCTL_DIRECT_H

/*
 * Peers that are reached by the host's own routes (host-gw, and DirectRouting
 * beside vxlan): from what is wanted and what the kernel has to what is done.
 */
#include "netlink/host.h"
#include "registry/plan.h"

/**
 * struct direct - Which peers are wanted, and where they may be.
 * @want: Peers, prefix and via (the gateway); one of a prefix. Is sorted.
 * @keep: Prefixes whose route stays if it is there. May be NULL.
 * @network: Cluster networks, no address: there is none of the family. A route
 *	of ours outside of them is another network's.
 * @underlay: Interfaces that gateways may be on, 0: none; all 0: any.
 * @dev: The flannel device, which no gateway is on; 0: none.
 * @overlay: A peer that is not on the link is reached in another way, and is
 *	not refused.
 */
struct direct {
	struct subnet_list *want;
	const struct subnet_list *keep;
	struct prefix network[2];
	uint32_t underlay[3];
	uint32_t dev;
	bool overlay;
};

/**
 * struct direct_plan - What is to be done.
 * @plan: By prefix, for people; PLAN_REFUSE with has_old is removed as well,
 *	unless the kernel refused it.
 * @route: By item of @plan: what is written, or removed.
 * @hop: By item of @plan: which of @hops is needed, -1: none.
 * @hops: Nexthops, ours that are there and new ones.
 * @new_hops: How many at the end of @hops are new.
 */
struct direct_plan {
	struct plan plan;
	struct route *route;
	long *hop;
	struct nexthop_list hops;
	size_t new_hops;
};

int direct_make(struct direct_plan *p, struct netlink *nl,
		const struct direct *d);
size_t direct_loses(const struct direct_plan *p);
int direct_apply(struct direct_plan *p, struct netlink *nl);
int direct_sweep(struct netlink *nl);
void direct_keep_ours(struct nexthop_list *hops);
void direct_free(struct direct_plan *p);

#endif /* FLANCTL_DIRECT_H */
