/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_AGENT_PATHS_H
#define FLANCTL_AGENT_PATHS_H

#include "../json.h"
#include "../netlink/host.h"
#include "options.h"

/**
 * struct paths_wish - Routes that should lead into the device.
 * @ifindex: The device.
 * @network: Cluster networks by family, or none.
 * @own: This node's subnets by family, or none.
 * @peers: The table: one route each, if routes are a subnet's.
 * @routes: What the user wants.
 * @blackhole: Nothing of our own subnets may leave this host.
 * @direct: A peer may have a route past the device, which comes first.
 */
struct paths_wish {
	uint32_t ifindex;
	struct prefix network[2];
	struct prefix own[2];
	const struct subnet_list *peers;
	enum agent_routes routes;
	bool blackhole;
	bool direct;
};

int paths_ensure(struct netlink *nl, const struct paths_wish *wish,
		 bool per_subnet[static 2], char why[static JSON_WHY]);

#endif /* FLANCTL_AGENT_PATHS_H */
