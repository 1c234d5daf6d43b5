/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_BACKEND_H
#define FLANCTL_REGISTRY_BACKEND_H

#include "schema.h"

/**
 * struct backend - A way of flannel's to get to a peer.
 * @name: Its name in the network config.
 * @type: BackendType that peers must have, NULL: it does not matter.
 * @table: Peers are entries of the table.
 * @routes: Peers are routes to their public addresses.
 * @encap: enum flannel_encap of entries of the table.
 * @mac: A peer has a VTEP MAC.
 * @overhead: What it puts in front of an inner packet, over IPv4.
 */
struct backend {
	const char *name;
	const char *type;
	bool table;
	bool routes;
	uint8_t encap;
	bool mac;
	uint8_t overhead;
};

const struct backend *backend_of(const struct net_config *config);
uint32_t backend_mtu(const struct net_config *config, uint32_t mtu);

#endif /* FLANCTL_REGISTRY_BACKEND_H */
