/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_BACKEND_H
#define FLANCTL_REGISTRY_BACKEND_H

#include "schema.h"

/* flannel's UDP ports. */
#define BACKEND_VXLAN_PORT	8472
#define BACKEND_UDP_PORT	8285

/**
 * struct backend - A way of flannel's to get to a peer.
 * @name: Its name in the network config.
 * @type: BackendType that peers must have, NULL: it does not matter.
 * @table: Peers are entries of the table.
 * @routes: Peers are routes to their public addresses.
 * @encap: enum flannel_encap of entries of the table.
 * @mac: A peer has a VTEP MAC.
 * @overhead: What it puts in front of an inner packet, over IPv4.
 * @port: Its UDP port where the network config has none, 0: it has no port.
 */
struct backend {
	const char *name;
	const char *type;
	bool table;
	bool routes;
	uint8_t encap;
	bool mac;
	uint8_t overhead;
	uint16_t port;
};

const struct backend *backend_of(const struct net_config *config);
uint32_t backend_mtu(const struct net_config *config, uint32_t mtu);
uint16_t backend_port(const struct net_config *config);
char *config_changes(const struct net_config *old, const struct net_config *new,
		     char buf[static JSON_WHY]);

#endif /* FLANCTL_REGISTRY_BACKEND_H */
