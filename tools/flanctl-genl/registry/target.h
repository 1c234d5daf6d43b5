/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_TARGET_H
#define FLANCTL_REGISTRY_TARGET_H

#include "../subnet.h"
#include "lease.h"

/**
 * struct target - What a registry makes of a node.
 * @leases: Its leases, judged.
 * @own: This node's lease, NULL: there is none.
 * @want: What the table should hold.
 * @direct: Peers to be reached by routes, prefix and via: host-gw, and those of
 *	@want with DirectRouting, as long as via is on the link.
 * @keep: Prefixes that stay as they are: their lease is not understood.
 */
struct target {
	struct lease_list leases;
	const struct lease *own;
	struct subnet_list want;
	struct subnet_list direct;
	struct subnet_list keep;
};

int target_make(struct target *t, const struct registry_data *data,
		const struct net_config *config, const struct place *place);
void target_free(struct target *t);
size_t target_loses(const struct target *t, const struct place *place);
int target_each_refused(const struct target *t,
			int (*refused)(void *arg, const struct lease *l,
				       int half),
			void *arg);

#endif /* FLANCTL_REGISTRY_TARGET_H */
